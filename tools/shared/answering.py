"""How a tuned model is asked, fixed once a run: what is evaluated is then what is served."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from data.alpaca import Row, Turn
from data.files import read_lines
from data.project import Project, Run
from data.records import Record

SHORTEST, LONGEST = 64, 512
"""Tokens. Below 64 a base model is cut before it shows what it is like; 512 is about a page."""
_ROOM = 1.5  # an answer half as long again as the longest one learnt is no longer the learnt manner


class Answering(Record):
    """Kept in the run's folder by whichever of evaluate and publish comes first."""

    FILE: ClassVar[str] = "answering.json"
    max_new_tokens: int
    """Where an answer is cut off, for the base and for the tuned model alike."""
    system: str = ""
    """System prompt that all training rows share."""


def answering(project: Project, run: Run, length: Callable[[str], int]) -> Answering:
    """The run's record, made from the training rows the first time; `length` counts tokens."""
    if known := run.read(Answering):
        return known
    rows = rows_of(read_lines(rows_file(run, project.train_file)))
    longest = max((length(row.output) for row in rows), default=0)
    limit = min(max(int(longest * _ROOM), SHORTEST), LONGEST)
    made = Answering(max_new_tokens=limit, system=shared_system(rows))
    run.write(made)
    return made


def rows_file(run: Run, file: Path) -> Path:
    """The run's own copy of a file of rows, where it kept one: what was frozen anew since may hold
    as unseen what this run has learnt."""
    own = run.folder / file.name
    return own if own.exists() else file


def shared_system(rows: list[Row]) -> str:
    """The system prompt, if every row has the same one."""
    prompts = {row.system for row in rows}
    return prompts.pop() if len(prompts) == 1 else ""


def rows_of(lines: list[dict[str, object]]) -> list[Row]:
    """Alpaca lines of our own writing as rows."""
    return [Row.model_validate(line) for line in lines]


def with_system(messages: list[Turn], system: str) -> list[Turn]:
    """The messages with the system prompt before them, unless they bring their own."""
    if not system or any(turn["role"] == "system" for turn in messages):
        return messages
    return [{"role": "system", "content": system}, *messages]
