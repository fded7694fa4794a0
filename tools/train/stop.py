"""Stop the run under way; what it learnt is saved first."""

from data.errors import NotReady
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool


@tool(stage="train")
def stop(context: Context) -> Outcome:
    """Stop the training (or comparison, packaging, download) under way. A training run saves a
    checkpoint first and can be resumed."""
    alive = [job for job in jobs.find(context.project.folder) if job.alive and job.kind != "serve"]
    if not alive:
        raise NotReady("nothing_runs")
    jobs.stop(alive[-1].folder)
    key = "train.stopping" if alive[-1].kind == "train" else "train.stopping_other"
    return Outcome(say(key, context.language), facts={"kind": alive[-1].kind})
