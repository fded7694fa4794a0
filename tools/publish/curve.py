"""The loss curve of a run as one SVG picture, drawn by hand: no font is baked in, so Chinese words
are drawn by whatever looks at it. Knows no plotting library."""

import html
import math
from collections.abc import Iterable
from typing import Any

from data.say import say

Points = list[tuple[float, float]]

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 56, 44
_FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
_BLUE, _ORANGE, _GREY, _INK = "#2463a8", "#c05a00", "#9bb4d0", "#333333"
_WINDOW = 5  # steps in the smoothed line; short runs have only some tens


def draw(metrics: list[dict[str, Any]], language: str, best_step: int | None = None) -> str:
    """The picture; an empty string where there is nothing to draw.

    `metrics` are the lines of metrics.jsonl. Numbers that are not finite are left out.
    """
    training, held_out = points(metrics, "loss"), points(metrics, "held_out_loss")
    if not training:
        return ""
    frame = _Frame([*training, *held_out])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="{_FONT}" font-size="12">',
        f"<title>{_text('title', language)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_axes(frame, language),
        _line(frame, training, _GREY, 1),
        _line(frame, smooth(training), _BLUE, 2),
        *_dots(frame, held_out),
        *_best(frame, best_step, held_out, language),
        *_legend(bool(held_out), language),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def points(metrics: list[dict[str, Any]], name: str) -> Points:
    """(step, value) in order of step; where a resumed run wrote a step twice, the later one."""
    found: dict[int, float] = {}
    for row in metrics:
        step, value = row.get("step"), row.get(name)
        if isinstance(step, int) and isinstance(value, int | float) and math.isfinite(value):
            found[step] = float(value)
    return [(float(step), found[step]) for step in sorted(found)]


def smooth(line: Points, window: int = _WINDOW) -> Points:
    """Mean of each point and its neighbours, `window` points in all, fewer at both ends."""
    values, half = [value for _, value in line], window // 2
    parts = [values[max(0, at - half) : at + half + 1] for at in range(len(values))]
    return [(step, sum(part) / len(part)) for (step, _), part in zip(line, parts, strict=True)]


class _Frame:
    """From steps and losses to places on the picture; the loss axis starts at zero."""

    def __init__(self, seen: Points) -> None:
        self.last = max(1.0, *(step for step, _ in seen), 1.0)
        self.top = max(*(value for _, value in seen), 1e-6) * 1.05

    def x(self, step: float) -> float:
        return round(_LEFT + step / self.last * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _TOP - _BOTTOM), 1)


def _axes(frame: _Frame, language: str) -> Iterable[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    for value in _ticks(frame.top):
        y = frame.y(value)
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#e3e3e3"/>'
        yield _label(_LEFT - 8, y + 4, f"{value:g}", "end")
    for step in _ticks(frame.last):
        yield _label(frame.x(step), bottom + 18, f"{step:g}", "middle")
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}" stroke="{_INK}"/>'
    yield _label(right, HEIGHT - 8, _text("steps", language), "end")
    yield _label(12, 20, _text("loss", language), "start")


def _ticks(top: float) -> list[float]:
    """Three to seven round numbers from zero up."""
    rough = top / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    return [round(step * k, 10) for k in range(int(top / step) + 1)]


def _line(frame: _Frame, line: Points, colour: str, width: int) -> str:
    path = " ".join(f"{frame.x(step)},{frame.y(value)}" for step, value in line)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _dots(frame: _Frame, line: Points) -> Iterable[str]:
    if line:
        yield _line(frame, line, _ORANGE, 2)
    for step, value in line:
        yield f'<circle cx="{frame.x(step)}" cy="{frame.y(value)}" r="4" fill="{_ORANGE}"/>'


def _best(frame: _Frame, step: int | None, line: Points, language: str) -> Iterable[str]:
    value = dict(line).get(float(step)) if step is not None else None
    if step is None or value is None:
        return
    x, y = frame.x(step), frame.y(value)
    yield f'<circle cx="{x}" cy="{y}" r="8" fill="none" stroke="{_ORANGE}" stroke-width="2"/>'
    anchor = "end" if x > WIDTH / 2 else "start"
    yield _label(x, y - 14, _text("best", language, step=step), anchor)


def _legend(held_out: bool, language: str) -> Iterable[str]:
    entries = [("training", _GREY), ("smooth", _BLUE), ("held_out", _ORANGE)]
    for at, (name, colour) in enumerate(entries if held_out else entries[:2]):
        x = _LEFT + at * 190
        yield f'<line x1="{x}" y1="40" x2="{x + 22}" y2="40" stroke="{colour}" stroke-width="3"/>'
        yield _label(x + 28, 44, _text(name, language), "start")


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{_INK}">{text}</text>'


def _text(name: str, language: str, **values: object) -> str:
    return html.escape(say(f"publish.curve.{name}", language, **values))
