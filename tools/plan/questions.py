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
WIDEST = 46
"""Columns of the aim that a question repeats; a Chinese sign takes two."""


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
    fits = _fitting(aim)
    if fits == aim:
        return aim
    ends = [found.start() for found in re.finditer(table("lead")["end"], fits)]
    if ends and 2 * ends[-1] >= len(fits):
        return fits[: ends[-1]].strip(END)
    whole = re.sub(r"[a-z]+$", "", fits, flags=re.IGNORECASE) or fits  # no half English word
    return say("plan.clipped", language, text=whole.strip(END))


def _fitting(text: str) -> str:
    width = 0
    for at, sign in enumerate(text):
        width += 1 if sign.isascii() else 2
        if width > WIDEST:
            return text[:at]
    return text


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
