"""The rule for stairs: drops where a new epoch begins. Epochs by the log, else guessed."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from tools.train.measures import noise, spread, trend
from tools.train.series import Curve

LEAST = 0.1
"""Share of its first level that a loss must have lost for its drops to be looked at."""


def stairs(curve: Curve) -> dict[str, float] | None:
    """Drops where a new epoch begins, level between: rows are recognised when they come again.

    Not so where the held-out loss keeps falling beside it: then it is learning, in stairs.
    """
    borders = _borders(curve.epochs)
    found = _drops(curve, borders, 3.0, 0.06) if borders else None
    if found is None and not any(curve.epochs) and curve.fall > 0.3 and trend(curve.losses) < -3:
        guesses = (_even(len(curve.losses), count) for count in range(3, 11))
        found = next(filter(None, (_drops(curve, each, 5.0, 0.12) for each in guesses)), None)
    if found is None or (curve.held and curve.rise < 1.05 and curve.follows(0.7)):
        return None
    return found


def _borders(epochs: Sequence[float | None]) -> list[int]:
    """Places where a new epoch begins; the step that ends epoch 1 is written as 1.0."""
    known = [math.ceil(epoch - 1e-6) if epoch is not None else None for epoch in epochs]
    borders: list[int] = []
    for at in range(1, len(known)):
        here, before = known[at], known[at - 1]
        if here is not None and before is not None and here > max(before, 1):
            borders.append(at)
    return borders


def _even(count: int, epochs: int) -> list[int]:
    return [round(count * i / epochs) for i in range(1, epochs)] if count >= 5 * epochs else []


def _drops(
    curve: Curve, borders: Sequence[int], over_noise: float, over_level: float
) -> dict[str, float] | None:
    """Whether nearly every border has a drop that its own neighbourhood does not have."""
    if not borders or len(borders) > len(curve.losses) // 4 or curve.fall < LEAST:
        return None
    values = curve.losses
    width = max(2, min(borders[0], len(values) // (len(borders) + 1)) // 4)
    rough = min(noise(values), _within(values, borders)) * math.sqrt(2 / width)
    sharp, total = 0, 0.0
    for at in borders:
        ahead, behind = values[at : at + width], values[max(0, at - width) : at]
        earlier = values[max(0, at - 2 * width) : max(0, at - width)] or behind
        drop = median(behind) - median(ahead)
        own = max(0.0, median(earlier) - median(behind))
        bound = max(over_noise * rough, over_level * median(behind))
        sharp += drop - own > bound
        total += drop
    after = median(values[max(0, borders[0] - width) : borders[0]]) - curve.last
    if sharp < max(1, len(borders) - len(borders) // 4) or total < 0.6 * after:
        return None
    return {"borders": float(len(borders)), "drop": total / len(borders)}


def _within(values: Sequence[float], borders: Sequence[int]) -> float:
    """Spread around the level between two borders, all taken together."""
    edges = [0, *borders, len(values)]
    parts = [values[start:end] for start, end in pairwise(edges)]
    return spread([value - median(each) for each in parts[1:] for value in each])
