"""Go back to an earlier stage: its records are moved aside, numbered; nothing is deleted."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadInput, Busy
from data.files import read_json, write_json
from data.project import Project
from data.records import (
    Baseline,
    BaseModelChoice,
    Brief,
    Dataset,
    Decision,
    Evaluation,
    Facts,
    TrainPlan,
)
from data.say import say
from data.stages import STAGES, WORKFLOW, position
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool

FRESH = {
    "facts": Facts.FILE,
    "brief": Brief.FILE,
    "baseline": Baseline.FILE,
    "decision": Decision.FILE,
}
RECORDS = {
    "plan": {"decision": Decision.FILE},
    "dataset": {"dataset": Dataset.FILE, "plan": TrainPlan.FILE},
    "base_model": {"base_model": BaseModelChoice.FILE, "plan": TrainPlan.FILE},
    "train": {"plan": TrainPlan.FILE},
}
"""What gates each stage. Going back to `plan` keeps the Brief to be corrected, unless no road has
been taken from it: then a new idea is wanted."""
NEW_ATTEMPT = ("dataset", "base_model", "train")
"""Stages whose next pass ends in another training run."""


@dataclass(frozen=True)
class _Way:
    """What going back will do; worked out without doing it."""

    fresh: bool
    files: dict[str, Path]
    aside: Path


def quote(context: Context, stage: str) -> Quote:
    """What would be opened anew and what stays. Raises BadInput for a stage that is not behind."""
    project, language = context.project, context.language
    way = _way(project, stage)
    moved = [say(f"learn.moved.{name}", language) for name in way.files]
    runs = sum(run.done for run in project.runs())
    kept = say("learn.back.kept_runs" if runs else "learn.back.kept", language, runs=runs)
    name = say(f"learn.stage.{stage}", language)
    key = "fresh" if way.fresh else "again" if moved else "again_bare"
    glue = "、" if language == "zh" else ", "  # word list: a mark
    text = say(
        f"learn.back.{key}",
        language,
        stage=name,
        moved=glue.join(moved),
        file=way.aside.name,
        kept=kept,
    )
    return Quote(say("learn.back.action", language, stage=name), text, {"moved": list(way.files)})


@tool(stage="learn", asks=quote)
def go_back(context: Context, stage: str) -> Outcome:
    """Go back to an earlier stage for another attempt: plan, dataset, base_model, train or
    evaluate. The records in the way are moved aside under a number, runs and releases stay, nothing
    is deleted. Asks the person first."""
    project, language = context.project, context.language
    way = _way(project, stage)
    _put_aside(way)
    if stage in NEW_ATTEMPT and _used(project):
        project.new_run()
    name, file = say(f"learn.stage.{stage}", language), f"{stage}/{way.aside.name}"
    key = "done_fresh" if way.fresh else "done" if way.files else "done_bare"
    text = say(f"learn.back.{key}", language, stage=name, file=file)
    aside = file if way.files else ""
    return Outcome(text, facts={"stage": project.stage, "aside": aside, "moved": list(way.files)})


def _way(project: Project, stage: str) -> _Way:
    if stage not in STAGES:
        raise BadInput("stage_unknown", stage=stage[:40], stages=", ".join(STAGES[:-1]))
    here = project.stage
    fresh = stage == "plan" and here in ("plan", WORKFLOW)
    files = _files(project, stage, fresh)
    if not (fresh and files) and position(stage) >= position(here):
        raise BadInput("stage_not_behind", stage=stage)
    alive = [job for job in jobs.find(project.folder) if job.alive and job.kind != "serve"]
    if alive:
        raise Busy("job_running", kind=alive[-1].kind)
    return _Way(fresh, files, _aside(project.folder / stage))


def _files(project: Project, stage: str, fresh: bool) -> dict[str, Path]:
    run = project.run()
    if stage == "evaluate":
        found = {"evaluation": run.folder / Evaluation.FILE} if run else {}
    else:
        names = FRESH if fresh else RECORDS.get(stage, {})
        found = {name: project.folder / file for name, file in names.items()}
    return {name: path for name, path in found.items() if path.exists()}


def _aside(folder: Path) -> Path:
    number = 1
    while (folder / f"before-{number}.json").exists():
        number += 1
    return folder / f"before-{number}.json"


def _put_aside(way: _Way) -> None:
    """Write what was there first, and only then clear the way."""
    if not way.files:
        return
    write_json(way.aside, {name: read_json(path) for name, path in way.files.items()})
    if "dataset" in way.files:  # a new freeze writes over these two
        for part in ("train.jsonl", "held_out.jsonl"):
            rows = way.files["dataset"].with_name(part)
            if rows.exists():
                shutil.copyfile(rows, way.aside.with_name(f"{way.aside.stem}.{part}"))
    for path in way.files.values():
        path.unlink()


def _used(project: Project) -> bool:
    """Whether the newest attempt holds anything, so that the next one needs a folder of its own."""
    run = project.run()
    return run is not None and any(run.folder.iterdir())
