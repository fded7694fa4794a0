"""The next step from what the project folder holds: words, buttons, or the tool to run now."""

from agent.guide.reply import Do, Option, Reply
from data.project import Project
from data.records import (
    Baseline,
    Brief,
    Decision,
    Facts,
    LossReading,
    Route,
    TrainPlan,
)
from data.say import has, say, time_left
from tools import jobs
from tools.contract import Context
from tools.dataset.table import FEWEST_ROWS
from tools.learn.what_next import FEW_ROWS, newest_is_packed
from tools.plan.questions import Question, next_questions
from tools.plan.try_prompt import job_folder
from tools.shared.baseline import current

GEMMA = "gemma-3-270m"
STARTER = "smollm2-135m-instruct"
STOPS = {"train": "stop_job", "baseline": "stop_trial"}
"""Kinds of jobs that a button stops, and its name."""


def step(context: Context) -> Reply:
    """What comes next. Never has side effects; a call in it is safe to make at once."""
    trying = jobs.read(job_folder(context.project))
    if trying and trying.alive:  # it may run beside any stage
        return working_reply(trying, context.language)
    return _STEPS[context.project.stage](context)


def _plan(context: Context) -> Reply:
    project, language = context.project, context.language
    questions = next_questions(project.read(Facts) or Facts(), language)
    brief = project.read(Brief)
    if questions and (brief is None or questions[0].id == "need"):
        return _asking(questions, language)
    if brief is None:
        return Reply(calls=(Do("plan_write_brief"),))
    begun = prompt_first(context) if project.read(Baseline) else ()
    return Reply(
        say("agent.step.brief", language),
        (
            _option("brief_fits", language, Do("plan_decide")),
            _option("brief_change", language, Do(topic="brief_change")),
            *begun,
        ),
    )


def _asking(questions: list[Question], language: str) -> Reply:
    """One question, or several with their buttons numbered alike, and one that leaves the rest."""
    first = questions[0]
    if len(questions) == 1:
        return Reply(first.text, _answers(first), questions=(first.id,), default=first.default)
    lead = say("plan.ask.several", language, count=len(questions))
    lines = [
        say("plan.ask.numbered", language, number=number, text=_beside(each, number, language))
        for number, each in enumerate(questions, 1)
    ]
    options = [
        Option(say("plan.ask.numbered", language, number=number, text=option.label), option.do)
        for number, each in enumerate(questions, 1)
        for option in _answers(each)
    ]
    left = {each.id: each.options[each.default][0] for each in questions}
    rest = Option(say("plan.ask.rest", language), Do("plan_note_facts", left))
    asked = tuple(each.id for each in questions)
    return Reply("\n\n".join([lead, *lines]), (*options, rest), questions=asked)


def _beside(question: Question, number: int, language: str) -> str:
    """A question's words, without naming the idea once more where one above it did."""
    key = f"plan.ask_beside.{question.id}"
    return say(key, language) if number > 1 and has(key, language) else question.text


def _answers(question: Question) -> tuple[Option, ...]:
    return tuple(
        Option(label, Do("plan_note_facts", {question.id: value}))
        for value, label in question.options
    )


def _workflow(context: Context) -> Reply:
    language = context.language
    decision = context.project.read(Decision)
    refused = decision is not None and decision.route in (Route.REFUSE, Route.OUT_OF_SCOPE)
    options = [_option("show_brief", language, Do("learn_show", {"what": "brief"}))]
    if not refused:
        options = [*prompt_first(context), *options]
        overrule = Do("plan_decide", {"route": Route.FINETUNE.value})
        options.append(_option("train_anyway", language, overrule))
    options.append(_option("change_aim", language, Do("learn_go_back", {"stage": "plan"})))
    return Reply(say("agent.step.workflow", language), tuple(options))


def _dataset(context: Context) -> Reply:
    language, items = context.language, context.project.items()
    if not items:
        return Reply(
            say("agent.step.data_empty", language),
            (*_samples(context), *_ways_to_rows(context), *prompt_first(context)),
        )
    kept = [i for i in items if i.verdict == "accepted" or (i.verdict == "open" and not i.findings)]
    flagged = [i for i in items if i.verdict == "open" and i.findings]
    if flagged:
        return Reply(
            say("agent.step.data_flagged", language, flagged=len(flagged), kept=len(kept)),
            (
                _option("drop_flagged", language, _mark("drop")),
                _option("keep_flagged", language, _mark("accept")),
                *_more_rows(context),
                _option("take_back", language, Do("dataset_take_back")),
            ),
        )
    freeze = _option("freeze", language, Do("dataset_freeze"))
    take_back = _option("take_back", language, Do("dataset_take_back"))
    if len(kept) < FEWEST_ROWS:
        text = say("agent.step.data_too_few", language, kept=len(kept), fewest=FEWEST_ROWS)
        return Reply(text, (*_ways_to_rows(context), *_samples(context), take_back))
    if len(kept) < FEW_ROWS:
        text = say("agent.step.data_few", language, kept=len(kept), wanted=FEW_ROWS)
        rest = (freeze, *_ways_to_rows(context)[:2], take_back)
        return Reply(text, (*_more_rows(context), *rest))
    return Reply(
        say("agent.step.data_ready", language, kept=len(kept)),
        (freeze, *_more_rows(context), take_back),
    )


def _base_model(context: Context) -> Reply:
    language = context.language
    if working := _working(context.project):
        return working_reply(working, language)
    brief = context.project.read(Brief)
    use = _option("use_starter", language, Do("base_model_choose", {"name": STARTER}))
    if brief is None or brief.language != "zh":
        return Reply(say("agent.step.base", language), (use,))
    fetched = (context.settings.models / GEMMA / "manifest.json").exists()
    ready = Do("base_model_choose" if fetched else "base_model_fetch", {"name": GEMMA})
    gemma = _option("use_gemma" if fetched else "fetch_gemma", language, ready)
    return Reply(say("agent.step.base_zh", language), (use, gemma))


def _train(context: Context) -> Reply:
    project, language = context.project, context.language
    if working := _working(project):
        return working_reply(working, language)
    run = project.run()
    job = jobs.read(run.folder) if run else None
    if job and job.state in ("failed", "stopped"):
        return Reply(
            say(f"agent.step.train_{job.state}", language),
            (
                _option("resume", language, Do("train_resume")),
                _option("new_plan", language, Do("train_plan_run")),
            ),
        )
    if project.read(TrainPlan) is None:
        return Reply(
            say("agent.step.plan_none", language),
            (_option("make_plan", language, Do("train_plan_run")),),
        )
    return Reply(
        say("agent.step.plan_ready", language),
        (
            _option("start", language, Do("train_start")),
            _option("change_plan", language, Do(topic="change_plan")),
        ),
    )


def _evaluate(context: Context) -> Reply:
    project, language = context.project, context.language
    if working := _working(project):
        return working_reply(working, language)
    run = project.finished_run()
    if run and run.read(LossReading) is None:
        return Reply(calls=(Do("train_read_loss"),))
    return Reply(
        say("agent.step.evaluate", language),
        (
            _option("compare", language, Do("evaluate_compare")),
            _option("new_plan", language, Do("train_plan_run")),
        ),
    )


def _publish(context: Context) -> Reply:
    project, language = context.project, context.language
    if working := _working(project):
        return working_reply(working, language)
    again = _option("more_data", language, Do("learn_go_back", {"stage": "dataset"}))
    answers = _option("show_answers", language, Do("evaluate_show_answers"))
    if not newest_is_packed(project):
        publish = _option("publish", language, Do("publish_bundle"))
        return Reply(say("agent.step.publish", language), (publish, answers, again))
    if _served(project):
        stop = _option("stop_serving", language, Do("publish_stop_serving"))
        snippets = _option("snippets", language, Do("publish_serve"))
        return Reply(say("agent.step.served", language), (snippets, again, stop))
    serve = _option("serve", language, Do("publish_serve"))
    return Reply(say("agent.step.published", language), (serve, answers, again))


def working_reply(job: jobs.Job, language: str) -> Reply:
    """What a job under way is doing, with time left where it is known."""
    text = say(
        f"agent.step.job_{job.state}",
        language,
        job=say(f"agent.job.{job.kind}", language),
        percent=round(job.fraction * 100),
        left=time_left(job.seconds_left, language),
    )
    how_far = _option("how_far", language, Do(topic="how_far"))
    if job.kind not in STOPS:
        return Reply(text, (how_far,))
    return Reply(text, (how_far, _option(STOPS[job.kind], language, Do("train_stop"))))


def prompt_first(context: Context) -> tuple[Option, ...]:
    """Trying the prompt alone while that is not measured, and judging what it answered."""
    baseline, language = current(context.project), context.language
    if baseline is None:
        return (_option("try_prompt", language, Do("plan_try_prompt")),)
    offered: list[Option] = []
    if baseline.unmarked:
        offered.append(_option("mark_answers", language, Do("plan_try_prompt")))
    if baseline.local and context.model:  # a fairer judge has come
        again = Do("plan_try_prompt", {"again": True})
        offered.append(_option("try_prompt", language, again))
    return tuple(offered)


def _working(project: Project) -> jobs.Job | None:
    alive = [j for j in jobs.find(project.folder) if j.alive and j.kind != "serve"]
    return alive[-1] if alive else None


def _served(project: Project) -> bool:
    return any(j.alive and j.kind == "serve" for j in jobs.find(project.folder / "publish"))


def _samples(context: Context) -> tuple[Option, ...]:
    brief = context.project.read(Brief)
    language = brief.language if brief else context.language
    names = ("grandma_zh", "luck_zh") if language == "zh" else ("support_en",)
    return tuple(
        _option(f"sample_{name}", context.language, Do("dataset_use_sample", {"name": name}))
        for name in names
    )


def _ways_to_rows(context: Context) -> tuple[Option, ...]:
    return (
        _option("my_file", context.language, Do(topic="my_file")),
        _option("my_rows", context.language, Do(topic="my_rows")),
        *_more_rows(context),
    )


def _more_rows(context: Context) -> tuple[Option, ...]:
    tool = "dataset_generate_rows" if context.model else "dataset_write_prompt"
    return (_option("twenty_more", context.language, Do(tool, {"count": 20})),)


def _mark(verdict: str) -> Do:
    return Do("dataset_mark_rows", {"ids": ["flagged"], "verdict": verdict})


def _option(name: str, language: str, do: Do) -> Option:
    return Option(say(f"agent.option.{name}", language), do)


_STEPS = {
    "plan": _plan,
    "workflow": _workflow,
    "dataset": _dataset,
    "base_model": _base_model,
    "train": _train,
    "evaluate": _evaluate,
    "publish": _publish,
}
