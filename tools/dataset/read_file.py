"""A file on disk to rows, with everything that did not become one. Shared by import and check."""

from dataclasses import dataclass, field
from pathlib import Path

from data.alpaca import Row
from data.errors import BadInput, Missing
from tools.dataset.columns import Refused, roles, row_of
from tools.dataset.decode import decode
from tools.dataset.parse import Parsed, parse
from tools.dataset.table import Dropped

LARGEST = 50 * 2**20
"""Bytes; a file of text rows beyond it belongs to another kind of tool."""


@dataclass
class Reading:
    """What a file holds."""

    format: str
    encoding: str
    rows: list[tuple[int, Row]] = field(default_factory=list)
    """(line, row), lines counted from 1."""
    dropped: list[Dropped] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    """Role to the file's own name of the column; the first record's where each has its own."""
    unused: list[str] = field(default_factory=list)
    """Columns that no role was found for."""


def read_file(path: Path) -> Reading:
    """Raises Missing where there is no such file, BadInput where it can't be read as rows."""
    if not path.is_file():
        raise Missing("file_missing", name=path.name)
    size = path.stat().st_size
    if size > LARGEST:
        raise BadInput(
            "file_too_big", name=path.name, size_mb=size // 2**20, limit_mb=LARGEST // 2**20
        )
    text, encoding = decode(path.read_bytes())
    return to_rows(parse(text), encoding)


def to_rows(parsed: Parsed, encoding: str = "utf-8") -> Reading:
    """Each record becomes a row or is kept with the reason why not."""
    reading = Reading(parsed.format, encoding)
    reading.dropped = [Dropped(each.line, each.reason, each.text) for each in parsed.broken]
    columns: dict[str, None] = {}
    for line, record in parsed.records:
        columns |= dict.fromkeys(map(str, record)) if isinstance(record, dict) else {}
        try:
            reading.rows.append((line, row_of(record, parsed.mapping)))
        except Refused as refused:
            reading.dropped.append(Dropped(line, refused.reason, record))
    reading.dropped.sort(key=lambda each: each.line)
    reading.mapping = parsed.mapping or roles(list(columns))
    reading.unused = [name for name in columns if name not in reading.mapping.values()]
    return reading
