"""A run's losses as series with the figures that the rules of curves.py ask for. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from tools.train.measures import part
from tools.train.points import Point

MOST = 1e6
"""Larger losses are all the same, and their squares overflow."""


@dataclass(frozen=True)
class Curve:
    """The finite part of what was logged, and its measures."""

    steps: list[int]
    losses: list[float]
    epochs: list[float | None]
    held_steps: list[int]
    held: list[float]

    @property
    def first(self) -> float:
        """Level at the start."""
        return median(self.losses[: part(self.losses, 0.04, self._end)])

    @property
    def last(self) -> float:
        """Level at the end."""
        return median(self.losses[-part(self.losses, 0.12, self._end) :])

    @property
    def _end(self) -> int:
        """Fewest values that a level is taken from: start and end share none."""
        return max(1, min(3, len(self.losses) // 2))

    @property
    def fall(self) -> float:
        """Share of its first level that the training loss has lost."""
        return 1 - self.last / max(self.first, 1e-9)

    @property
    def held_first(self) -> float:
        """Held-out loss before learning. Where the first look came later, the training loss stands
        in: before learning, neither kind of row has been seen."""
        late = self.held_steps[0] > self.steps[0] + 0.05 * (self.steps[-1] - self.steps[0])
        return max(self.held[0], self.first) if late else self.held[0]

    @property
    def held_best(self) -> float:
        """Lowest held-out loss."""
        return min(self.held)

    @property
    def held_last(self) -> float:
        """Level of the held-out loss at the end."""
        return median(self.held[-part(self.held, 0.1, 1) :])

    @property
    def held_fall(self) -> float:
        """Share of its first level that the held-out loss has lost at its best."""
        return 1 - self.held_best / max(self.held_first, 1e-9)

    @property
    def rise(self) -> float:
        """Held-out loss at the end over its best, 1 for none."""
        return self.held_last / max(self.held_best, 1e-9)

    @property
    def late(self) -> list[float]:
        """The part after the first fall."""
        return self.losses[len(self.losses) * 2 // 5 :]

    @property
    def scale(self) -> float:
        """What up and down is measured by: the later level plus a quarter of what was learnt."""
        level = median(self.late)
        return max(level + max(0.0, self.first - level) / 4, 1e-9)

    def follows(self, share: float) -> bool:
        """Whether unseen rows gained at least a share of what learnt rows did."""
        return 1 - self.held_last / max(self.held_first, 1e-9) >= share * self.fall


def curve_of(points: Sequence[Point]) -> Curve:
    """The finite losses of points that are in order of steps."""
    learnt = [p for p in points if p.loss is not None and math.isfinite(p.loss)]
    judged = [p for p in points if p.held_out is not None and math.isfinite(p.held_out)]
    curve = Curve(
        [p.step for p in learnt],
        [min(max(p.loss or 0.0, 0.0), MOST) for p in learnt],
        [p.epoch for p in learnt],
        [p.step for p in judged],
        [min(max(p.held_out or 0.0, 0.0), MOST) for p in judged],
    )
    if not learnt and judged:  # only one curve was logged: its shape is read all the same
        return replace(
            curve, steps=curve.held_steps, losses=curve.held, epochs=[None] * len(judged)
        )
    return curve


def best_step(curve: Curve) -> int | None:
    """The earliest step of the lowest held-out loss; before the first step nothing is kept."""
    found = [(loss, step) for loss, step in zip(curve.held, curve.held_steps, strict=True) if step]
    return min(found)[1] if found else None
