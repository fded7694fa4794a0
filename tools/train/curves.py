"""The shape of a loss curve in one of nine words, with the figures that say so. Pure, no words.

Knows nothing of answers: a curve tells how learning went, not whether the model is good.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from data.records import Label
from tools.train.measures import (
    bump,
    logs,
    noise,
    part,
    quantile,
    smoothed,
    spread,
    straightened,
    trend,
    turns,
)
from tools.train.points import Point
from tools.train.series import MOST, Curve, best_step, curve_of
from tools.train.stairs import stairs

FEWEST = 10
"""Training losses below which only broken numbers can be told."""
LOW = 0.3
"""Loss below which memorising is asked about. Never a verdict by itself: sources disagree about any
such number (fixed labels and JSON go lower and are fine), so the held-out loss decides."""
MILD, MODERATE, SEVERE = 1.2, 1.5, 2.0
"""Held-out loss at the end over its best: below 1.2 fine, then mild, moderate, severe (ratios of
Microsoft's guide to training curves)."""
TURNED = 1.05
"""The same ratio above which a run that is too short to tell is not told to go on for longer."""
FLAT = 0.1
"""Share of its first level that a loss has to lose to count as learning."""
SWING = 0.6
"""Up and down, between the 10th and 90th percentile, over the level: above it, it swings. Batches
of a few rows alone give 0.3 to 0.5."""
WAY, WAYS = 0.45, 4
"""More ways up and down, each of this share of the level, smoothed in long runs, are a swing."""


@dataclass(frozen=True)
class Shape:
    """A label and what led to it."""

    label: Label
    best_step: int | None = None
    numbers: dict[str, float] = field(default_factory=dict)
    """Finite figures by name; the words of evidence name them."""


def shape_of(points: Sequence[Point]) -> Shape:
    """The shape of a run. Any list of points has one; nothing raises.

    The order of the rules is from what makes the rest meaningless to what needs the rest.
    """
    ordered = sorted(points, key=lambda point: point.step)
    curve = curve_of(ordered)
    best = best_step(curve)
    numbers = _figures(curve)
    if broken := _broken(ordered):
        return Shape("broken_nan_zero", best, numbers | broken)
    if len(curve.losses) < FEWEST:
        return Shape("too_short_to_tell", best, numbers | _nan_looks(ordered))
    for label, rule in _RULES:
        found = rule(curve)
        if found is not None:
            return Shape(label, best, numbers | found)
    return Shape("healthy", best, numbers | _still_falling(curve))


def _figures(curve: Curve) -> dict[str, float]:
    numbers = {"points": float(len(curve.losses))}
    if curve.losses:
        numbers |= {"first": curve.first, "last": curve.last, "lowest": min(curve.losses)}
    if curve.held and curve.losses:
        numbers |= {
            "held_out_first": curve.held[0],
            "held_out_best": curve.held_best,
            "held_out_last": curve.held_last,
            "held_out_rise": min(curve.rise, MOST),
        }
    return numbers


def _nan_looks(points: Sequence[Point]) -> dict[str, float]:
    """Where looks at held-out rows are NaN to the end. NaN before a number is a table's gap."""
    looks = [(p.step, p.held_out) for p in points if p.held_out is not None]
    bad = [step for step, loss in looks if math.isnan(loss)]
    if not bad or any(step >= bad[0] and math.isfinite(loss) for step, loss in looks):
        return {}
    return {"held_out_nan_step": float(bad[0])}


# --- the rules, each: figures where it applies, else None


def _broken(points: Sequence[Point]) -> dict[str, float] | None:
    """NaN, infinity or exactly 0.0: a fault of precision, attention or masking, never success.

    A zero that is the last of a smooth fall to nothing is a rounded small loss and passes.
    """
    before: dict[str, float] = {}
    for place, point in enumerate(points):
        logged = {"loss": point.loss, "held_out": point.held_out}
        finite = [v for v in logged.values() if v is not None and math.isfinite(v) and v]
        for name, value in logged.items():
            if value is None or (math.isnan(value) and finite):
                continue  # a table writes NaN where nothing was measured
            if not math.isfinite(value):
                return {"broken_step": float(point.step), "zero": 0.0}
            if value == 0 and before.get(name, 1.0) > 0.01 and not (place == 0 and finite):
                if place == 0 and point.step == 0:
                    continue  # loggers that start with an empty entry
                return {"broken_step": float(point.step), "zero": 1.0}
            before[name] = value or before.get(name, 1.0)
    return _broken_gradients(points)


def _broken_gradients(points: Sequence[Point]) -> dict[str, float] | None:
    """Gradients that are no numbers to the end: a Trainer may show a finite loss beside them. One
    now and then is normal where the loss is scaled (float16)."""
    norms = [(p.step, p.norm) for p in points if p.norm is not None]
    bad = [step for step, norm in norms if not math.isfinite(norm)]
    tail = [norm for _, norm in norms[-3:]]
    if len(bad) >= 3 and not any(math.isfinite(norm) for norm in tail):
        return {"broken_step": float(bad[0]), "zero": 0.0}
    return None


def _jump(curve: Curve) -> dict[str, float] | None:
    """A few sudden jumps far above all noise: bad rows in one batch, or too large a step."""
    values = curve.losses
    back = min(25, part(values, 0.05, 5))
    low, few = logs(values), len(values) < 24
    least, over = (math.log(1.8), 4.5) if few else (math.log(1.6), 6.0)
    usual = max(noise(low), spread(_beside(low)), 0.02)
    height = 0.15 * max(curve.first, quantile(values, 0.5))
    found: list[tuple[float, int]] = []
    events, last = 0, -back
    for at in range(3, len(values)):
        before = median(low[max(0, at - back) : at])
        jump = low[at] - before
        if jump > max(least, over * usual) and values[at] - math.exp(before) > height:
            events += at - last >= back
            last = at
            found.append((jump, at))
    if not found or events > max(3, 0.03 * len(values)):
        return None
    jump, at = max(found)
    return {"jump_step": float(curve.steps[at]), "jump": values[at], "jump_times": math.exp(jump)}


def _running_away(curve: Curve) -> dict[str, float] | None:
    """At the end the loss is above all that it has been since the start, and above its low."""
    values = curve.losses
    low, at = _low(values)
    tail = part(values, 0.1)
    past = values[len(values) // 4 : -2 * tail] or values[:-tail]
    above = curve.last > 1.3 * low and curve.last > 1.25 * quantile(past, 0.9)
    from_start = curve.last > 1.25 * curve.first and trend(values) > 3
    if not (above and trend(values[at:]) > 1.6) and not from_start:
        return None
    return _rise_since(curve, low, at)


def _drifting_up(curve: Curve) -> dict[str, float] | None:
    """It has fallen, turned, and rises for good."""
    values = curve.losses
    low, at = _low(values)
    lost = curve.last - low > 0.1 * curve.first
    if not lost or curve.last < 1.25 * low or trend(values[at:]) < 2.6:
        return None
    return _rise_since(curve, low, at)


def _rise_since(curve: Curve, low: float, at: int) -> dict[str, float]:
    times = curve.last / max(low, 1e-9)
    return {"jump_step": float(curve.steps[at]), "low": low, "jump_times": min(times, MOST)}


def _swinging(curve: Curve) -> dict[str, float] | None:
    """Up and down without settling, by more than the noise of small batches.

    A wave that repeats itself is told from noise and counts earlier; where the held-out loss falls
    smoothly, the noise is that of the batches and counts later.
    """
    late = straightened(curve.late)
    swing = (quantile(late, 0.9) - quantile(late, 0.1)) / curve.scale
    limit = SWING * (1 + 2.5 / len(late))
    calm = len(curve.held) >= 4 and curve.held_fall > 0.2 and curve.rise < 1.1
    if len(late) >= 16 and bump(late) > 0.45:
        limit *= 0.6
    elif calm:
        limit *= 1.5
    count = len(curve.losses)
    ways = turns(smoothed(curve.losses, count // 15 if count >= 60 else 1), WAY * curve.scale)
    most = WAYS if count >= 60 else max(WAYS, count // 5) if count >= 24 else WAYS - 1
    if swing > limit or (ways > most and not calm):
        return {"swing": swing, "ways": float(ways)}
    return None


def _flat(curve: Curve) -> dict[str, float] | None:
    """Hardly lower than at the start: too small a learning rate, too few steps, wrong labels."""
    if curve.held and curve.fall > FLAT / 3 and curve.held_fall > 0.08:
        return None
    ends = math.sqrt(1 / part(curve.losses, 0.04) + 1 / part(curve.losses, 0.12))
    doubt = 1.25 * noise(curve.losses) * ends / max(curve.first, 1e-9)
    small = curve.fall < FLAT + 0.7 * doubt and _thirds(curve) < 0.07
    alone = bool(curve.held) and curve.held_fall < 0.03 and curve.fall < 2 * FLAT
    chance = curve.fall < 2.2 * doubt and trend(curve.losses) > -2.3
    return {"fall": curve.fall} if curve.fall < FLAT or small or alone or chance else None


def _thirds(curve: Curve) -> float:
    """Share lost from the first third to the last."""
    third = len(curve.losses) // 3
    return 1 - median(curve.losses[-third:]) / max(median(curve.losses[:third]), 1e-9)


def _gap(curve: Curve) -> dict[str, float] | None:
    """Unseen rows got worse, or never better, while rows that are learnt went on."""
    if len(curve.held) < 2:
        return None
    never = curve.held_fall < 0.05
    if never and curve.last < LOW:
        return None  # learnt by heart from the start: the next rule's case
    if curve.rise >= MILD:
        return {"held_out_rise": min(curve.rise, MOST)}
    if curve.last < LOW:
        return None
    apart = curve.held_last / max(curve.last, 1e-9)
    at_start = max(1.0, curve.held_first / max(curve.first, 1e-9))
    if not curve.follows(0.5) and (apart / at_start >= MODERATE or never):
        return {"gap": apart}
    return None


def _too_low(curve: Curve) -> dict[str, float] | None:
    """Very low, and nothing says that unseen rows gained as much."""
    if curve.last >= LOW or (curve.held and curve.follows(0.7)):
        return None
    return {"gap": min(curve.held_last / max(curve.last, 1e-9), MOST)} if curve.held else {}


_RULES: tuple[tuple[Label, Callable[[Curve], dict[str, float] | None]], ...] = (
    ("spike_or_divergence", _jump),
    ("spike_or_divergence", _running_away),
    ("epoch_steps", stairs),
    ("oscillating", _swinging),
    ("spike_or_divergence", _drifting_up),
    ("underfit_flat", _flat),
    ("overfit_gap", _gap),
    ("too_low_memorised", _too_low),
)


# --- what the rules share


def _beside(values: Sequence[float]) -> list[float]:
    """What is left of a series when its broad course is taken out."""
    course = smoothed(values, part(values, 0.3, 5))
    return [value - level for value, level in zip(values, course, strict=True)]


def _low(values: Sequence[float]) -> tuple[float, int]:
    course = smoothed(values, part(values, 0.1, 5))
    return min((level, place) for place, level in enumerate(course))


def _still_falling(curve: Curve) -> dict[str, float]:
    last = curve.losses[-part(curve.losses, 1 / 3) :]
    middle = len(last) // 2
    lost = (fmean(last[:middle]) - fmean(last[middle:])) / max(curve.first, 1e-9)
    return {"falling": lost} if lost > 0.04 and trend(last) < -2.3 else {}
