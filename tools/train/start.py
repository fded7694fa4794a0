"""Tool: start the planned run, after a yes. The work itself is tools/train/run.py."""

import shutil

from data.errors import Busy, DiskFull, Missing, NotReady
from data.project import Project, Run
from data.records import BaseModelChoice, Dataset, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.train.plan_run import takes
from tools.train.room import check_room


def quote(context: Context) -> Quote:
    """What the run takes. Raises Busy where one of this project is under way, NotReady where the
    plan no longer fits, DiskFull where the run would have no room."""
    plan, language = checked(context), context.language
    text = say(
        "train.quote" if plan.seconds else "train.quote_untimed",
        language,
        rows=plan.train_rows,
        held_out=plan.held_out_rows,
        epochs=plan.epochs,
        steps=plan.steps,
        **takes(plan, language),
    )
    numbers = {
        "rows": plan.train_rows,
        "held_out_rows": plan.held_out_rows,
        "epochs": plan.epochs,
        "steps": plan.steps,
        "minutes": round(plan.seconds / 60, 1),
        "memory_mb": plan.memory_mb,
    }
    return Quote(say("train.start_title", language), text, numbers)


@tool(stage="train", needs=("Dataset", "BaseModelChoice", "TrainPlan"), leaves="Run", asks=quote)
def start(context: Context) -> Outcome:
    """Start the planned training run as a background job. The person approves the quote first. You
    will be told when it ends; do not wait for it."""
    plan = checked(context)
    waits = machine_taken(context)
    run = context.project.new_run()
    try:
        _furnish(context.project, run, plan)
        jobs.start("train", "tools.train.run", run.folder, locks=context.settings.locks)
    except BaseException:
        shutil.rmtree(run.folder, ignore_errors=True)  # a run that never began is none
        raise
    text = say("train.queued" if waits else "train.started", context.language, run=run.name)
    return Outcome(text, facts={"run": run.name, "queued": waits}, job="train")


def checked(context: Context) -> TrainPlan:
    """The plan, if a run could begin by it now. Raises Busy, NotReady or DiskFull."""
    project = context.project
    check_free(project)
    plan, rows = project.read(TrainPlan), project.read(Dataset)
    choice = project.read(BaseModelChoice)
    if plan is None or rows is None or choice is None:
        raise NotReady("needs_trainplan")
    planned_for = (plan.base_model, plan.train_rows, plan.held_out_rows)
    if planned_for != (choice.name, rows.train_rows, rows.held_out_rows):
        raise NotReady("plan_outdated")
    check_room(project.folder)
    return plan


def check_free(project: Project) -> None:
    """Raises Busy while a run of this project waits or works."""
    for run in project.runs():
        job = jobs.read(run.folder)
        if job and job.alive:
            raise Busy("training_running", run=run.name)


def machine_taken(context: Context) -> bool:
    """Whether a heavy job holds the machine, in whichever project."""
    found = (job for p in Project.all(context.settings.home) for job in jobs.find(p.folder))
    return any(job.alive and job.kind != "serve" for job in found)


def _furnish(project: Project, run: Run, plan: TrainPlan) -> None:
    """Plan and rows as they are now: the run may wait in line while the person edits."""
    run.write(plan)
    for source in (project.train_file, project.held_out_file):
        if not source.exists():
            raise Missing("run_damaged", run=run.name)
        try:
            shutil.copyfile(source, run.folder / source.name)
        except OSError as error:
            raise DiskFull.or_same(error, run.folder) from error
