"""The decision table of data/knowledge/decide.toml over the Facts. Pure.

It is the same with and without a chat model.
"""

from dataclasses import dataclass

from data.records import Baseline, Facts, Route
from data.shelf import shelf
from tools.plan.hear import beyond


@dataclass(frozen=True)
class Rule:
    """The row of the table that fits, and the route it advises."""

    name: str
    """Key of its words below plan.decide."""
    route: Route


ROADS = (Route.PROMPT, Route.WORKFLOW, Route.LOOKUP, Route.FINETUNE, Route.BOTH)
"""Routes that lead somewhere; a person may choose among them."""
HALTS = (Route.REFUSE, Route.OUT_OF_SCOPE)
OPEN = Rule("open", Route.UNCLEAR)
"""What holds while the one fact is missing that decides the road."""
MEASURED = Rule("measured", Route.PROMPT)
"""What holds once the prompt alone has passed enough of the person's own cases: what it does
already needs no training."""


def holding(facts: Facts, baseline: Baseline | None) -> Rule:
    """The rule that decides: the table's, or the measured one where a prompt alone does it.

    A prompt that is to be hidden stays a prompt to hide, however well it does.
    """
    rule = advised(facts) or OPEN
    settled = rule.route not in ROADS or rule.route is Route.PROMPT or rule.name == "hidden_prompt"
    return MEASURED if baseline and baseline.enough and not settled else rule


def route_of(need: str, data_at_hand: str) -> Route | None:
    """The route that the table gives for a need and the rows at hand; None without a need."""
    rule = _fitting(need, data_at_hand)
    return rule.route if rule else None


def advised(facts: Facts) -> Rule | None:
    """The first rule that fits; None while the need is not known, or may be another."""
    if halt := beyond(f"{facts.aim}\n{facts.expected}"):
        return Rule(halt, Route(halt))
    if facts.other_need:
        return None
    return _fitting(facts.need, facts.data_at_hand)


def rule_for(route: Route, need: str) -> Rule:
    """The rule whose words explain a route that was read rather than worked out from facts."""
    for row in shelf("knowledge/decide")["rules"]:
        if row["route"] == route and need in row["need"]:
            return Rule(row["name"], route)
    return OPEN if route is Route.UNCLEAR else Rule(route.value, route)


def _fitting(need: str, data_at_hand: str) -> Rule | None:
    for row in shelf("knowledge/decide")["rules"]:
        needs, data = row["need"], row["data"]
        if need in needs and (not data or data_at_hand in data):
            return Rule(row["name"], Route(row["route"]))
    return None
