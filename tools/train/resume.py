"""Pick up a run that was stopped or ended before its time, from its newest whole checkpoint."""

from data.errors import NotReady
from data.project import Run
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.train.start import check_free


def quote(context: Context) -> Quote:
    """What is left. Raises NotReady where there is nothing to pick up, Busy while one runs."""
    check_free(context.project)
    run = unfinished(context)
    job = jobs.read(run.folder)
    done = round(100 * (job.fraction if job else 0))
    text = say("train.resume_quote", context.language, run=run.name, percent=done)
    title = say("train.resume_title", context.language)
    return Quote(title, text, {"run": run.name, "percent_done": done})


@tool(stage="train", needs=("Dataset", "BaseModelChoice"), leaves="Run", asks=quote)
def resume(context: Context) -> Outcome:
    """Continue the newest training run that was stopped, killed or failed, from its last checkpoint.
    The person approves first."""
    check_free(context.project)
    run = unfinished(context)
    jobs.start("train", "tools.train.run", run.folder, locks=context.settings.locks)
    return Outcome(say("train.resumed", context.language), facts={"run": run.name}, job="train")


def unfinished(context: Context) -> Run:
    """The newest run, if it did not come to its end. Raises NotReady."""
    run = context.project.run()
    if run is None or run.done:
        raise NotReady("nothing_to_resume")
    return run
