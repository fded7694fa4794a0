"""Finds the phrases of data/knowledge/hear.toml in a text, small typing slips mended. Pure.

It knows phrases and where they stand, nothing of what they mean.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from data.shelf import shelf

LONGEST = 6000
"""Characters that are listened to; a wish stands in the first pages or nowhere."""
SLIP_FROM, SWAP_FROM = 7, 5
"""Letters from which a word may differ by one letter, and from which two letters may be swapped.
Shorter words have too many neighbours: `tune` is one letter from `tone`."""


@dataclass(frozen=True)
class Found:
    """A phrase and where it stands in the plain text."""

    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """The text in lower case, one kind of width, quote and space."""
    return re.sub(r"[^\S\n]+", " ", _even(text[:LONGEST])[:LONGEST]).strip()


def _even(text: str) -> str:
    even = unicodedata.normalize("NFKC", text).lower()
    even = re.sub("[\u2018\u2019\u00b4`]", "'", even)
    return re.sub(r"[^\S\n]", " ", even)


def mend(text: str) -> str:
    """A plain text whose long English words are put right where one letter or one swap is off."""
    return re.sub(rf"[a-z]{{{SWAP_FROM},}}", lambda word: _mended(word[0]), text)


def find(name: str, text: str) -> list[Found]:
    """Where the phrases of an entry stand in a plain text; those that are denied are left out."""
    entry = table(name)
    if (unless := entry.get("unless")) and _one(unless).search(text):
        return []
    for pattern in entry.get("ignore", ()):
        text = _one(pattern).sub(lambda seen: " " * len(seen[0]), text)
    found = [Found(m[0], m.start(), m.end()) for m in _whole(name).finditer(text) if m[0].strip()]
    return [each for each in found if not _denied(text[: each.start])]


def groups(name: str, text: str) -> Iterator[str]:
    """What the patterns of an entry caught under `who`, in the order of the text."""
    caught = [m for p in table(name)["patterns"] for m in _one(p).finditer(text)]
    yield from (m["who"].strip() for m in sorted(caught, key=lambda m: m.start()))


def as_typed(words: str, text: str) -> str:
    """Words of the plain text as the person typed them: capitals, widths, quotes and spaces."""
    even, places = [], []
    for place, sign in enumerate(text[:LONGEST]):
        for part in _even(sign):
            if part == " " and (not even or even[-1] == " "):
                continue
            even.append(part)
            places.append(place)
    at = "".join(even).find(words)
    return text[places[at] : places[at + len(words) - 1] + 1] if at >= 0 else words


def any_of(words: list[str], text: str) -> bool:
    """Whether one of the words stands in a plain text."""
    return any(re.search(_phrase(word), text) for word in words)


def table(name: str) -> dict[str, Any]:
    """An entry of hear.toml by its dotted name."""
    entry: Any = shelf("knowledge/hear")
    for part in name.split("."):
        entry = entry[part]
    return entry


@cache
def _whole(name: str) -> re.Pattern[str]:
    entry = table(name)
    words = sorted(entry.get("words", ()), key=len, reverse=True)
    parts = [*entry.get("patterns", ()), *(_phrase(word) for word in words)]
    return re.compile("|".join(f"(?:{part})" for part in parts))


def _phrase(word: str) -> str:
    """An English phrase stands alone and may be a plural; a Chinese one may stand anywhere."""
    escaped = re.escape(word).replace(r"\ ", r"\s+")
    return rf"(?<![a-z0-9]){escaped}s?(?![a-z0-9])" if word.isascii() else escaped


def _denied(before: str) -> bool:
    """Whether what stands right before a phrase takes it away, as in `not the tone`."""
    near, rule = before[-24:], table("negation")
    return bool(_one(rule["before"]).search(near)) and not _one(rule["unless"]).search(near)


@cache
def _one(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# --- typing slips


def _mended(word: str) -> str:
    known, shorter, sorted_letters = _vocabulary()
    if word in known or word.removesuffix("s") in known:
        return word
    if word in table("vague")["english"].split():
        return word
    swapped = sorted_letters.get("".join(sorted(word)))
    if swapped and swapped[0] == word[0]:
        return swapped
    if len(word) < SLIP_FROM - 1:
        return word
    for short in (word, *_one_less(word)):
        near = shorter.get(short, "")
        if near and near[0] == word[0] and abs(len(near) - len(word)) <= 1:
            return near
    return word


@cache
def _vocabulary() -> tuple[frozenset[str], dict[str, str], dict[str, str]]:
    """Words of all phrases; the long ones by each spelling a letter short; all by letters."""
    known = frozenset(w for w in _words_in(shelf("knowledge/hear")) if len(w) >= SWAP_FROM)
    long = sorted(word for word in known if len(word) >= SLIP_FROM)
    shorter = {short: word for word in long for short in (word, *_one_less(word))}
    return known, shorter, {"".join(sorted(word)): word for word in sorted(known)}


def _words_in(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key not in ("patterns", "unless", "ignore", "context", "before", "duty"):
                yield from _words_in(value)
    elif isinstance(entry, list):
        for phrase in entry:
            yield from re.findall(r"[a-z]+", phrase) if isinstance(phrase, str) else ()


def _one_less(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
