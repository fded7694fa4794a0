"""The next question of the interview: at most five in all, never one that was answered. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from data.records import Facts
from data.say import say, words
from tools.plan.draft import END
from tools.plan.match import table

ORDER = ("aim", "need", "data_at_hand", "audience", "expected")
TAUGHT = ("", "manner", "labels", "manner_and_facts")
"""Needs that examples would be trained for; for the others, rows at hand change nothing."""
LONGEST = {"zh": 22, "en": 48}
"""Characters of the aim that a question repeats."""


@dataclass(frozen=True)
class Question:
    """One thing to ask, with answers to press; free words are always welcome."""

    id: str
    """The Facts field that it fills."""
    text: str
    options: tuple[tuple[str, str], ...] = ()
    """(value for the field, label)."""
    default: int = 0
    """Index of the option that is taken where the person leaves it to us."""
    free: bool = True
    """Whether any words may answer; False where they must mean one of the options."""


def next_question(facts: Facts, language: str) -> Question | None:
    """What to ask next; None where all that would change the Brief or the Decision is known."""
    open_ = missing(facts)
    return question(open_[0], facts, language) if open_ else None


def missing(facts: Facts) -> list[str]:
    """Fields that are still to be asked, in order."""
    skipped = () if facts.need in TAUGHT else ("data_at_hand",)
    return [name for name in ORDER if not getattr(facts, name) and name not in skipped]


def question(name: str, facts: Facts, language: str) -> Question:
    """The question that fills a field."""
    text = say(f"plan.ask.{name}", language, aim=short(facts.aim, language))
    free = name in ("aim", "audience", "expected")
    return Question(name, text, _options(name, facts, language), _default(name), free)


def short(aim: str, language: str) -> str:
    """An aim as it fits into a sentence: without `I want to make`, cut where a clause ends."""
    aim = " ".join(aim.split()).strip(END)
    aim = re.sub(table("lead")["pattern"], "", aim, flags=re.IGNORECASE) or aim
    limit = LONGEST["zh" if language == "zh" else "en"]
    if len(aim) <= limit:
        return aim
    clause = re.split(table("lead")["end"], aim[:limit])[0]
    if limit // 3 <= len(clause) < limit:
        return clause.strip(END)
    cut = aim[:limit] if language == "zh" else aim[:limit].rsplit(" ", 1)[0]
    return say("plan.clipped", language, text=cut.strip(END))


def _options(name: str, facts: Facts, language: str) -> tuple[tuple[str, str], ...]:
    if name in ("need", "data_at_hand"):
        labelled: dict[str, Any] = words("plan.need" if name == "need" else "plan.data", language)
        return tuple((value, label) for value, label in labelled.items())
    if name == "expected":
        labels = words(f"plan.options.expected.{facts.need or 'general'}", language)
    else:
        labels = words(f"plan.options.{name}", language)
    return tuple((label, label) for label in labels)


def _default(name: str) -> int:
    """The safest answer: no rows yet rather than some; anyone rather than only me."""
    defaults = {"audience": 3}
    return defaults.get(name, 0)
