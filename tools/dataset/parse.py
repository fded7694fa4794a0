"""Text of a file to numbered records: JSON, JSON Lines, CSV, labelled questions and answers.

What it does not know: spreadsheets, archives and chat exports. Nothing in a file is ever executed.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from data.errors import BadInput
from tools.dataset import columns, reply

CELL_LIMIT = 1_000_000
"""Characters in one cell of a table; beyond it a quotation mark was left open."""
_PROBE = 30
"""Records of a table that are read to find its separator."""
_END = "\x00end of the table\x00"
_SEPARATORS = ",\t;|"


@dataclass(frozen=True)
class Broken:
    """A piece of a file that is no record, kept as it was."""

    line: int
    reason: str
    """A key below dataset.reason."""
    text: str


@dataclass
class Parsed:
    """Records in the file's order, with the line each begins on, counted from 1."""

    format: str
    records: list[tuple[int, Any]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    mapping: dict[str, str] | None = None
    """Role to column; None where every record has names of its own."""


def parse(text: str) -> Parsed:
    """All records of a file. Raises BadInput, with the line where there is one."""
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise BadInput("file_empty")
    if start[0] == "[":
        return _json_list(text, text.index("["))
    if start[0] == "{":
        return _lines(text) if _is_lines(start) else _json_objects(text, text.index("{"))
    return _table(text.lstrip("\ufeff")) or _pairs(text)


# --- JSON


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits  # Python refuses to read thousands of digits


_JSON = json.JSONDecoder(parse_int=_integer)


def _value(text: str, place: int) -> tuple[Any, int]:
    try:
        return _JSON.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise BadInput("json_broken", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise BadInput("json_too_deep", line=_line(text, place)) from None


def _blank(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n\ufeff":
        place += 1
    return place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _expect(text: str, place: int, marks: str) -> str:
    if place < len(text) and text[place] in marks:
        return text[place]
    start = text.rfind("\n", 0, place)
    raise BadInput("json_broken", line=_line(text, place), column=place - start)


def _elements(text: str, place: int, line: int) -> Iterator[tuple[int, Any, int]]:
    """(line, value, place behind it) of each element of the list that opens at `place`."""
    seen = place
    place = _blank(text, place + 1)
    while text[place : place + 1] != "]":
        line, seen = line + text.count("\n", seen, place), place
        value, place = _value(text, place)
        yield line, value, place
        place = _blank(text, place)
        if _expect(text, place, ",]") == ",":
            place = _blank(text, place + 1)


def _json_list(text: str, place: int) -> Parsed:
    parsed, behind = Parsed("json"), place + 1
    for line, value, after in _elements(text, place, _line(text, place)):
        parsed.records.append((line, value))
        behind = after
    rest = _blank(text, text.index("]", behind) + 1)
    if rest < len(text):
        raise BadInput("json_broken", line=_line(text, rest), column=1)
    return parsed


def _json_objects(text: str, place: int) -> Parsed:
    """Objects one behind the other: each a row, or rows in lists under names such as `data`."""
    parsed = Parsed("json")
    while place < len(text):
        _expect(text, place, "{")
        place = _blank(text, _json_object(text, place, parsed.records))
    return parsed


def _json_object(text: str, place: int, records: list[tuple[int, Any]]) -> int:
    """Add the object that opens at `place`, or the rows listed in it; the place behind it."""
    members: dict[str, Any] = {}
    start, listed = place, False
    place = _blank(text, place + 1)
    while _expect(text, place, '"}') == '"':
        name, place = _value(text, place)
        place = _blank(text, place)
        _expect(text, place, ":")
        opened = _blank(text, place + 1)
        members[name], place = _value(text, opened)
        if name not in columns.CHATS and _is_rows(members[name]):
            lines = _elements(text, opened, _line(text, opened))
            records += [(line, value) for line, value, _ in lines]
            listed = True
        place = _blank(text, place)
        if _expect(text, place, ",}") == ",":
            place = _blank(text, place + 1)
    if not listed:
        records.append((_line(text, start), members))
    return place + 1


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) for each in value)


def _is_lines(start: str) -> bool:
    """Whether most lines hold an object each, rather than one object over many lines."""
    lines = [line.strip() for line in start[: 2**20].splitlines() if line.strip()]
    if len(lines) < 2 or lines[0].endswith("["):
        return False
    whole = sum(line.startswith("{") and line.rstrip(",").endswith("}") for line in lines)
    return whole * 2 > len(lines)


def _lines(text: str) -> Parsed:
    parsed = Parsed("jsonl")
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip("\ufeff \t\r")
        if not line:
            continue
        try:
            parsed.records.append((number, _JSON.decode(line)))
        except ValueError:
            parsed.broken.append(Broken(number, "not_json", line))
        except RecursionError:
            parsed.broken.append(Broken(number, "too_deep", line))
    return parsed


# --- tables


def _table(text: str) -> Parsed | None:
    """A table whose first row names its columns; None where there is no such row."""
    named = re.match(r"(?i)sep=(.)\r?\n", text)  # a line that Excel writes
    body = text[named.end() :] if named else text
    for separator in named.group(1) if named else _SEPARATORS:
        found = columns.roles(next(iter(_probe(body, separator)), []))
        if columns.complete(found):
            return _rows(body, separator, found, skipped=1 if named else 0)
    return None


def _rows(text: str, separator: str, found: dict[str, str], skipped: int) -> Parsed:
    parsed = Parsed("tsv" if separator == "\t" else "csv", mapping=found)
    names: list[str] = []
    for line, cells in _cells(text, separator):
        if not names:
            names = cells
        elif any(cell.strip() for cell in cells[len(names) :]):
            parsed.broken.append(Broken(line + skipped, "too_many_cells", separator.join(cells)))
        elif any(cell.strip() for cell in cells):
            parsed.records.append((line + skipped, _record(names, cells)))
    return parsed


def _record(names: list[str], cells: list[str]) -> dict[str, str]:
    record: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        record.setdefault(name, cell)
    return record


def _cells(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(first line, cells) of each record. A quotation mark that never closes is an error."""
    csv.field_size_limit(CELL_LIMIT)
    lines = io.StringIO(text if text.endswith(("\n", "\r")) else text + "\n", newline="")
    reader = csv.reader(_with_end(lines), delimiter=separator)
    line = before = 1
    try:
        for cells in reader:
            if cells == [_END]:
                return
            yield line, cells
            before, line = line, reader.line_num + 1
    except csv.Error:
        raise BadInput("csv_broken", line=line) from None
    raise BadInput("csv_open_quote", line=before)


def _with_end(lines: io.StringIO) -> Iterator[str]:
    """The lines and one more that must come out as a record of its own."""
    yield from lines
    yield _END


def _probe(text: str, separator: str) -> list[list[str]]:
    """The first records, as far as they can be read with this separator; blank ones left out."""
    cells: list[list[str]] = []
    with suppress(BadInput):
        for _, each in islice(_cells(text, separator), _PROBE):
            cells += [each] if any(cell.strip() for cell in each) else []
    return cells


def _pairs(text: str) -> Parsed:
    """Questions and answers in plain text. Raises BadInput where there are none."""
    if found := reply.read(text):
        return Parsed("pairs", [(pair.line, pair.record) for pair in found])
    for separator in _SEPARATORS:
        probe = _probe(text, separator)
        if len(probe) > 1 and min(map(len, probe)) > 1 and len(set(map(len, probe))) == 1:
            raise BadInput("columns_unknown", columns=" · ".join(probe[0])[:120])
    raise BadInput("file_no_table")
