"""Writing files so that a reader finds the old content or the new one, never a half."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import DiskFull


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write beside, flush to disk, rename over. Raises DiskFull; the old file stays then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    payload = content.encode("utf-8") if isinstance(content, str) else content
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(payload)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise DiskFull.or_same(error, path.parent) from error


def write_json(path: Path, value: Any) -> None:
    """`write_atomically` for one JSON document, indented for human eyes."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any | None:
    """The JSON document in a file, or None where there is no such file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """All rows as JSON Lines, atomically."""
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def append_line(path: Path, row: dict[str, Any]) -> None:
    """Add one JSON line in a single write, so that a reader beside us never sees two halves."""
    line = json.dumps(row, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as stream:
            stream.write(line.encode("utf-8"))
    except OSError as error:
        raise DiskFull.or_same(error, path.parent) from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSON Lines file; a line that a killed writer left torn is passed over."""
    return list(_sound_lines(path)) if path.exists() else []


def _sound_lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().split(b"\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
