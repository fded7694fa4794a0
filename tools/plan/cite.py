"""The stretches of a message that state a fact, word for word, by data/knowledge/cite.toml. Pure.

What is not said is not there: no value is ever made up, completed or translated.
"""

import re

from data.shelf import shelf
from tools.plan.hear import aim, audience, concept, expectations, product_language, sentences
from tools.plan.match import as_typed, find, plain, table
from tools.plan.quote import END, LONGEST, quote

NAMES = (
    "task", "language", "data_available", "data_amount", "hardware", "privacy", "style",
    "output_format", "audience", "expected",
)  # fmt: skip
CITED = ("data_available", "data_amount", "hardware", "privacy", "style", "output_format")
"""Facts that are cited by the patterns of cite.toml; the others are heard."""


def cite(text: str) -> dict[str, str | None]:
    """Each of NAMES with the message's own words, None where it says nothing about it.

    `language` is zh or en: what the product is to speak. Values are stretches of the message;
    where several are found for one name, they are joined by `; `.
    """
    said = plain(text)
    facts: dict[str, str | None] = dict.fromkeys(NAMES)
    facts["task"] = _task(text) or None
    if not concept(said):
        facts["language"] = product_language(said) or None
        facts["audience"] = audience(said, text) or None
    facts["expected"] = "; ".join(expectations(text)) or None
    for name in CITED:
        facts[name] = "; ".join(as_typed(words, text) for words in quote(name, said)) or None
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
