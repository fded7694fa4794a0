"""The words of a Decision: reasons tied to what the person said, cost, what is cheaper. Pure.

The road itself comes from rules.py.
"""

from dataclasses import dataclass

from data.records import Decision, Facts, Route
from data.say import has, say
from tools.plan.cite import must_stay
from tools.plan.hear import evidence
from tools.plan.questions import question, short
from tools.plan.read import read
from tools.plan.rules import HALTS, MEASURED, ROADS, Rule


@dataclass(frozen=True)
class Deciding:
    """The words of one Decision: which rule holds, and for what."""

    facts: Facts
    cases: int
    """Cases of the Brief, by which anything cheaper is measured."""
    rule: Rule
    passed: int
    """Of these, those that the prompt alone passed, by the person's marks."""
    language: str

    def decision(self, wanted: Route | None = None) -> Decision:
        """The table's Decision, or the one for the road that the person wants."""
        advice = self.rule.route
        route = advice if wanted is None or advice in HALTS else wanted
        overruled = advice if route != advice else None
        return Decision(
            route=route,
            reasons=tuple(self._reasons(route, overruled)),
            cost=self._cost(route),
            cheaper_first=self._cheaper(),
            would_change=self._say(f"decide.{self.rule.name}.change"),
            overruled=overruled,
            risk=self._risk(route) if overruled else "",
        )

    def _reasons(self, route: Route, overruled: Route | None) -> list[str]:
        reasons = [self._first_reason()]
        if route.trains and self.facts.data_at_hand:
            reasons.append(self._say(f"data_reason.{self.facts.data_at_hand}"))
        if route in ROADS and self.facts.privacy and must_stay(self.facts.privacy):
            reasons.append(self._say("reason.privacy", quote=self.facts.privacy))
        if route.trains and self.facts.hardware:
            reasons.append(self._say("reason.hardware", quote=self.facts.hardware))
        if self.facts.expected and route in ROADS:
            expected = {"expected": self.facts.expected, "cases": self.cases}
            reasons.append(self._say("reason.expected", **expected))
        if overruled:
            names = {"advised": overruled, "route": route}
            named = {key: self._say(f"route.{value}") for key, value in names.items()}
            reasons.insert(0, self._say("reason.overruled", **named))
        return reasons

    def _first_reason(self) -> str:
        """Why, tied to what the person said; where they pressed a button, to what they chose."""
        asked = question("need", self.facts, self.language).text
        counts = {"cases": self.cases, "passed": self.passed}
        reason = self._say(f"decide.{self.rule.name}.reason", question=asked, **counts)
        if self.rule.route not in ROADS or self.rule is MEASURED:
            return reason[:1].upper() + reason[1:]
        aim, need = self.facts.aim, self.facts.need
        words = evidence(f"{aim}\n{self.facts.expected}", need) or _read(aim, need)
        if words:
            quote = short(words, self.language)
            return self._say("reason.said", quote=quote, reason=reason)
        chosen = self._say(f"need_short.{need}")
        return self._say("reason.chose", need=chosen, reason=reason)

    def _cost(self, route: Route) -> str:
        if route is Route.UNCLEAR:
            return ""
        return self._say(f"cost.{'none' if route in HALTS else route.value}")

    def _cheaper(self) -> str:
        key = f"plan.decide.{self.rule.name}.cheaper"
        values = {"cases": self.cases, "enough": max(1, self.cases - 1)}
        return say(key, self.language, **values) if has(key, self.language) else ""

    def _risk(self, route: Route) -> str:
        return self._say(f"risk.{self.rule.name}.{'trains' if route.trains else 'cheaper'}")

    def _say(self, key: str, **values: object) -> str:
        return say(f"plan.{key}", self.language, **values)


def _read(aim: str, need: str) -> str:
    """The aim, where the need was read from it rather than chosen."""
    reading = read(aim)
    return aim if reading.sure and reading.need == need else ""
