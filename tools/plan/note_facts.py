"""Note what the person said about their idea; the Brief, where there is one, follows."""

from typing import Any, get_args

from data.errors import BadInput
from data.records import Brief, DataAtHand, Decision, Facts, Need, Route
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.plan.draft import drafted
from tools.plan.hear import beyond
from tools.plan.match import find, mend, plain
from tools.plan.merge import FIELDS, Merged, merge
from tools.plan.questions import missing, short
from tools.plan.read import read
from tools.plan.rules import holding
from tools.shared.baseline import current
from tools.shared.plan_cards import brief_card

REPEATED = ("hardware", "privacy", "output_format")
"""Stretches of the person's words that are repeated; the others stand in the aim already."""
ALLOWED = {
    "need": get_args(Need),
    "data_at_hand": get_args(DataAtHand),
    "language": ("", "zh", "en"),
}


@tool(stage="plan", leaves="Facts")
def note_facts(
    context: Context,
    aim: str = "",
    language: str = "",
    need: str = "",
    data_at_hand: str = "",
    audience: str = "",
    expected: str = "",
    hardware: str = "",
    privacy: str = "",
    style: str = "",
    output_format: str = "",
    message: str = "",
) -> Outcome:
    """Note what the person said about their idea. Give only what they said; leave the rest empty.

    aim: the wish in their own words. language: zh or en, the language the product will speak.
    need: what matters most, one of general (an ordinary job any chat model does if told well),
    manner (tone, persona), labels (fixed categories or one output form), facts (content that
    changes or must be looked up), steps (several steps or models in a row), hidden_prompt (a
    finished prompt behind one box), manner_and_facts, manner_and_steps. data_at_hand: example rows
    they have, one of none, unobtainable (none, and none can be made), few (under 12), dozens,
    hundreds (100 or more), sample (they want the shipped sample). audience: who will use it.
    expected: what makes an answer good. hardware, privacy, style, output_format: their own words on
    the machine, on what must not go out, on the manner, on the form of the output. message: their
    raw words, from which missing fields are heard. Returns the facts so far and which are still
    `missing`, in the order to ask for them; with `two_readings`, the rules read their words as
    another need than you did: ask which it is.
    """
    given = _checked(
        aim=aim, language=language, need=need, data_at_hand=data_at_hand, audience=audience,
        expected=expected, hardware=hardware, privacy=privacy, style=style,
        output_format=output_format,
    )  # fmt: skip
    before = context.project.read(Facts)
    if halt := _beyond(before, given, message):
        return _halted(context, before or Facts(), halt)
    brief = context.project.read(Brief)
    merged = merge(before or Facts(), given, message, context.language, late=brief is not None)
    if merged.facts != before:
        context.project.write(merged.facts)
    renewed = _renewed(brief, before or Facts(), merged.facts)
    if renewed and renewed != brief:
        context.project.write(renewed)
    text = _text(context, before or Facts(), merged, brief, renewed)
    card = brief_card(renewed, context.language) if renewed and renewed != brief else ""
    return Outcome(text, card, _told(merged.facts))


def _checked(**given: str) -> dict[str, str]:
    """The fields that are not empty. Raises BadInput for a word that is not allowed."""
    for name, allowed in ALLOWED.items():
        if given[name] not in allowed:
            raise BadInput("bad_argument", field=name, reason=", ".join(filter(None, allowed)))
    return {name: value.strip() for name, value in given.items() if value.strip()}


def _beyond(before: Facts | None, given: dict[str, str], message: str) -> str:
    """refuse or out_of_scope where the wish itself is neither harmless nor ours."""
    wishes = not given and (before is None or not before.aim or _changes(message))
    wish = given.get("aim", "") or (message if wishes else "")
    return beyond(wish) or (read(wish).halts if wish else "")


def _changes(message: str) -> bool:
    return bool(find("change", mend(plain(message)))) or beyond(message) == "refuse"


def _halted(context: Context, facts: Facts, why: str) -> Outcome:
    """Nothing of such a wish is kept, so the interview asks for another."""
    context.project.write(facts)
    text = say(f"plan.noted.{why}", context.language)
    return Outcome(text, facts={**_told(facts), "beyond": why})


def _renewed(brief: Brief | None, before: Facts, after: Facts) -> Brief | None:
    """The Brief with what was drafted from the old facts drafted anew; the person's own stays."""
    if brief is None or before == after:
        return brief
    old, new = drafted(before, brief.language), drafted(after, brief.language)
    said = {name for name in FIELDS if getattr(before, name) != getattr(after, name)}
    update = {
        name: getattr(new, name)
        for name in Brief.model_fields
        if name in said or getattr(brief, name) == getattr(old, name)
    }
    return brief.model_copy(update=update)


def _told(facts: Facts) -> dict[str, Any]:
    told = {"facts": facts.model_dump(), "missing": missing(facts)}
    return {**told, "two_readings": [facts.need, facts.other_need]} if facts.other_need else told


# --- words


def _text(
    context: Context, before: Facts, merged: Merged, brief: Brief | None, renewed: Brief | None
) -> str:
    language = context.language
    parts = [_default_line(merged, language)] if merged.by_default else []
    news = _news(before, merged, language)
    if news:
        parts.append(say("plan.noted.lead", language, what=_joined(news, language)))
        if not before.aim and merged.facts.aim:
            parts.append(say("plan.noted.correct_me", language))
    elif not parts:
        empty = "nothing" if before.aim or merged.facts.aim else "nothing_yet"
        parts.append(say(f"plan.noted.{'brief_nothing' if brief else empty}", language))
    if brief and renewed != brief:
        parts.append(say("plan.noted.brief_updated", language))
    if context.model and merged.facts.other_need:  # the guide asks it as its next question
        readings = (merged.facts.need, merged.facts.other_need)
        one, two = (_shown("need", each, language) for each in readings)
        parts.append(say("plan.noted.two_readings", language, one=one, two=two))
    if _road_differs(context, merged.facts):
        parts.append(say("plan.noted.decide_again", language))
    return ("" if language == "zh" else " ").join(parts)


def _news(before: Facts, merged: Merged, language: str) -> list[str]:
    names = ("aim", "need", "data_at_hand", "language", "audience", "expected", *REPEATED)
    doubted = {"need"} if merged.facts.other_need else set[str]()
    return [
        say(f"plan.noted.part.{name}", language, value=_shown(name, value, language))
        for name in names
        if (value := getattr(merged.facts, name)) != getattr(before, name)
        and value
        and name not in {*merged.by_default, *doubted}
    ]


def _default_line(merged: Merged, language: str) -> str:
    facts = merged.facts
    chosen = [_shown(name, getattr(facts, name), language) for name in merged.by_default]
    return say("plan.noted.default", language, choice=_joined(chosen, language))


def _shown(name: str, value: str, language: str) -> str:
    tables = {"need": "need_short", "data_at_hand": "data", "language": "language"}
    if name in tables:
        return say(f"plan.{tables[name]}.{value}", language)
    return short(value, language) if name == "aim" else value


def _joined(parts: list[str], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(parts)  # word list: a mark


def _road_differs(context: Context, facts: Facts) -> bool:
    """Whether a Decision was taken that the table would not advise any more."""
    decision = context.project.read(Decision)
    rule = holding(facts, current(context.project))
    return (
        decision is not None
        and rule.route is not Route.UNCLEAR
        and rule.route != (decision.overruled or decision.route)
    )
