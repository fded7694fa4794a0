"""Loss curves made by seed, several kinds a label: noisy and of any length."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

from data.records import Label
from tools.train.points import Point

LENGTHS = (12, 20, 39, 80, 200, 600, 2000)
SEEDS = range(24)


class Maker:
    """One curve: its length, its noise, and where the held-out loss is looked at."""

    def __init__(self, seed: int, length: int) -> None:
        self.random = random.Random(f"{seed}-{length}")
        self.n = length
        self.noise = self.random.uniform(0.02, 0.12)
        self.start = self.random.uniform(1.6, 3.8)

    def noisy(self, value: float) -> float:
        """A batch's loss: noise that goes with the level."""
        return value * math.exp(self.random.gauss(0, self.noise))

    def looked(self, value: float) -> float:
        """A held-out loss: many rows at once, so hardly any noise."""
        return value * math.exp(self.random.gauss(0, 0.01))

    def fast_then_flat(self, end: float, speed: float = 5.0) -> list[float]:
        return [end + (self.start - end) * math.exp(-speed * i / self.n) for i in range(self.n)]

    def points(
        self, losses: list[float], held: Callable[[float], float] | None = None, epochs: int = 0
    ) -> list[Point]:
        """`held` maps 0..1 to a held-out loss, looked at about eight times, the start included."""
        every = max(1, self.n // 7)
        made: list[Point] = []
        if held:
            made.append(Point(0, None, held(0.0)))
        for i, loss in enumerate(losses, 1):
            look = i % every == 0 or i == self.n
            made.append(
                Point(
                    i,
                    self.noisy(loss),
                    self.looked(held(i / self.n)) if held and look else None,
                    epoch=i / self.n * epochs if epochs else None,
                )
            )
        return made


def healthy(m: Maker, kind: int) -> list[Point]:
    """Fast, then flat; slowly and steadily; a low loss whose held-out loss falls as well."""
    if kind == 0:
        end = m.random.uniform(0.45, 1.1)
        return m.points(
            m.fast_then_flat(end), lambda t: end * 1.1 + (m.start - end) * math.exp(-5 * t), 3
        )
    if kind == 1:
        end = m.start * 0.55
        return m.points([m.start + (end - m.start) * i / m.n for i in range(m.n)])
    end = m.random.uniform(0.1, 0.25)
    held = m.random.uniform(1.1, 1.6) * end
    return m.points(
        m.fast_then_flat(end, 6), lambda t: held + (m.start - held) * math.exp(-6 * t), 3
    )


def flat(m: Maker, kind: int) -> list[Point]:
    """Level; hardly falling, as with a learning rate that is far too small."""
    if kind == 0:
        return m.points([m.start] * m.n, lambda t: m.start * 1.02)
    return m.points([m.start * (1 - 0.05 * i / m.n) for i in range(m.n)])


def oscillating(m: Maker, kind: int) -> list[Point]:
    """A wave; to and fro from step to step; wild noise."""
    middle = m.start
    if kind == 0:
        waves = m.random.uniform(3, max(3.5, min(10, m.n / 4)))
        turn = 2 * math.pi * waves / m.n
        return m.points([middle * (1 + 0.45 * math.sin(turn * i)) for i in range(m.n)])
    if kind == 1:
        return m.points([middle * (1.45 if i % 2 else 0.6) for i in range(m.n)])
    return m.points([middle * m.random.uniform(0.3, 1.9) for _ in range(m.n)])


def jumping(m: Maker, kind: int) -> list[Point]:
    """A spike that passes; a step up that stays; running away to the end."""
    losses = m.fast_then_flat(m.random.uniform(0.5, 1.0), 6)
    at = m.random.randrange(m.n // 2, m.n - 2)
    if kind == 0:
        losses[at] = losses[at] * 3 + m.start / 2
    elif kind == 1:
        losses[at:] = [m.start * 1.3] * (m.n - at)
    else:
        at = m.n // 2
        losses[at:] = [losses[at] * math.exp(2.2 * (i + 1) / (m.n - at)) for i in range(m.n - at)]
    return m.points(losses)


def overfit(m: Maker, kind: int) -> list[Point]:
    """Held-out falls, then rises; or it hardly gained while training went far down."""
    end = m.random.uniform(0.35, 0.7)
    if kind == 0:
        rise = m.random.uniform(1.4, 2.2)
        low = m.start * 0.6

        def held(t: float) -> float:
            if t < 0.4:
                return low + (m.start - low) * (1 - t / 0.4)
            return low * (1 + (rise - 1) * (t - 0.4) / 0.6)

        return m.points(m.fast_then_flat(end), held, 5)
    return m.points(m.fast_then_flat(end), lambda t: m.start * (1 - 0.2 * min(1, 4 * t)), 5)


def memorised(m: Maker, kind: int) -> list[Point]:
    """Next to nothing left on learnt rows: without a look at others, or while those gain little."""
    end = m.random.uniform(0.02, 0.2)
    if kind == 0:
        return m.points(m.fast_then_flat(end, 7))
    level = m.start * m.random.uniform(0.75, 0.98)
    return m.points(
        m.fast_then_flat(end, 7), lambda t: level + (m.start - level) * math.exp(-8 * t)
    )


def stairs(m: Maker, kind: int) -> list[Point]:
    """A drop at each new epoch, level between; held-out flat, rising or not looked at."""
    epochs = 3 if m.n < 40 else m.random.randrange(3, 6)
    m.noise = min(m.noise, 0.05)
    losses = [m.start * 0.62 ** (math.ceil((i + 1) * epochs / m.n) - 1) for i in range(m.n)]
    if kind == 0:
        return m.points(losses, None, epochs)
    grows = m.random.choice((0.0, 0.1))
    return m.points(losses, lambda t: m.start * 0.95 * (1 + grows * t), epochs)


def broken(m: Maker, kind: int) -> list[Point]:
    """NaN from some step on; exactly zero from the first; infinite once."""
    losses = m.fast_then_flat(0.8)
    points = m.points(losses)
    at = m.random.randrange(1, m.n)
    if kind == 0:
        return points[:at] + [Point(p.step, math.nan) for p in points[at:]]
    if kind == 1:
        return [Point(p.step, 0.0) for p in points]
    return [*points[:at], Point(points[at].step, math.inf), *points[at + 1 :]]


def short(m: Maker, kind: int) -> list[Point]:
    """Fewer than ten points of any course."""
    return m.points(m.fast_then_flat(0.5))[: m.random.randrange(1, 10)]


MAKERS: dict[Label, tuple[Callable[[Maker, int], list[Point]], int]] = {
    "healthy": (healthy, 3),
    "underfit_flat": (flat, 2),
    "oscillating": (oscillating, 3),
    "spike_or_divergence": (jumping, 3),
    "overfit_gap": (overfit, 2),
    "too_low_memorised": (memorised, 2),
    "epoch_steps": (stairs, 2),
    "broken_nan_zero": (broken, 3),
    "too_short_to_tell": (short, 1),
}


def curve(label: Label, kind: int, seed: int, length: int) -> list[Point]:
    """One curve that should be read as `label`."""
    points = MAKERS[label][0](Maker(seed, length), kind)
    assert all(a.step <= b.step for a, b in pairwise(points))
    return points
