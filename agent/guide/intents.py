"""What a short message wants, by the phrases of data/knowledge/intents.toml. Never guesses."""

import re
from typing import Any

from data.shelf import shelf

LONGEST = 60
"""Characters; a longer message tells something and is not read as a command."""


def intent(text: str) -> str:
    """The name of a table of intents.toml, such as next, why or back; else an empty string."""
    said = _plain(text)
    if not said or len(said) > LONGEST:
        return ""
    found = [
        (len(phrase), name)
        for name, entry in _phrases().items()
        for phrase in _matching(said, entry)
    ]
    return max(found)[1] if found else ""


def whole(text: str, name: str) -> bool:
    """Whether a message is an intent and nothing else, or a question."""
    said = _plain(text)
    return said.rstrip("。.!！~～ ") in _phrases()[name]["whole"] or said.endswith(("?", "？"))


def holds_back(text: str) -> bool:
    """Whether a message says no, not yet, or asks: what it names is then not to be done."""
    return _fits("hesitation", text)


def asks(text: str) -> bool:
    """Whether a message is put as a question."""
    return _fits("asking", text)


def verdict(text: str) -> bool | None:
    """Whether plain words say that an answer passes, or fails; None where they say neither."""
    said = [name for name in ("passes", "fails") if _fits(name, text)]
    return said[0] == "passes" if said else None


def is_row(text: str) -> bool:
    """Whether a line is a question and its answer, both labelled."""
    return _fits("row", text)


def inside(part: str, text: str) -> bool:
    """Whether a phrase stands in a text; of English only whole words count."""
    phrase, said = _plain(part).strip("。.!！?？ "), _plain(text)
    return bool(phrase) and _inside(phrase, said)


def without_fillers(text: str) -> str:
    """A message without the words that only wrap what it names: `just use … please`."""
    return re.sub(_phrases()["filler"]["pattern"], " ", _plain(text)).strip()


def shown_thing(text: str) -> str:
    """Which part of the project a message names: brief, decision, dataset, plan, curve …"""
    said = _plain(text)
    for name, entry in _phrases()["what"].items():
        if any(_inside(phrase, said) for phrase in entry["has"]):
            return name
    return ""


def term(text: str) -> str:
    """The term, or two, that a message asks about: what is left without the asking words."""
    said = _plain(text)
    asking = (
        phrase for name in ("explain", "differ", "which") for phrase in _phrases()[name]["has"]
    )
    for phrase in sorted(asking, key=len, reverse=True):
        said = said.replace(phrase, " ")
    return re.sub(r"\b(a|an|the|mean)\b|[?？。.!！,，\"“”「」吗呢啊]", " ", said).strip()


def numbers(text: str) -> dict[str, Any]:
    """Plan numbers named in a message, such as `5 epochs`, `rank 16`, `学习率 0.0005`."""
    said, found = _plain(text), {}
    for name, pattern in _NUMBERS.items():
        if match := pattern.search(said):
            value = next(group for group in match.groups() if group)
            found[name] = float(value) if name == "learning_rate" else int(value)
    return found


_NUMBERS = {
    "epochs": re.compile(
        r"(\d{1,3})\s*(?:epochs?|rounds?|轮)|(?:epochs?|训练轮数|轮数)\D{0,4}(\d{1,3})"
    ),
    "learning_rate": re.compile(
        r"(?:learning rate|\blr|学习率)\D{0,4}(\d*\.\d+(?:e-?\d+)?|\d+e-\d+)"
    ),
    "rank": re.compile(r"(?:\brank|秩|\br)\s*(?:=|:|：|to|改成|为|是|到)?\s*(\d{1,3})\b"),
    "batch_rows": re.compile(r"(?:batch(?: size)?|批大小|每批)\D{0,4}(\d{1,3})"),
}


def _fits(name: str, text: str) -> bool:
    return re.search(_phrases()[name]["pattern"], _plain(text)) is not None


def _matching(said: str, entry: dict[str, list[str]]) -> list[str]:
    bare = said.rstrip("。.!！?？~～ ")
    whole = [p for p in entry.get("whole", []) if p in (said, bare)]
    return whole + [p for p in entry.get("has", []) if _inside(p, said)]


def _inside(phrase: str, said: str) -> bool:
    if phrase.isascii():  # English words must stand alone: "base" is not in "database"
        return re.search(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", said) is not None
    return phrase in said


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _phrases() -> dict[str, Any]:
    return shelf("knowledge/intents")
