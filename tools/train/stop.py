"""Tool: stop what is under way; a training run saves what it learnt first."""

import time
from pathlib import Path

from data.errors import NotReady
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool

PATIENCE = 20.0
"""Seconds to wait for the last step and the checkpoint, so that the answer can be definite."""


@tool(stage="train")
def stop(context: Context) -> Outcome:
    """Stop the training (or comparison, packing, download) under way. A training run saves a
    checkpoint first and can be resumed."""
    language = context.language
    alive = [job for job in jobs.find(context.project.folder) if job.alive and job.kind != "serve"]
    if not alive:
        raise NotReady("nothing_runs")
    job = alive[-1]
    jobs.stop(job.folder)
    if job.kind != "train":
        return Outcome(say("train.stopping_other", language), facts={"kind": job.kind})
    last = _last(context, job.folder)
    facts = {"kind": "train", "run": job.folder.name, "state": last.state if last else "failed"}
    if last is None or last.state != "stopped":
        return Outcome(say("train.stopping", language), facts=facts)
    if "step" not in last.numbers:
        return Outcome(say("train.unqueued", language), facts=facts)
    step, steps = last.numbers["step"], last.numbers.get("max_steps", 0)
    text = say("train.stopped_at", language, done=step, steps=steps)
    return Outcome(text, facts={**facts, "step": step})


def _last(context: Context, folder: Path) -> jobs.Job | None:
    ends, job = time.monotonic() + PATIENCE, None
    for job in jobs.follow(folder):
        if not job.alive or time.monotonic() > ends:
            break
        context.report(job.fraction, say("train.waiting_to_stop", context.language))
    return job
