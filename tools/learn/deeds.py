"""What the project folder shows to have been done; what was done counts as learnt."""

from contextlib import suppress

from data.errors import TunePathError
from data.files import read_json
from data.project import Project
from data.records import Decision, Evaluation, Item, LossReading, Route
from tools import jobs

DEEDS = (
    "brief",
    "decision",
    "baseline",
    "workflow",
    "lookup",
    "rows",
    "rows_marked",
    "dataset",
    "base_model",
    "train_plan",
    "run",
    "loss_read",
    "evaluation",
    "publication",
    "served",
)
"""All there are, in the order of the road."""
_BY_RECORD = {
    "Brief": "brief",
    "Decision": "decision",
    "Dataset": "dataset",
    "BaseModelChoice": "base_model",
    "TrainPlan": "train_plan",
    "Run": "run",
    "Publication": "publication",
}
_ROADS = {Route.WORKFLOW: "workflow", Route.LOOKUP: "lookup", Route.BOTH: "lookup"}


def deeds(project: Project) -> set[str]:
    """Names out of DEEDS. What was put aside to try again stays done."""
    done = {_BY_RECORD[name] for name in project.leaves() if name in _BY_RECORD}
    done |= _put_aside(project)
    decision, items, runs = project.read(Decision), _items(project), project.runs()
    road = _ROADS.get(decision.route) if decision else None
    seen = {
        "baseline": (project.folder / "plan/baseline.json").exists(),
        "rows": bool(items) or "dataset" in done,
        "rows_marked": any(item.verdict != "open" for item in items),
        "loss_read": any(run.read(LossReading) for run in runs),
        "evaluation": any(run.read(Evaluation) for run in runs),
        "served": any(job.kind == "serve" for job in jobs.find(project.folder / "publish")),
    }
    return done | {name for name, there in seen.items() if there} | ({road} if road else set())


def _items(project: Project) -> list[Item]:
    try:
        return project.items()
    except TunePathError:  # a broken table is said where the rows are shown
        return []


def _put_aside(project: Project) -> set[str]:
    """Records that going back moved out of the way."""
    names: set[str] = set()
    for file in project.folder.glob("*/before-*.json"):
        with suppress(ValueError):  # broken by hand
            names |= set(read_json(file) or ())
    return {"train_plan" if name == "plan" else name for name in names} & set(DEEDS)
