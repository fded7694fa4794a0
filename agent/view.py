"""Where a project stands: whole for the workbench, in short for a chat model."""

from typing import Any

from data.errors import TunePathError
from data.files import read_lines
from data.project import Project
from data.records import (
    Baseline,
    BaseModelChoice,
    Brief,
    Dataset,
    Decision,
    Evaluation,
    Facts,
    LossReading,
    Record,
    TrainPlan,
)
from data.say import has, say
from data.stages import STAGES, WORKFLOW
from tools import jobs
from tools.contract import Context
from tools.learn.show_map import learning_map
from tools.learn.what_next import next_step
from tools.shared.baseline import current

SERVERS = ("serve",)
"""Kinds of jobs that stay; they are no progress to watch."""


def current_job(project: Project) -> jobs.Job | None:
    """The newest finite job of a project, over or not."""
    found = [job for job in jobs.find(project.folder) if job.kind not in SERVERS]
    return found[-1] if found else None


def server(project: Project) -> dict[str, Any] | None:
    """Address and model name of the newest bundle's server while it runs."""
    alive = [j for j in jobs.find(project.folder / "publish") if j.kind in SERVERS and j.alive]
    return dict(alive[-1].numbers) if alive and "url" in alive[-1].numbers else None


def snapshot(context: Context) -> dict[str, Any]:
    """What a model needs to know before it speaks; small."""
    project, job = context.project, current_job(context.project)
    run = project.finished_run()
    return {
        "stage": project.stage,
        "facts": _dump(project.read(Facts)),
        "brief": _dump(project.read(Brief)),
        "baseline": _without(_baseline(project), "prompt", "answers"),
        "decision": _dump(project.read(Decision)),
        "rows": _counts(project),
        "dataset": _dump(project.read(Dataset)),
        "base_model": _dump(project.read(BaseModelChoice)),
        "plan": _without(_dump(project.read(TrainPlan)), "reasons"),
        "job": job.brief() if job else None,
        "run": run.name if run else None,
        "reading": _dump(run.read(LossReading)) if run else None,
        "losses": _losses(run.read(Evaluation)) if run else None,
        "served": server(project),
        "next": _next(context),
    }


def view(context: Context) -> dict[str, Any]:
    """Everything the workbench shows; None where there is nothing yet."""
    project, job = context.project, current_job(context.project)
    run, newest = project.finished_run(), project.run()
    decision = project.read(Decision)
    bundle = project.bundle()
    return {
        "project": project.id,
        "title": project.title,
        "language": context.language,
        "stage": project.stage,
        "done": _done(project),
        "facts": _dump(project.read(Facts)),
        "brief": _dump(project.read(Brief)),
        "baseline": _baseline(project),
        "decision": _dump(decision),
        "rows": _counts(project),
        "dataset": _dump(project.read(Dataset)),
        "base_model": _dump(project.read(BaseModelChoice)),
        "plan": _dump(project.read(TrainPlan)),
        "job": job.brief() | {"numbers": job.numbers, "error": _fault(job, context)}
        if job
        else None,
        "run": newest.name if newest else None,
        "metrics": read_lines(newest.metrics) if newest else [],
        "reading": _dump(run.read(LossReading)) if run else None,
        "evaluation": _dump(run.read(Evaluation)) if run else None,
        "publication": {"bundle": str(bundle), **(server(project) or {})} if bundle else None,
        "next": _next(context),
        "map": learning_map(project, context.language),
    }


def rows(context: Context) -> list[dict[str, Any]]:
    """The working table for the data panel, each finding with its words."""
    try:
        items = context.project.items()
    except TunePathError:  # as in _counts
        return []
    return [
        {
            "id": item.id,
            "instruction": item.row.instruction,
            "input": item.row.input,
            "output": item.row.output,
            "source": item.source,
            "verdict": item.verdict,
            "findings": [
                found.model_dump() | {"text": _finding(found.code, found.values, context.language)}
                for found in item.findings
            ],
        }
        for item in items
    ]


def _baseline(project: Project) -> dict[str, Any] | None:
    """What the prompt alone achieved, with its counts and whether it still fits the Brief."""
    kept = project.read(Baseline)
    if kept is None:
        return None
    counts = {"answered": len(kept.answers), "marked": kept.marked, "passed": kept.passed}
    return kept.model_dump(mode="json") | counts | {"current": current(project) is not None}


def _next(context: Context) -> str:
    try:
        return next_step(context.project, context.language).text
    except TunePathError as error:
        return error.text(context.language)


def _finding(code: str, values: dict[str, Any], language: str) -> str:
    key = f"dataset.finding.{code}"
    return say(key, language, **values) if has(key, language) else code


def _done(project: Project) -> list[str]:
    stage = project.stage
    if stage == WORKFLOW:
        return ["plan"]
    reached: list[str] = list(STAGES[: STAGES.index(stage)])
    return [*reached, "publish"] if project.bundle() and stage == "publish" else reached


def _counts(project: Project) -> dict[str, int] | None:
    try:
        items = project.items()
    except TunePathError:  # said in the conversation; the rest of the page is still of use
        return None
    if not items:
        return None
    return {
        "all": len(items),
        "accepted": sum(item.verdict == "accepted" for item in items),
        "dropped": sum(item.verdict == "dropped" for item in items),
        "flagged": sum(bool(item.findings) and item.verdict == "open" for item in items),
    }


def _fault(job: jobs.Job, context: Context) -> str:
    return job.fault().text(context.language) if job.state == "failed" else ""


def _losses(evaluation: Evaluation | None) -> dict[str, float] | None:
    if evaluation is None:
        return None
    return {"base": evaluation.base_loss, "tuned": evaluation.tuned_loss}


def _dump(record: Record | None) -> dict[str, Any] | None:
    return record.model_dump(mode="json") if record else None


def _without(value: dict[str, Any] | None, *keys: str) -> dict[str, Any] | None:
    return {k: v for k, v in value.items() if k not in keys} if value else None
