"""Every sentence a person reads, by key and language, from words/<language>/<file>.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, cast

LANGUAGES = ("zh", "en")
_WORDS = Path(__file__).parent / "words"


def say(key: str, language: str, /, **values: object) -> str:
    """The sentence `file.table.name` in a language, with {values} filled in.

    Values may come from a person or a file: they are only ever inserted, never read as a template.
    Raises KeyError for a key that no file has.
    """
    entry = _find(key, language)
    if not isinstance(entry, str):
        raise KeyError(key)
    return entry.format_map(values) if values else entry


def words(key: str, language: str) -> Any:
    """The raw entry behind a key: a list of options, a table. Raises KeyError."""
    entry = _find(key, language)
    if entry is None:
        raise KeyError(key)
    return entry


def has(key: str, language: str = "en") -> bool:
    """Whether a key exists."""
    return _find(key, language) is not None


def duration(seconds: float, language: str) -> str:
    """Seconds, minutes or hours, as a person says them."""
    if seconds < 90:
        return say("time.seconds", language, n=max(2, round(seconds)))
    if seconds < 5400:
        return say("time.minutes", language, n=round(seconds / 60))
    return say("time.hours", language, n=f"{seconds / 3600:.1f}")


def time_left(seconds: float | None, language: str) -> str:
    """How long something still takes, or that this is not known yet."""
    if seconds is None:
        return say("time.unknown", language)
    return say("time.left", language, time=duration(seconds, language))


def other(language: str) -> str:
    """The other of the two languages."""
    return "en" if language == "zh" else "zh"


def _find(key: str, language: str) -> Any:
    file, *path = key.split(".")
    entry: Any = _load(language if language in LANGUAGES else "en", file)
    for name in path:
        entry = cast(dict[str, Any], entry).get(name) if isinstance(entry, dict) else None
    return entry


@cache
def _load(language: str, file: str) -> dict[str, Any]:
    path = _WORDS / language / f"{file}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
