"""Tool: pick up a run that was stopped or ended before its time, from its newest checkpoint."""

from data.errors import NotReady
from data.project import Run
from data.records import LossReading, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.train.plan_run import takes
from tools.train.room import check_room
from tools.train.start import check_free, machine_taken


def quote(context: Context) -> Quote:
    """What is left. Raises NotReady where there is nothing to pick up, Busy while a run works."""
    run, plan = unfinished(context)
    language, done = context.language, saved_step(run)
    left = plan.seconds * (1 - done / max(plan.steps, 1))
    numbers = {"steps": plan.steps, "done": done}
    text = say(
        "train.resume_quote" if left else "train.resume_quote_untimed",
        language,
        run=run.name,
        **numbers,
        **takes(plan.model_copy(update={"seconds": left}), language),
    )
    return Quote(
        say("train.resume_title", language), text, {**numbers, "minutes": round(left / 60, 1)}
    )


@tool(stage="train", needs=("Dataset", "BaseModelChoice"), leaves="Run", asks=quote)
def resume(context: Context) -> Outcome:
    """Continue the newest training run, which was stopped, killed or failed, from its last
    checkpoint. The person approves first."""
    run, _ = unfinished(context)
    waits = machine_taken(context)
    (run.folder / LossReading.FILE).unlink(missing_ok=True)  # its curve goes on
    jobs.start("train", "tools.train.run", run.folder, locks=context.settings.locks)
    text = say("train.queued" if waits else "train.resumed", context.language, run=run.name)
    return Outcome(text, facts={"run": run.name, "queued": waits}, job="train")


def unfinished(context: Context) -> tuple[Run, TrainPlan]:
    """The newest run and its plan, if it did not come to its end and could. Raises NotReady."""
    check_free(context.project)
    run = context.project.run()
    if run is None or run.done:
        raise NotReady("nothing_to_resume")
    job, plan = jobs.read(run.folder), run.read(TrainPlan)
    if plan is None:
        raise NotReady("run_damaged", run=run.name)
    if job and job.error == "loss_broken":  # the same rows at the same rate end the same way
        raise NotReady("loss_broken", **{"step": 0, **job.values})
    check_room(context.project.folder)
    return run, plan


def saved_step(run: Run) -> int:
    """The step of the newest sealed checkpoint, 0 for none."""
    sealed = (run.folder / "checkpoints").glob("step-*/manifest.json")
    return max((int(path.parent.name.removeprefix("step-")) for path in sealed), default=0)
