"""One beginner's folder: typed paths, records in and out, the stage computed from what is there."""

import re
import secrets
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from data.errors import BadInput, Missing, TunePathError
from data.files import read_json, read_lines, write_atomically, write_json, write_lines
from data.records import (
    Baseline,
    BaseModelChoice,
    Brief,
    Dataset,
    Decision,
    Evaluation,
    Item,
    LossReading,
    Publication,
    Record,
    Route,
    TrainPlan,
)
from data.stages import WORKFLOW, Place

R = TypeVar("R", bound=Record)

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LISTED = 8
"""Names that a sentence lists."""
_ATTEMPT = re.compile(r"\d{3,}")


class Run:
    """One attempt at training: train/runs/<number>, never overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @property
    def adapter(self) -> Path:
        """The LoRA weights, in PEFT's layout."""
        return self.folder / "adapter"

    @property
    def done(self) -> bool:
        """The last file of a finished run is there."""
        return (self.folder / "done.json").exists()

    @property
    def metrics(self) -> Path:
        """One JSON object a line."""
        return self.folder / "metrics.jsonl"

    def read(self, kind: type[R]) -> R | None:
        """A record of this run: TrainPlan, LossReading or Evaluation."""
        return _read(self.folder / Path(kind.FILE).name, kind)

    def write(self, record: Record) -> None:
        """Keep a record of this run."""
        write_atomically(self.folder / Path(record.FILE).name, record.model_dump_json(indent=2))


class Project:
    """A folder below <home>/projects. Make one with `create` or `open`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    # --- coming and going

    @classmethod
    def create(cls, home: Path, name: str = "") -> "Project":
        """A new, empty project; `name` must be free. Raises BadInput for a name that is no name."""
        project = cls(_projects(home) / (check_id(name) if name else secrets.token_hex(6)))
        project.folder.mkdir(parents=True, exist_ok=True)
        if not project._about.exists():
            write_json(project._about, {"title": "", "language": "", "seen_jobs": []})
        return project

    @classmethod
    def open(cls, home: Path, name: str) -> "Project":
        """An existing project. Raises Missing, with the same words for foreign and for absent."""
        project = cls(_projects(home) / check_id(name))
        if not project._about.exists():
            raise Missing("project_missing", name=name, known=_listed(cls.all(home)))
        return project

    @classmethod
    def all(cls, home: Path) -> list["Project"]:
        """Every project, the one worked on last first."""
        found = [cls(about.parent) for about in _projects(home).glob("*/project.json")]
        return sorted(found, key=lambda p: p._about.stat().st_mtime, reverse=True)

    # --- what is kept

    @property
    def _about(self) -> Path:
        return self.folder / "project.json"

    def about(self) -> dict[str, object]:
        """Title, language of the talk, jobs already spoken about."""
        try:
            return dict(read_json(self._about) or {})
        except ValueError:  # damaged by hand: the project itself is in its other files
            return {}

    def note(self, **changes: object) -> None:
        """Change entries of `about`."""
        write_json(self._about, {**self.about(), **changes})

    @property
    def language(self) -> str:
        """Language of the talk, empty until the person has said something."""
        return str(self.about().get("language") or "")

    @property
    def title(self) -> str:
        """A short name for lists: what was set, else the start of the aim, else the id."""
        brief = self.read(Brief)
        return str(self.about().get("title") or (brief.aim[:24] if brief else "") or self.id)

    def read(self, kind: type[R]) -> R | None:
        """A record, or None where it was never written. A damaged file counts as not there."""
        return _read(self.folder / kind.FILE, kind)

    def write(self, record: Record) -> None:
        """Keep a record in its file."""
        write_atomically(self.folder / record.FILE, record.model_dump_json(indent=2))

    @property
    def uploads(self) -> Path:
        """Files that the person brought, under names we chose."""
        return self.folder / "uploads"

    def items(self) -> list[Item]:
        """The working table of rows. Raises BadInput where somebody broke the file by hand."""
        try:
            return [Item.model_validate(r) for r in read_lines(self.folder / "dataset/rows.jsonl")]
        except ValidationError as error:
            place = error.errors(include_url=False)[0]["loc"]
            raise BadInput("rows_damaged", field=".".join(map(str, place))) from None

    def write_items(self, items: list[Item]) -> None:
        """Replace the working table; the one before is kept one step back for undo."""
        table = self.folder / "dataset/rows.jsonl"
        if table.exists():
            write_atomically(table.with_name("rows.before.jsonl"), table.read_bytes())
        write_lines(table, [item.model_dump(mode="json") for item in items])

    @property
    def train_file(self) -> Path:
        """Rows to learn from, strict Alpaca, one a line."""
        return self.folder / "dataset/train.jsonl"

    @property
    def held_out_file(self) -> Path:
        """Rows kept aside, never trained on."""
        return self.folder / "dataset/held_out.jsonl"

    def unexpected(self, error: BaseException) -> TunePathError:
        """Note where an unforeseen error arose, and give the sentence for it.

        Only its kind and its places in the code are written: a message could hold a key or a text.
        """
        places = "".join(traceback.format_tb(error.__traceback__))
        line = f"{datetime.now():%Y-%m-%d %H:%M:%S} {type(error).__name__}\n{places}\n"
        with suppress(OSError), (self.folder / "errors.txt").open("a", encoding="utf-8") as notes:
            notes.write(line)
        return TunePathError("unexpected")

    # --- attempts

    def runs(self) -> list[Run]:
        """Training attempts, oldest first."""
        return [Run(folder) for folder in _attempts(self.folder / "train/runs")]

    def new_run(self) -> Run:
        """The next numbered attempt, its folder made; an empty newest one is taken as it is."""
        newest = self.run()
        if newest and not any(newest.folder.iterdir()):
            return newest
        return Run(_next_attempt(self.folder / "train/runs"))

    def run(self, name: str = "") -> Run | None:
        """A run by name, or the newest; None where there is none."""
        named = [run for run in self.runs() if not name or run.name == name]
        return named[-1] if named else None

    def finished_run(self) -> Run | None:
        """The newest run that came to its end."""
        return next((run for run in reversed(self.runs()) if run.done), None)

    def new_publication(self) -> Path:
        """Folder of the next publication."""
        return _next_attempt(self.folder / "publish")

    def bundle(self) -> Path | None:
        """The newest complete bundle."""
        found = [
            folder / "bundle"
            for folder in _attempts(self.folder / "publish")
            if (folder / "bundle" / Publication.FILE).exists()
        ]
        return found[-1] if found else None

    # --- where are we

    @property
    def stage(self) -> Place:
        """The first stage whose record is missing; publish once all are there."""
        decision = self.read(Decision)
        if decision is None or decision.route is Route.UNCLEAR or self.read(Brief) is None:
            return "plan"
        if not decision.route.trains:
            return WORKFLOW
        if self.read(Dataset) is None:
            return "dataset"
        if self.read(BaseModelChoice) is None:
            return "base_model"
        run = self.run()
        if run is None or not run.done:
            return "train"
        return "publish" if run.read(Evaluation) else "evaluate"

    def leaves(self) -> set[str]:
        """Names of the records that are there, newest run included."""
        kinds = (Brief, Baseline, Decision, Dataset, BaseModelChoice, TrainPlan)
        there = {kind.__name__ for kind in kinds if self.read(kind)}
        run = self.finished_run()
        if run:
            there.add("Run")
            there |= {k.__name__ for k in (LossReading, Evaluation) if run.read(k)}
        return there | ({"Publication"} if self.bundle() else set())


def check_id(name: str) -> str:
    """A project's name as given, if it can be a folder's name everywhere. Raises BadInput."""
    if not _ID.fullmatch(name):
        raise BadInput("project_name", name=name[:64])
    return name


def _projects(home: Path) -> Path:
    return home / "projects"


def _listed(projects: list[Project]) -> str:
    names = [project.id for project in projects[:_LISTED]]
    return ", ".join([*names, "…"] if len(projects) > _LISTED else names or ["–"])


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None


def _attempts(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _ATTEMPT.fullmatch(path.name))


def _next_attempt(folder: Path) -> Path:
    numbers = [int(path.name) for path in _attempts(folder)]
    path = folder / f"{max(numbers, default=0) + 1:03d}"
    path.mkdir(parents=True)
    return path
