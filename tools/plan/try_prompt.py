"""Try the prompt alone on the Brief's cases, before anything is built.

The connected chat model answers at once; without one the starter does, in a job of its own.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import BadInput, Busy, NotReady, TunePathError
from data.project import Project
from data.records import Brief, Decision, Route
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.plan.ask_cases import Asked, ask_cases, held, starter_title
from tools.plan.hear import beyond
from tools.plan.judge import judging
from tools.services.ask import ask, name_of
from tools.shared.baseline import current

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@tool(stage="plan", needs=("Brief",), leaves="Baseline")
def try_prompt(context: Context, again: bool = False) -> Outcome:
    """Try a prompt alone, without training, on the brief's own cases: one short call a case to the
    connected chat model, or, with none connected, a job with the small starter model. The person
    then judges each answer themselves (plan_mark_answer).

    Called once more it goes on with the cases still missing, or shows the next answer to judge.
    again: ask the connected model anew although all cases are answered.
    """
    brief = _brief(context)
    if asking(context.project):
        raise Busy("job_running", kind="baseline")
    there = current(context.project)
    if there and not (again and context.model):
        return judging(context, there, say("plan.baseline.there", context.language))
    return _ask(context, context.model, brief, again) if context.model else _start(context, brief)


def asking(project: Project) -> bool:
    """Whether the starter model is answering just now."""
    job = jobs.read(job_folder(project))
    return job is not None and job.alive


def job_folder(project: Project) -> Path:
    """Where the starter's job lives."""
    return project.folder / "plan" / "baseline"


def _brief(context: Context) -> Brief:
    """The Brief. Raises BadInput or NotReady where its wish goes no further."""
    brief, decision = context.project.read(Brief), context.project.read(Decision)
    if brief is None or not brief.cases:
        raise NotReady("needs_brief")
    halt = beyond(f"{brief.aim}\n{brief.expected}")
    route = halt or (decision.route if decision else "")
    if route == Route.REFUSE:
        raise BadInput("wish_refused")
    if route == Route.OUT_OF_SCOPE:
        raise BadInput("wish_out_of_scope")
    if route == Route.UNCLEAR:
        raise NotReady("need_unknown")
    return brief


def _ask(context: Context, model: "BaseChatModel", brief: Brief, again: bool) -> Outcome:
    project, name, total = context.project, name_of(model), len(brief.cases)
    asked = Asked(name, False, lambda turns: ask(model, turns))
    kept = () if again else held(project, brief, name, False)
    done, fault = len(kept), None
    _tell(context, done, total)
    try:
        for baseline in ask_cases(project, brief, asked, kept):
            done = len(baseline.answers)
            _tell(context, done, total)
            if context.stopped():
                break
    except TunePathError as error:
        if done == len(kept):
            raise
        fault = error
    if whole := current(project):
        text = say("plan.baseline.asked", context.language, model=name, calls=done - len(kept))
        return judging(context, whole, text)
    return _partly(context, done, total, fault)


def _partly(context: Context, done: int, total: int, fault: TunePathError | None) -> Outcome:
    """Some cases are left: somebody pressed Stop, or the server failed."""
    language = context.language
    text = say("plan.baseline.partly", language, done=done, left=total - done)
    facts: dict[str, object] = {"answered": done, "missing": total - done}
    if fault is None:
        return Outcome(text, facts=facts)
    glue = "" if language == "zh" else " "
    return Outcome(fault.text(language) + glue + text, facts=facts | {"error": fault.code})


def _tell(context: Context, done: int, total: int) -> None:
    text = say("plan.baseline.asking", context.language, done=done, total=total)
    context.report(done / total, text)


def _start(context: Context, brief: Brief) -> Outcome:
    title = starter_title()
    count = len(brief.cases) - len(held(context.project, brief, title, True))
    jobs.start(
        "baseline",
        "tools.plan.run_baseline",
        job_folder(context.project),
        locks=context.settings.locks,
        arguments=(str(context.settings.home),),
    )
    text = say("plan.baseline.started", context.language, model=title, count=count)
    return Outcome(text, facts={"model": title, "cases": count}, job="baseline")
