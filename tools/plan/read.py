"""Reads what a first message wants: the classifier's shares, held against the decision table. Pure.

Where the two point at different routes, both readings are kept, for the person to choose.
"""

from dataclasses import dataclass

from data.records import Route
from tools.plan.classify import classify
from tools.plan.count import data_at_hand
from tools.plan.hear import beyond, need, wards_off
from tools.plan.match import find, mend, plain
from tools.plan.rules import route_of

SURE = 0.5
"""Share from which a route is taken without asking."""
DOUBT = 0.25
"""Share from which another route is worth a question."""
HARM = 0.05
"""Share of `refuse` from which the phrases of harm in hear.toml are believed."""
HALT = 0.75
"""Share from which a wish is declined: nobody is turned away on a hunch."""
TALK = (Route.UNCLEAR, Route.REFUSE, Route.OUT_OF_SCOPE, Route.CONCEPT, Route.WHAT_NEXT)
"""Routes that no need leads to."""


@dataclass(frozen=True)
class Reading:
    """What a message was understood as."""

    route: Route
    share: float
    """The classifier's probability of the route, 0..1."""
    need: str = ""
    """The need of Facts that leads to this route; empty for those that no need leads to."""
    other: Route | None = None
    """The route that the message could be meant as too."""
    other_need: str = ""

    @property
    def halts(self) -> str:
        """refuse or out_of_scope where that is clear enough to decline, else empty."""
        halts = self.route in (Route.REFUSE, Route.OUT_OF_SCOPE) and self.share >= HALT
        return self.route.value if halts else ""

    @property
    def sure(self) -> bool:
        """Whether it may be taken as said."""
        return self.share >= SURE and self.other is None


def read(text: str) -> Reading:
    """What a message wants, alone, without what was said before."""
    shares, halt, said = classify(text), beyond(text), mend(plain(text))
    route = max(shares, key=lambda each: shares[each])
    if halt == Route.REFUSE and shares[Route.REFUSE] >= HARM:
        route = Route.REFUSE
    heard = need(said)
    table = route_of(heard, data_at_hand(said))
    other, share = _other(route, shares, table), shares[route]
    if route is Route.REFUSE and not halt and wards_off(text):
        share = min(share, SURE)  # to warn of a harm takes the same words as to do it
    wanted, otherwise = (
        heard if each == table else _need_for(each, heard, said) for each in (route, other)
    )
    return Reading(route, share, wanted, other, otherwise)


def _need_for(route: Route | None, heard: str, said: str) -> str:
    """The need that leads to a route which the table does not give for what was heard."""
    match route:
        case Route.PROMPT:
            return "labels" if heard == "labels" else "general"
        case Route.WORKFLOW:
            return "hidden_prompt" if find("need.hidden_prompt", said) else "steps"
        case Route.LOOKUP:
            return "facts"
        case Route.FINETUNE:
            return "labels" if heard == "labels" else "manner"
        case Route.BOTH:
            return "manner_and_steps" if heard == "steps" else "manner_and_facts"
        case _:
            return ""


def _other(route: Route, shares: dict[Route, float], table: Route | None) -> Route | None:
    """The next best route, or the table's, where it is likely enough to be worth a question."""
    if route in TALK:
        return None
    second = max((each for each in shares if each != route), key=lambda each: shares[each])
    if table and table != route and shares[table] >= DOUBT:
        return table
    close = shares[second] >= DOUBT and shares[route] < SURE
    return second if close and second not in TALK else None
