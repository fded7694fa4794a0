"""Start the planned run, after a yes."""

from data.errors import Busy, NotReady
from data.project import Project
from data.records import TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.train.plan_run import duration


def quote(context: Context) -> Quote:
    """What the run takes. Raises Busy where one of this project is under way."""
    check_free(context.project)
    plan, language = planned(context), context.language
    known = "quote" if plan.seconds else "quote_untimed"
    text = say(
        f"train.{known}",
        language,
        rows=plan.train_rows,
        held_out=plan.held_out_rows,
        epochs=plan.epochs,
        steps=plan.steps,
        time=duration(plan.seconds, language),
        gigabytes=f"{plan.memory_mb / 1024:.1f}",
    )
    numbers = {
        "rows": plan.train_rows,
        "held_out_rows": plan.held_out_rows,
        "epochs": plan.epochs,
        "steps": plan.steps,
        "seconds": round(plan.seconds),
        "memory_mb": plan.memory_mb,
    }
    return Quote(say("train.start_title", language), text, numbers)


@tool(stage="train", needs=("Dataset", "BaseModelChoice", "TrainPlan"), leaves="Run", asks=quote)
def start(context: Context) -> Outcome:
    """Start the planned training run as a background job. The person approves the quote first.
    You will be told when it ends; do not wait for it."""
    check_free(context.project)
    plan = planned(context)
    waits = _others_train(context)
    run = context.project.new_run()
    run.write(plan)
    jobs.start("train", "tools.train.run", run.folder, locks=context.settings.locks)
    key = "train.queued" if waits else "train.started"
    return Outcome(say(key, context.language), facts={"run": run.name}, job="train")


def planned(context: Context) -> TrainPlan:
    """The draft of the plan. Raises NotReady."""
    plan = context.project.read(TrainPlan)
    if plan is None:
        raise NotReady("needs_trainplan")
    return plan


def check_free(project: Project) -> None:
    """Raises Busy while a run of this project waits or works."""
    for run in project.runs():
        job = jobs.read(run.folder)
        if job and job.alive:
            raise Busy("training_running", run=run.name)


def _others_train(context: Context) -> bool:
    """Whether a heavy job of another project holds the machine."""
    others = [p for p in Project.all(context.settings.home) if p.id != context.project.id]
    return any(job.alive and job.kind != "serve" for p in others for job in jobs.find(p.folder))
