"""Ask what may be published, then start packing. The work itself is tools/publish/run.py."""

import shutil
from pathlib import Path

from data.errors import DiskFull, NotReady
from data.files import read_lines
from data.project import Run
from data.records import Dataset, Evaluation, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.publish.base import base_of
from tools.publish.card import sources
from tools.shared.answering import rows_file, rows_of, shared_system

RESERVE_MB = 300
"""Room that must be left over on the disk: logs and the chat's own database go on being written."""


def may_publish(context: Context, run: str = "") -> Quote:
    """What goes in, under which licence, whose words, how large."""
    chosen, plan = _chosen(context, run)
    language, project = context.language, context.project
    base, dataset = base_of(plan.base_model), project.read(Dataset)
    evaluation = chosen.read(Evaluation)
    numbers = {
        "size_mb": size_mb(context.settings.models / plan.base_model, chosen),
        "free_mb": free_mb(project.folder),
        "count": len(evaluation.items) if evaluation else 0,
    }
    text = say(
        "publish.ask.text",
        language,
        base=base.hub_id,
        licence=base.licence,
        licence_url=base.licence_url,
        sources=sources(dataset.sources if dataset else {}, language),
        **numbers,
    )
    if shared_system(rows_of(read_lines(rows_file(chosen, project.train_file)))):
        text += "\n" + say("publish.ask.system", language)
    return Quote(say("publish.ask.action", language), text, {**numbers, "licence": base.licence})


@tool(stage="publish", needs=("Run",), leaves="Publication", asks=may_publish)
def bundle(context: Context, run: str = "") -> Outcome:
    """Pack the tuned model into one folder on this computer: adapter, merged model, model card.
    Nothing is uploaded. Starts a job of about half a minute. `run`: name of a finished training
    run, the newest by default."""
    chosen, plan = _chosen(context, run)
    project, settings = context.project, context.settings
    check_disk(project.folder, size_mb(settings.models / plan.base_model, chosen))
    folder = project.new_publication()
    arguments = (chosen.name, str(settings.models / plan.base_model), context.language)
    jobs.start("bundle", "tools.publish.run", folder, locks=settings.locks, arguments=arguments)
    text = say("publish.bundling", context.language)
    facts = {"run": chosen.name, "bundle": str(folder / "bundle")}
    return Outcome(text, facts=facts, job="bundle")


def size_mb(base: Path, run: Run) -> int:
    """About what the bundle will take: the base in float32 and the adapter."""
    return round((_bytes(base) + _bytes(run.adapter)) / 2**20) + 1


def free_mb(folder: Path) -> int:
    """Room on the disk that a folder is on."""
    return shutil.disk_usage(folder).free // 2**20


def check_disk(folder: Path, wanted_mb: int) -> None:
    """Raises DiskFull before anything is written, where the bundle would not fit."""
    free = free_mb(folder)
    if free < wanted_mb + RESERVE_MB:
        raise DiskFull("disk_too_small", free_mb=free, wanted_mb=wanted_mb + RESERVE_MB)


def _chosen(context: Context, name: str) -> tuple[Run, TrainPlan]:
    project = context.project
    run = project.run(name) if name else project.finished_run()
    plan = run.read(TrainPlan) if run and run.done else None
    if run is None or plan is None:
        raise NotReady("needs_run")
    return run, plan


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
