"""Joins what was said before with what is said now; the person's last clear word wins. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

from data.records import Facts
from tools.plan.cite import CITED, cite
from tools.plan.correct import corrected
from tools.plan.count import data_at_hand
from tools.plan.hear import hear, hear_amount, hear_answer
from tools.plan.match import find, mend, plain, table
from tools.plan.questions import next_questions, question
from tools.plan.read import SURE, read
from tools.plan.rules import route_of

FIELDS = tuple(Facts.model_fields)
TOLD = ("need", "data_at_hand", "language")
"""Fields that a message fills by what it tells, whichever question is open."""
SHORT = 24
"""Characters up to which a message that tells of data tells of nothing else."""
LONGEST = 400
"""Characters of a field that is kept in free words."""


@dataclass(frozen=True)
class Merged:
    """The new Facts, and the field where the choice was left to us."""

    facts: Facts
    by_default: tuple[str, ...] = field(default=())


def merge(
    before: Facts, given: dict[str, str], message: str, language: str, *, late: bool
) -> Merged:
    """`given` wins over what is heard in `message`; `late` once there is a Brief to correct."""
    if (exchanged := corrected(before, message)) is not None:
        given = {name: value for name, value in _plainly(given).items() if value != message.strip()}
        return Merged(Facts.model_validate({**exchanged.model_dump(), **given}))
    heard = {**_cited(message), **hear(message, language)} if message else {}
    other = _other_aim(before, heard, message)
    if other:  # typed as an answer or not, it takes the question back with the idea
        given = {name: value for name, value in given.items() if value.strip() != message.strip()}
    asked = () if other else tuple(each.id for each in next_questions(before, language))
    chosen = _chosen(before, _plainly(given), message, heard, asked, language)
    if other or not before.aim:
        heard |= _understood(message, chosen.given, heard)
    said = {name: heard[name] for name in FIELDS if name in heard and name not in chosen.given}
    said = {**_answered(message, asked, {**said, **chosen.given}), **said}
    if other:
        before = Facts(language=before.language)
    elif message and not chosen.given:
        said = _kept(before, said, bool(heard.get("changed")) or late)
    else:
        said = {name: value for name, value in said.items() if not getattr(before, name)}
    defaulted = chosen.by_default
    if "default" in said.values():
        said, defaulted = _by_default(before, said, asked, language)
    if before.other_need and {"need"} & {*said, *chosen.given}:
        said["other_need"] = ""  # the person has said which
    facts = before.model_copy(update={**said, **chosen.given})
    return Merged(Facts.model_validate(facts.model_dump()), defaulted)


def _cited(message: str) -> dict[str, str]:
    facts = cite(message)
    return {name: value for name in CITED if (value := facts[name])}


def _understood(message: str, given: dict[str, str], heard: dict[str, Any]) -> dict[str, str]:
    """The need of a new idea where no words tell it, and a second one where it may be another.

    Whoever gave the need, a chat model or the word lists: what the classifier is sure of otherwise
    is not settled in silence.
    """
    idea = message or given.get("aim", "")
    if not idea or not ("aim" in heard or "aim" in given):
        return {}
    reading, need = read(idea), given.get("need") or str(heard.get("need", ""))
    if not need and reading.sure:
        return {"need": reading.need}
    if not need:
        return {"need": reading.need, "other_need": reading.other_need} if reading.other else {}
    at_hand = given.get("data_at_hand") or str(heard.get("data_at_hand", ""))
    agrees = route_of(need, at_hand) in (reading.route, reading.other)
    another = reading.need not in ("", need)
    if another and reading.share >= SURE and not agrees:
        return {"need": need, "other_need": reading.need}
    return {"need": need}


@dataclass(frozen=True)
class _Chosen:
    given: dict[str, str]
    by_default: tuple[str, ...] = ()


def _plainly(given: dict[str, str]) -> dict[str, str]:
    return {name: " ".join(value.split())[:LONGEST] for name, value in given.items()}


def _chosen(
    before: Facts,
    given: dict[str, str],
    message: str,
    heard: dict[str, Any],
    asked: tuple[str, ...],
    language: str,
) -> _Chosen:
    """Fields as given; a typed answer that is the whole message is heard rather than copied."""
    result, defaulted = dict(given), []
    whole = " ".join(message.split())[:LONGEST]
    aside = _aside(message, heard)
    for name, value in given.items():
        if value != whole or not whole:
            continue
        beside = len(asked) > 1 and bool(_answered(message, asked, {**heard, name: value}))
        if aside and name in ("audience", "expected"):
            del result[name]
            continue
        if name in heard and (name in ("aim", "audience") or len(asked) > 1):
            result[name] = heard[name]
        elif beside or (len(asked) > 1 and "data_at_hand" in heard):
            del result[name]  # it answers the other question, and this one with what is left
            if rest := _without_counts(message):
                result[name] = rest
        elif hear_answer(message, name).get(name) == "default" and name != "aim":
            result[name] = _default(name, before, language)
            defaulted.append(name)
        elif name == "aim" and name not in heard:
            del result[name]  # a greeting or a question about a word is no aim
    return _Chosen(result, tuple(defaulted))


def _without_counts(message: str) -> str:
    """The clauses of an answer that say nothing of how many rows there are."""
    clauses = [each.strip() for each in re.split(r"[\n，。;；!！]|,(?!\d)|\.\s", message)]
    if len(clauses) < 2:
        return ""
    return ", ".join(c for c in clauses if c and not _counts(c))


def _counts(clause: str) -> bool:
    """Whether a clause says how many rows there are, as `about forty` and `none yet` do."""
    return bool(hear_amount(clause) or data_at_hand(plain(clause)))


def _aside(message: str, heard: dict[str, Any]) -> bool:
    """Whether a message answers another question than the open one: `no, I have five`."""
    mends = re.match(table("took_back")["pattern"], plain(message)) is not None
    only_data = set(heard) - {"aim", *CITED} == {"data_at_hand"} and len(message) <= SHORT
    return only_data or (mends and bool(set(TOLD) & set(heard)))


def _answered(message: str, asked: tuple[str, ...], said: dict[str, Any]) -> dict[str, str]:
    """What a short message answers to the open questions that it told nothing about itself."""
    answers: dict[str, str] = {}
    for name in asked:
        if not message or name == "aim" or name in said:
            continue
        if name == "data_at_hand" and len(asked) > 1 and (amount := hear_amount(message)):
            answers[name] = amount
        elif len(asked) == 1 or hear_answer(message, name).get(name) == "default":
            answers |= hear_answer(message, name)
    return answers


def other_aim(before: Facts, message: str, language: str) -> bool:
    """Whether a message takes the idea back and names another."""
    return _other_aim(before, hear(message, language), message)


def _other_aim(before: Facts, heard: dict[str, Any], message: str) -> bool:
    said = mend(plain(message))
    half_said = re.match(table("restart")["mind"], said) and heard.get("need")
    taken_back = bool(heard.get("changed")) and bool(find("new_aim", said) or half_said)
    return bool(before.aim) and "aim" in heard and taken_back


def _kept(before: Facts, said: dict[str, Any], corrects: bool) -> dict[str, Any]:
    """Which heard fields may replace what was there."""
    kept: dict[str, Any] = {}
    for name, value in said.items():
        old = getattr(before, name)
        if not old or name in ("language", "data_at_hand"):
            kept[name] = value
        elif name == "need":
            kept[name] = value if corrects else _both(old, value)
        elif name != "aim" and corrects:
            kept[name] = value
    return kept


def _both(old: str, new: str) -> str:
    return "manner_and_facts" if {old, new} == {"manner", "facts"} else old


def _by_default(
    before: Facts, said: dict[str, Any], asked: tuple[str, ...], language: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    rest = {name: value for name, value in said.items() if value != "default"}
    if rest:
        return rest, ()  # something was said after all
    return {name: _default(name, before, language) for name in asked}, asked


def _default(name: str, before: Facts, language: str) -> str:
    asked = question(name, before, language)
    return asked.options[asked.default][0]
