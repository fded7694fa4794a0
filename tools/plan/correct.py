"""One word put in the place of another, as in `not grandma, grandpa`. Pure."""

import re
from typing import Any

from data.records import Facts
from tools.plan.match import as_typed, plain, table

FIELDS = ("aim", "audience", "expected")


def corrected(facts: Facts, message: str) -> Facts | None:
    """The facts with the words exchanged; None where the message corrects nothing that was said."""
    said = plain(message)
    for pattern in table("correct")["patterns"]:
        match = re.search(pattern, said)
        if match is None:
            continue
        new = as_typed(match["new"], message)
        for old in _meant(match.groupdict().get("old") or "", new, facts):
            if changed := _exchanged(facts, old, new):
                return facts.model_copy(update=changed)
    return None


def _meant(old: str, new: str, facts: Facts) -> list[str]:
    """Words that may stand in the facts for `old`; where it was not named, another of new's kin."""
    kin = table("kin")
    if old:
        return [old, *(word for group in kin["same"] if old in group for word in group)]
    if _bare(new) not in kin["words"]:
        return []
    there = [word for word in kin["words"] if _place(word).search(facts.aim)]
    return sorted(there, key=len, reverse=True)[:1]


def _exchanged(facts: Facts, old: str, new: str) -> dict[str, Any]:
    # `grandma` stands in `my grandma`: only the bare word is taken, so that nothing stands twice.
    word = re.compile(_place(_bare(old)).pattern, re.IGNORECASE)
    texts = {name: getattr(facts, name) for name in FIELDS}
    return {
        name: word.sub(lambda _: _bare(new), text)
        for name, text in texts.items()
        if _bare(old) and word.search(text)
    }


def _bare(word: str) -> str:
    return re.sub(table("who")["own"], "", word.strip(), flags=re.IGNORECASE)


def _place(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    bounded = rf"(?<![a-z]){escaped}(?![a-z])" if word.isascii() else escaped
    return re.compile(bounded, re.IGNORECASE)
