"""The stretches of a message that state a fact, word for word, by data/knowledge/cite.toml. Pure.

What is not said is not there: no value is ever made up, completed or translated.
"""

import re
from functools import cache
from typing import Any

from data.shelf import shelf
from tools.plan.hear import aim, expectations, hear, sentences
from tools.plan.match import as_typed, find, plain, table

NAMES = (
    "task", "language", "data_available", "data_amount", "hardware", "privacy", "style",
    "output_format", "audience", "expected",
)  # fmt: skip
CITED = ("data_available", "data_amount", "hardware", "privacy", "style", "output_format")
"""Facts that are cited by the patterns of cite.toml; the others are heard."""
LONGEST = 120
"""Characters of a cited stretch."""
END = " ,.;!?，。；！？、~～"  # word list: marks


def cite(text: str) -> dict[str, str | None]:
    """Each of NAMES with the message's own words, None where it says nothing about it.

    `language` is zh or en: what the product is to speak. Values are stretches of the message;
    where several are found for one name, they are joined by `; `.
    """
    said, heard = plain(text), hear(text, "en")
    facts: dict[str, str | None] = dict.fromkeys(NAMES)
    facts["task"] = _task(text) or None
    facts["language"] = heard.get("language")
    facts["audience"] = heard.get("audience")
    facts["expected"] = "; ".join(expectations(text)) or None
    for name in CITED:
        facts[name] = "; ".join(as_typed(words, text) for words in _found(name, said)) or None
    return facts


def _task(text: str) -> str:
    """The wish without `I want to make`: of several sentences the first one that wishes."""
    if not aim(text):
        return ""
    parts = sentences(text)
    wishing = [each for each in parts if find("wish", plain(each)) and aim(each)]
    words = (wishing or [each for each in parts if aim(each)] or [text])[0]
    words = re.sub(table("lead")["pattern"], "", words, flags=re.IGNORECASE).strip(END) or words
    ends = [end.start() for end in re.finditer(table("lead")["end"], words[:LONGEST])]
    return words if len(words) <= LONGEST else words[: max(ends, default=LONGEST)].strip(END)


def must_stay(privacy: str) -> bool:
    """Whether a cited stretch on privacy keeps data in, rather than saying that it may go out."""
    return re.search(shelf("knowledge/cite")["may_leave"]["pattern"], plain(privacy)) is None


def _found(name: str, said: str) -> list[str]:
    """The stretches for a name in the order of the text; what lies within another is left out."""
    entry: dict[str, Any] = shelf("knowledge/cite")[name]
    for pattern in entry.get("ignore", ()):
        said = re.sub(pattern, lambda seen: " " * len(seen[0]), said)
    spans = sorted({_span(found) for found in _pattern(name).finditer(said)})
    kept = [s for s in spans if not any(s != o and o[0] <= s[0] and s[1] <= o[1] for o in spans)]
    words = [said[start:end].strip(END)[:LONGEST] for start, end in kept]
    return list(dict.fromkeys(filter(None, words)))


def _span(found: re.Match[str]) -> tuple[int, int]:
    """Of a match, the group named `fact` if the pattern has one."""
    named = next((name for name, text in found.groupdict().items() if text), None)
    return found.span(named) if named else found.span()


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """All patterns of a name as one; groups called fact get a number, for a name stands once."""
    numbered = [
        pattern.replace("(?P<fact>", f"(?P<fact{number}>")
        for number, pattern in enumerate(shelf("knowledge/cite")[name]["patterns"])
    ]
    return re.compile("|".join(f"(?:{pattern})" for pattern in numbered))
