"""One clear next step from what the project folder holds, and why. Has no side effects."""

from dataclasses import dataclass, field
from typing import Any

from data.project import Project
from data.records import Brief, Decision, Facts, LossReading, Publication, Route, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool

FEW_ROWS = 60
"""Kept rows below which more are suggested."""
TRY = ("plan_try_prompt",)
"""What is cheaper than anything that is built."""


@dataclass(frozen=True)
class NextStep:
    """What to do now."""

    text: str
    """One or two sentences: the step and its reason."""
    tool: str = ""
    """Registered tool that does it; empty where the person's words or files come first."""
    arguments: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    """Other tools that make sense here."""


@tool(stage="learn")
def what_next(context: Context) -> Outcome:
    """Say the one next step of this project and why, from its records and running jobs. The facts
    name the tool to call for it (empty where the person's own words or files are needed first)."""
    here = next_step(context.project, context.language)
    facts = {"tool": here.tool, "arguments": here.arguments, "options": list(here.options)}
    return Outcome(here.text, facts={"stage": context.project.stage, **facts})


def next_step(project: Project, language: str) -> NextStep:
    """The next step, in the person's language."""
    working = [job for job in jobs.find(project.folder) if job.alive and job.kind != "serve"]
    if working:
        return _working(working[-1], language)
    return _STEPS[project.stage](project, language)


def _working(job: jobs.Job, language: str) -> NextStep:
    name, percent = say(f"agent.job.{job.kind}", language), round(job.fraction * 100)
    text = say("learn.next.working", language, job=name, percent=percent)
    return NextStep(text, options=("train_stop",) if job.kind == "train" else ())


def _step(
    key: str, language: str, tool_: str = "", options: tuple[str, ...] = (), **values: object
) -> NextStep:
    step = say(f"learn.next.{key}", language, **values)
    line = say("learn.next.line", language, step=step, why=say(f"learn.why.{key}", language))
    return NextStep(line, tool_, {}, options)


def _plan(project: Project, language: str) -> NextStep:
    facts = project.read(Facts)
    if facts is None or not facts.aim:
        return _step("aim", language, options=("plan_note_facts",))
    decision = project.read(Decision)
    if project.read(Brief) and not (decision and decision.route is Route.UNCLEAR):
        other = (*TRY, "plan_note_facts", "plan_write_brief")
        return _step("decide", language, "plan_decide", other)
    asked = facts.audience or facts.need != "general"  # who uses it decides only there
    if not (facts.need and not facts.other_need and asked and facts.expected):
        return _step("facts", language, options=("plan_note_facts", "plan_write_brief"))
    return _step("brief", language, "plan_write_brief")


def _workflow(project: Project, language: str) -> NextStep:
    decision = project.read(Decision)
    route = decision.route if decision else Route.WORKFLOW
    halted = route in (Route.REFUSE, Route.OUT_OF_SCOPE)
    options = ("learn_go_back",) if halted else (*TRY, "plan_decide", "learn_go_back")
    name = say(f"plan.route.{route}", language)
    return _step("workflow", language, options=options, route=name)


def _dataset(project: Project, language: str) -> NextStep:
    items = project.items()
    flagged = sum(item.verdict == "open" and bool(item.findings) for item in items)
    kept = sum(item.verdict != "dropped" for item in items) - flagged
    more = ("dataset_use_sample", "dataset_import_file", "dataset_add_rows", "dataset_write_prompt")
    if not kept and not flagged:
        return _step("rows", language, options=(*TRY, *more))
    if flagged:
        return _step("flagged", language, options=("dataset_mark_rows", *more), flagged=flagged)
    if kept < FEW_ROWS:
        return _step("few_rows", language, options=(*more, "dataset_freeze"), kept=kept)
    return _step("freeze", language, "dataset_freeze", more, kept=kept)


def _base_model(project: Project, language: str) -> NextStep:
    return _step("base_model", language, "base_model_choose", ("base_model_fetch",))


def _train(project: Project, language: str) -> NextStep:
    run = project.run()
    job = jobs.read(run.folder) if run else None
    if job and job.state in ("failed", "stopped"):
        return _step("resume", language, "train_resume", ("train_plan_run",))
    if project.read(TrainPlan) is None:
        return _step("plan_run", language, "train_plan_run")
    return _step("start", language, "train_start", ("train_plan_run",))


def _evaluate(project: Project, language: str) -> NextStep:
    run = project.finished_run()
    if run and run.read(LossReading) is None:
        return _step("read_loss", language, "train_read_loss")
    return _step("compare", language, "evaluate_compare", ("train_plan_run", "learn_go_back"))


def _publish(project: Project, language: str) -> NextStep:
    if not newest_is_packed(project):
        return _step("bundle", language, "publish_bundle", ("learn_go_back",))
    serving = [j for j in jobs.find(project.folder / "publish") if j.alive and j.kind == "serve"]
    if serving:
        return _step("served", language, options=("publish_stop_serving", "learn_go_back"))
    return _step("serve", language, "publish_serve", ("evaluate_show_answers", "learn_go_back"))


def newest_is_packed(project: Project) -> bool:
    """Whether the newest bundle holds the newest finished run."""
    run, bundle = project.finished_run(), project.bundle()
    if run is None or bundle is None:
        return False
    kept = Publication.model_validate_json((bundle / Publication.FILE).read_bytes())
    return kept.run == run.name


_STEPS = {
    "plan": _plan,
    "workflow": _workflow,
    "dataset": _dataset,
    "base_model": _base_model,
    "train": _train,
    "evaluate": _evaluate,
    "publish": _publish,
}
