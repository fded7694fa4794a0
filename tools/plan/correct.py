"""One word put in the place of another, as in `not grandma, grandpa`. Pure.

An ordinary sentence must not change an idea: words are exchanged only where the old one was said
before, and while a question in free words is open, only people, or what is said to be a change.
"""

import re

from data.records import Facts
from tools.plan.draft import who
from tools.plan.match import as_typed, plain, table
from tools.plan.questions import missing

FIELDS = ("aim", "audience", "expected")
LONGEST = 60
"""Characters; a longer message tells something and is not read as a correction."""


def corrected(facts: Facts, message: str) -> Facts | None:
    """The facts with the words exchanged; None where the message corrects nothing that was said."""
    said = plain(message)
    if len(said) > LONGEST or "\n" in said:
        return None
    answering = missing(facts)[:1] in (["audience"], ["expected"])
    for pattern in table("correct")["patterns"]:
        match = re.search(pattern, said)
        if match is None:
            continue
        caught = match.groupdict()
        old, new = caught.get("old") or "", _bare(as_typed(match["new"], message))
        surely = bool(caught.get("surely"))
        words = _meant(old, new, facts, answering and not surely, surely)
        if words and (changed := _exchanged(facts, words, new)):
            return facts.model_copy(update=changed)
    return None


def _meant(old: str, new: str, facts: Facts, answering: bool, surely: bool) -> list[str]:
    """Words that may stand in the facts for `old`; where it was not named, another of new's kin."""
    kin = table("kin")
    old = _bare(old)
    named = new not in kin["words"] and re.fullmatch(table("correct")["name"], new)
    if not old and surely and named:
        old = who(facts.aim)
    if not old and new in kin["words"] and not answering:
        there = [word for word in kin["words"] if _place([word]).search(facts.aim)]
        old = max(there, key=len, default="")
    if old in kin["words"] and new in kin["words"]:
        return [old, *(word for group in kin["same"] if old in group for word in group)]
    # `not too long, short` is a criterion, `not customers anymore` a sigh.
    loose = any(re.fullmatch(table("correct")["never"], word) for word in (old, new))
    return [old] if old and not answering and not loose else []


def _exchanged(facts: Facts, words: list[str], new: str) -> dict[str, str]:
    place = _place(words)
    texts = {name: getattr(facts, name) for name in FIELDS}
    return {
        name: place.sub(lambda _: new, text) for name, text in texts.items() if place.search(text)
    }


def _bare(word: str) -> str:
    return re.sub(table("who")["own"], "", word.strip(), flags=re.IGNORECASE)


def _place(words: list[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    parts = [
        rf"(?<![a-z]){re.escape(w)}(?![a-z])" if w.isascii() else re.escape(w)
        for w in longest_first
    ]
    return re.compile("|".join(parts), re.IGNORECASE)
