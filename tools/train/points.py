"""A loss curve from a file: our metrics.jsonl, a Trainer's trainer_state.json, JSON lists, CSV.

Knows no picture formats and no event files of TensorBoard.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from data.errors import BadInput, Missing

LARGEST_MB = 64
"""A curve of a million points fits into this."""
_HELD_OUT = re.compile(r"(?:^|_)(?:eval|val|valid|validation|held_?out|test|dev)_(?:.*_)?loss$")
_TRAIN = re.compile(r"(?:^|_)loss$")
_VALUE = re.compile(r"(?:^|_)value$")
"""TensorBoard's name for whatever it exports: a loss where it stands beside a step."""
_STEP = re.compile(r"(?:^|_)(?:steps?|iter(?:ation)?s?)$")
_CHINESE = (  # word list
    ("验证|评估|测试|留出", " val "),
    ("损失值?(?![\u4e00-\u9fff])", " loss "),
    ("(?<!总)(?<!最大)(?:步数?|迭代次数)(?![\u4e00-\u9fff])", " step "),
    ("轮[数次]?(?![\u4e00-\u9fff])", " epoch "),
)
"""What headings in Chinese are in English; further Chinese in a name does not count."""
_SUMMARY = "train_runtime"
"""A Trainer's last entry has this key; its train_loss is the mean of the whole run, no point."""


@dataclass(frozen=True)
class Point:
    """What was logged at one step; a loss may be NaN or infinite, as it was written."""

    step: int
    loss: float | None = None
    held_out: float | None = None
    norm: float | None = None
    """Length of the gradients."""
    epoch: float | None = None


def read_points(path: Path) -> list[Point]:
    """The points of a file, by step. Raises Missing, or BadInput for a file without a loss."""
    if not path.is_file():
        raise Missing("file_missing", name=path.name)
    if path.stat().st_size > LARGEST_MB * 2**20:
        size = path.stat().st_size // 2**20
        raise BadInput("file_too_big", name=path.name, size_mb=size, limit_mb=LARGEST_MB)
    rows = _rows(_decoded(path.read_bytes()))
    points = points_of(rows)
    if not points and (seen := _columns(rows)):
        raise BadInput("no_loss_column", name=path.name, columns=seen)
    if not points:
        raise BadInput("no_curve", name=path.name)
    return points


def points_of(rows: Iterable[Any]) -> list[Point]:
    """Logged entries as points, sorted by step.

    Entries of one step are one point, the later value wins: a resumed run writes steps again. Where
    an entry has no step, its place counts.
    """
    found: dict[int, Point] = {}
    last = 0
    for row in rows:
        entry = {"loss": row} if _is_number(row) else row
        if not isinstance(entry, Mapping) or _SUMMARY in entry:
            continue
        point = _point(entry, last, found)
        if point.loss is None and point.held_out is None:
            continue
        last = point.step
        found[last] = _merged(found[last], point) if last in found else point
    return [found[step] for step in sorted(found)]


def _point(entry: Mapping[Any, Any], last: int, found: Mapping[int, Point]) -> Point:
    values: dict[str, float] = {}
    for key, value in entry.items():
        name, number = _name(str(key)), _number(value)
        if name and number is not None and name not in values:
            values[name] = number
    if not math.isfinite(values.get("epoch", 0.0)):
        del values["epoch"]
    value, step = values.pop("value", None), values.pop("step", None)
    if value is not None and step is not None:
        values.setdefault("loss", value)
    if step is None or not math.isfinite(step) or abs(step) > 1e15:
        before = found.get(last)
        free = before is not None and all(
            getattr(before, name) is None for name in ("loss", "held_out") if name in values
        )
        step = last if free else last + 1
    return Point(round(step), **values)


def _merged(before: Point, after: Point) -> Point:
    return replace(before, **{k: v for k, v in vars(after).items() if v is not None})


@lru_cache(maxsize=256)
def _name(key: str) -> str:
    """The field of a point that a column or key fills (`value` is none yet), or an empty string."""
    key = key.lower()
    for chinese, english in _CHINESE:
        key = re.sub(chinese, english, key)
    plain = re.sub(r"[^a-z0-9]+", "_", key).strip("_")
    if plain == "epoch" or plain.endswith("_epoch"):
        return "epoch"
    if plain.endswith("grad_norm"):
        return "norm"
    if _HELD_OUT.search(plain):
        return "held_out"
    if _TRAIN.search(plain):
        return "loss"
    if _VALUE.search(plain):
        return "value"
    counts = _STEP.search(plain) and not re.search("max|total|logging|eval|save", plain)
    return "step" if counts else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    """A number or its spelling; None for what is none. NaN and infinities count."""
    if not _is_number(value) and not isinstance(value, str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


# --- files


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def _rows(text: str) -> list[Any]:
    """The entries of a file whose kind is told by its content, not by its name."""
    try:
        return _entries(json.loads(text))
    except (ValueError, RecursionError):
        pass
    lines = [line for line in text.splitlines() if line.strip()]
    parsed = [row for row in map(_json_line, lines) if row is not None]
    return parsed or _table(lines)


def _json_line(line: str) -> Any:
    try:
        return json.loads(line) if line.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None


def _entries(whole: Any) -> list[Any]:
    """A list, a trainer_state.json, or a dictionary of columns."""
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        return []
    for value in (whole.get("log_history"), *whole.values()):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return value
    columns = {key: value for key, value in whole.items() if isinstance(value, list)}
    length = max(map(len, columns.values()), default=0)
    rows = [{k: v[at] for k, v in columns.items() if at < len(v)} for at in range(length)]
    return rows or [whole]


def _table(lines: list[str]) -> list[Any]:
    """A CSV with a heading; without one, nothing but numbers: losses, or steps and losses."""
    if not lines:
        return []
    mark = max(",;\t", key=lines[0].count)
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error:
        return []
    bare = all(_number(cell or "nan") is not None for row in rows for cell in row)
    if bare and len(rows[0]) <= 2:
        names = ("step", "loss")[-len(rows[0]) :]
        return [dict(zip(names, row, strict=False)) for row in rows]
    return [_by_epoch(dict(zip(rows[0], row, strict=False))) for row in rows[1:]]


def _by_epoch(row: dict[str, str]) -> dict[str, str]:
    """A table by whole epochs has no other count: the epoch is its step then."""
    if any(_name(key) == "step" for key in row):
        return row
    epochs = [value for key, value in row.items() if _name(key) == "epoch"]
    return row | {"step": epochs[0]} if epochs else row


def _columns(rows: list[Any]) -> str:
    """The names that the first entry has, to be shown; empty where they are no text."""
    names = [str(name).strip() for name in next((r for r in rows if isinstance(r, Mapping)), ())]
    shown = " · ".join(filter(None, names))[:120]
    return shown if shown.isprintable() and "\ufffd" not in shown else ""
