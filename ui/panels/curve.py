"""A loss curve as a picture of lines: no library, follows the page's colours, reads on a phone."""

import math
from collections.abc import Sequence
from typing import Any

from ui.panels.bench import esc

WIDTH, HEIGHT = 560, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 44
MOST_POINTS = 400
"""Points a line is drawn with; more can't be told apart."""
_SMOOTH = 0.6
"""Weight of what came before in the smoothed line, as most training boards have it."""

Point = tuple[float, float]


def points(metrics: Sequence[dict[str, Any]], name: str) -> list[Point]:
    """Step and value of one metric; what is no finite number is left out."""
    found: list[Point] = []
    for each in metrics:
        step, value = each.get("step"), each.get(name)
        if (
            isinstance(step, int | float)
            and isinstance(value, int | float)
            and math.isfinite(value)
        ):
            found.append((float(step), float(value)))
    return found


def smoothed(line: Sequence[Point]) -> list[Point]:
    """The running mean that a noisy line is read by, without the usual pull towards its start."""
    made, total, weight = [], 0.0, 0.0
    for step, value in line:
        total = total * _SMOOTH + value
        weight = weight * _SMOOTH + 1
        made.append((step, total / weight))
    return made


def curve(
    metrics: Sequence[dict[str, Any]],
    words: dict[str, str],
    last_step: int = 0,
    best: int | None = None,
) -> str:
    """The picture: training loss raw and smooth, held-out loss, the best step. Empty if no points.

    `words`: training, held_out, step, loss, best, title.
    """
    raw, held = points(metrics, "loss"), points(metrics, "held_out_loss")
    if not raw and not held:
        return ""
    scale = _Scale([*raw, *held], last_step)
    parts = [scale.grid(words["step"], words["loss"]), scale.line(raw, "raw")]
    if len(raw) > 8:
        parts.append(scale.line(smoothed(raw), "smooth"))
    parts += [scale.line(held, "held"), *scale.dots(held)]
    if best is not None:
        parts.append(scale.mark(best, words["best"]))
    legend = "".join(
        f"<span class='{kind}'>{esc(words[name])}</span>"
        for kind, name, there in (("smooth", "training", raw), ("held", "held_out", held))
        if there
    )
    return (
        f"<figure class='tp-curve'><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        f"aria-label='{esc(words['title'])}'>{''.join(parts)}</svg>"
        f"<figcaption>{legend}</figcaption></figure>"
    )


class _Scale:
    """From steps and losses to places in the picture."""

    def __init__(self, all_points: Sequence[Point], last_step: int) -> None:
        values = [value for _, value in all_points]
        self.steps = max([step for step, _ in all_points] + [last_step, 1])
        self.low = 0.0 if min(values) < 0.35 * max(values) else min(values) * 0.9
        self.high = max(max(values) * 1.05, self.low + 1e-6)

    def x(self, step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / self.steps

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)

    def line(self, line: Sequence[Point], kind: str) -> str:
        if len(line) < 2:
            return "".join(self.dots(line)) if kind == "raw" else ""
        thin = line[:: max(1, len(line) // MOST_POINTS)]
        if thin[-1] != line[-1]:
            thin = [*thin, line[-1]]
        places = " ".join(f"{self.x(step):.1f},{self.y(value):.1f}" for step, value in thin)
        return f"<polyline class='{kind}' points='{places}'/>"

    def dots(self, line: Sequence[Point]) -> list[str]:
        return [
            f"<circle class='held' cx='{self.x(step):.1f}' cy='{self.y(value):.1f}' r='3.5'>"
            f"<title>{step:g}: {value:.3f}</title></circle>"
            for step, value in line[-MOST_POINTS:]
        ]

    def mark(self, step: float, words: str) -> str:
        x = self.x(step)
        anchor = "end" if x > WIDTH * 0.6 else "start"
        shift = -6 if anchor == "end" else 6
        return (
            f"<line class='best' x1='{x:.1f}' x2='{x:.1f}' y1='{TOP}' y2='{HEIGHT - BOTTOM}'/>"
            f"<text class='best' x='{x + shift:.1f}' y='{TOP + 12}' text-anchor='{anchor}'>"
            f"{esc(words)}</text>"
        )

    def grid(self, step_name: str, loss_name: str) -> str:
        made = []
        for value in _ticks(self.low, self.high):
            y = self.y(value)
            made.append(
                f"<line class='grid' x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}'/>"
            )
            made.append(
                f"<text x='{LEFT - 8}' y='{y + 4:.1f}' text-anchor='end'>{value:.3g}</text>"
            )
        for step in _ticks(0, self.steps):
            made.append(_text(self.x(step), HEIGHT - BOTTOM + 18, "middle", f"{step:g}"))
        middle = (TOP + HEIGHT - BOTTOM) / 2
        made.append(
            f"<text class='axis' x='{(LEFT + WIDTH - RIGHT) / 2}' y='{HEIGHT - 6}' "
            f"text-anchor='middle'>{esc(step_name)}</text>"
        )
        made.append(
            f"<text class='axis' transform='translate(13 {middle}) rotate(-90)' "
            f"text-anchor='middle'>{esc(loss_name)}</text>"
        )
        return "".join(made)


def _text(x: float, y: float, anchor: str, words: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{esc(words)}</text>"


def _ticks(low: float, high: float) -> list[float]:
    """Four to six round numbers between two."""
    span = max(high - low, 1e-9)
    size = 10 ** math.floor(math.log10(span / 4))
    size *= next((factor for factor in (1, 2, 5, 10) if span / (size * factor) <= 5.5), 10)
    first = math.ceil(low / size)
    return [number * size for number in range(first, math.floor(high / size + 1e-9) + 1)]
