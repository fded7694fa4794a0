"""The questions of the interview: at most three at once, never one that was answered, and only what
would change the Decision or what it will be judged by. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from data.records import Facts
from data.say import say, words
from tools.plan.draft import END
from tools.plan.match import table

ORDER = ("aim", "need", "data_at_hand", "audience", "expected")
FREE = ("aim", "audience", "expected")
"""Fields that any words may answer; for the others they must mean one of the options."""
MOST = 3
"""Questions of one turn."""
TAUGHT = ("manner", "labels", "manner_and_facts", "manner_and_steps")
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


def next_questions(facts: Facts, language: str) -> list[Question]:
    """What to ask in this turn; empty where all that would change the Decision is known.

    What depends on an open answer waits for it: the aim first, then the need. Of questions in free
    words only one is asked at a time, or nobody could tell which one an answer is for.
    """
    open_ = missing(facts)
    alone = [name for name in open_ if name in ("aim", "need")]
    free = [name for name in open_ if name in FREE]
    asked = alone[:1] or [name for name in open_ if name not in free[1:]]
    return [question(name, facts, language) for name in asked[:MOST]]


def missing(facts: Facts) -> list[str]:
    """Fields that are still to be asked, in order.

    Rows at hand matter where something is to be taught; who uses it decides between a prompt for
    oneself and one behind a box. Elsewhere both are drafted, to be corrected in the Brief.
    """
    skipped = {"data_at_hand"} if facts.need not in TAUGHT else set[str]()
    skipped |= {"audience"} if facts.need != "general" else set()
    return [name for name in ORDER if _open(facts, name) and name not in skipped]


def _open(facts: Facts, name: str) -> bool:
    return not getattr(facts, name) or (name == "need" and bool(facts.other_need))


def question(name: str, facts: Facts, language: str) -> Question:
    """The question that fills a field."""
    key = "either" if name == "need" and facts.other_need else name
    text = say(f"plan.ask.{key}", language, aim=short(facts.aim, language))
    return Question(name, text, _options(name, facts, language), _default(name))


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
    if name == "need" and facts.other_need:
        both = (facts.need, facts.other_need)
        return tuple((need, say(f"plan.need_short.{need}", language)) for need in both)
    if name in ("need", "data_at_hand"):
        labelled: dict[str, Any] = words("plan.need" if name == "need" else "plan.data", language)
        return tuple((value, label) for value, label in labelled.items())
    if name == "expected":
        labels = words(f"plan.options.expected.{facts.need or 'general'}", language)
    else:
        labels = words(f"plan.options.{name}", language)
    return tuple((label, label) for label in labels)


def _default(name: str) -> int:
    """The safest answer: the cheapest road, no rows yet rather than some, anyone as its user."""
    defaults = {"audience": 3}
    return defaults.get(name, 0)
