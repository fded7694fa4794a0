"""Robust figures of a noisy series: level, noise, trend, swing, turns. Lists in, floats out."""

import math
from collections.abc import Sequence
from statistics import fmean, median

TINY = 1e-6
"""Losses at or below this count as this: a logarithm needs something."""
_BINS = 60


def part(values: Sequence[float], share: float, least: int = 3) -> int:
    """How many values a share of a series is."""
    return min(len(values), max(least, round(len(values) * share)))


def spread(values: Sequence[float]) -> float:
    """Standard deviation as the median deviation tells it: outliers do not count."""
    if not values:
        return 0.0
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the series lies, between neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def noise(values: Sequence[float]) -> float:
    """Deviation from one value to the next that is no trend: from second differences."""
    bends = [values[i - 1] - 2 * values[i] + values[i + 1] for i in range(1, len(values) - 1)]
    return spread(bends) / math.sqrt(6)


def smoothed(values: Sequence[float], width: int) -> list[float]:
    """Running median over `width` values around each; a jump stays one. 0 and 1 change nothing."""
    half = width // 2
    return [median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]


def binned(values: Sequence[float], bins: int = _BINS) -> list[float]:
    """The series as at most `bins` means, so that a long one costs no more than a short one."""
    if len(values) <= bins:
        return list(values)
    edges = [len(values) * i // bins for i in range(bins + 1)]
    return [fmean(values[edges[i] : edges[i + 1]]) for i in range(bins)]


def trend(values: Sequence[float]) -> float:
    """Mann and Kendall's z: below -2.3 the series falls, above 2.3 it rises, 99 times in 100."""
    few = binned(values)
    count = len(few)
    if count < 4:
        return 0.0
    rising = sum(
        (few[later] > few[earlier]) - (few[later] < few[earlier])
        for earlier in range(count)
        for later in range(earlier + 1, count)
    )
    return rising / math.sqrt(count * (count - 1) * (2 * count + 5) / 18)


def straightened(values: Sequence[float]) -> list[float]:
    """What is left of a series when its line of least squares is taken out."""
    middle, half = fmean(values), (len(values) - 1) / 2
    wide = sum((place - half) ** 2 for place in range(len(values)))
    tilt = sum((p - half) * (v - middle) for p, v in enumerate(values)) / wide if wide else 0.0
    return [value - middle - tilt * (place - half) for place, value in enumerate(values)]


def turns(values: Sequence[float], height: float) -> int:
    """How many ways of at least `height` the series goes, up and down in turn."""
    count, way, extreme, other = 0, 0, values[0], values[0]
    for value in values:
        if way == 0:  # the first way is the one that reaches the height first
            extreme, other = max(extreme, value), min(other, value)
            if extreme - other >= height:
                count, way = 1, 1 if value == extreme else -1
                extreme = value
        elif (value - extreme) * way >= 0:
            extreme = value
        elif abs(value - extreme) >= height:
            count, way, extreme = count + 1, -way, value
    return count


def logs(values: Sequence[float]) -> list[float]:
    """Natural logarithms, in which a noise that goes with the level is the same everywhere."""
    return [math.log(max(value, TINY)) for value in values]


def bump(values: Sequence[float]) -> float:
    """How much the series repeats itself: the largest autocorrelation past its first negative one.

    Near 0 for noise, towards 1 for a wave. Needs about three waves.
    """
    middle = fmean(values)
    away = [value - middle for value in values]
    power = sum(each * each for each in away)
    if power <= 0 or len(away) < 8:
        return 0.0
    best, below = 0.0, False
    for lag in range(1, min(len(away) // 2, 200)):
        same = sum(away[i] * away[i + lag] for i in range(len(away) - lag)) / power
        below = below or same < 0
        best = max(best, same * len(away) / (len(away) - lag)) if below else best
    return best
