"""Which questions both models are asked: the Brief's cases and some held-out rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.alpaca import Turn
from data.files import read_lines
from data.records import Brief
from tools.shared.answering import rows_of, with_system

HELD_OUT = 6
"""Held-out questions that are answered; more would take minutes on two cores, and few read on."""


@dataclass(frozen=True)
class Question:
    """A question with what a good answer is."""

    kind: Literal["held_out", "case"]
    text: str
    messages: list[Turn]
    expected: str


def questions(held_out: Path, brief: Brief | None, system: str) -> list[Question]:
    """Cases first, then held-out rows in the order of their file, which was shuffled at the split.

    A case gets the system prompt that the training rows share, as the served model does.
    """
    cases = [
        Question("case", case.question, _asked(case.question, system), case.passes)
        for case in (brief.cases if brief else ())
    ]
    rows = rows_of(read_lines(held_out))[:HELD_OUT]
    return cases + [Question("held_out", row.question, row.ask, row.output) for row in rows]


def _asked(question: str, system: str) -> list[Turn]:
    return with_system([{"role": "user", "content": question}], system)
