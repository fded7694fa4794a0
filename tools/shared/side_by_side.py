"""Answers of base and tuned model as Markdown that reads on a phone and on a model's page."""

import math

from data.records import Compared, Evaluation
from data.say import say
from tools.shared.plain import plain

FEW = 30
"""Questions. Below this a count of good answers may be off by a fifth of its size or more."""


def blocks(items: tuple[Compared, ...], language: str, limit: int = 0) -> str:
    """One small table a question: asked, base, tuned, what passes."""
    return "\n\n".join(
        _block(number, item, language, limit) for number, item in enumerate(items, 1)
    )


def loss_line(evaluation: Evaluation, language: str) -> str:
    """Held-out loss before and after, what it means, and a plain word where it did not fall."""
    if not evaluation.held_out_rows or not math.isfinite(evaluation.base_loss):
        return say("evaluate.loss_unmeasured", language)
    fell = evaluation.tuned_loss < evaluation.base_loss  # false for a loss that is no number
    return say(
        "evaluate.loss" if fell else "evaluate.loss_not_lower",
        language,
        base=f"{evaluation.base_loss:.2f}",
        tuned=f"{evaluation.tuned_loss:.2f}",
        count=evaluation.held_out_rows,
    )


def caution(evaluation: Evaluation, language: str) -> str:
    """What so few questions can't tell; empty where there are enough."""
    count = len(evaluation.items)
    return say("evaluate.few", language, count=count) if count < FEW else ""


def _block(number: int, item: Compared, language: str, limit: int) -> str:
    heading = say(f"evaluate.kind.{item.kind}", language)
    rows = [
        (say("evaluate.row.question", language), item.question),
        (say("evaluate.row.base", language), item.base),
        (say("evaluate.row.tuned", language), item.tuned),
        (say(f"evaluate.row.{item.kind}", language), item.expected),
    ]
    empty = say("evaluate.row.empty", language)
    lines = [f"| {name} | {plain(text, limit) or empty} |" for name, text in rows]
    return "\n".join([f"| {number} | {heading} |", "|---|---|", *lines])
