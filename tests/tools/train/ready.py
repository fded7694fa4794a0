"""A project that is ready to train: rows frozen, base chosen, a model of two layers."""

from pathlib import Path

from data.files import write_lines
from data.project import Project
from data.records import BaseModelChoice, Dataset
from tests.tools.tiny import tiny_model

TRAIN, HELD_OUT = 24, 4


def ready_project(home: Path, name: str = "ready", *, model: bool = True) -> Project:
    """`model`: make the base as well; without it nothing that loads weights can run."""
    project = Project.create(home, name)
    write_rows(project, TRAIN, HELD_OUT)
    project.write(BaseModelChoice(name="tiny", licence="Apache-2.0"))
    if model and not (home / "models" / "tiny").exists():
        tiny_model(home / "models" / "tiny")
    return project


def write_rows(project: Project, train: int, held_out: int) -> None:
    """Freeze so many rows."""
    write_lines(project.train_file, [row(n) for n in range(train)])
    write_lines(project.held_out_file, [row(1000 + n) for n in range(held_out)])
    project.write(
        Dataset(
            title="Ready",
            language="en",
            train_rows=train,
            held_out_rows=held_out,
            dropped_rows=0,
            seed=7,
            sources={"hand": train + held_out},
            fingerprint=f"{train}-{held_out}",
        )
    )


def row(number: int) -> dict[str, object]:
    """One strict Alpaca row."""
    return {
        "instruction": f"Question {number}?",
        "input": "",
        "output": f"Dear, the answer is {number}.",
        "system": "",
        "history": [],
    }
