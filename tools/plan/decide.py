"""Choose the road by the decision table, with reasons in the person's words.

They may overrule it; it knows only what was noted, and measures nothing itself.
"""

from dataclasses import dataclass

from data.errors import BadInput, NotReady
from data.records import Brief, Decision, Facts, Route
from data.say import has, say
from tools.contract import Context, Outcome, tool
from tools.plan.cite import must_stay
from tools.plan.hear import evidence, hear
from tools.plan.questions import question, short
from tools.plan.read import read
from tools.plan.rules import Rule, advised
from tools.shared.baseline import current
from tools.shared.plan_cards import decision_card, draft_prompt, prompt_card

CHOICES = (Route.PROMPT, Route.WORKFLOW, Route.LOOKUP, Route.FINETUNE, Route.BOTH)
HALTS = (Route.REFUSE, Route.OUT_OF_SCOPE)
OPEN = Rule("open", Route.UNCLEAR)
"""What holds while the one fact is missing that decides the road."""
MEASURED = Rule("measured", Route.PROMPT)
"""What holds once the prompt alone has passed enough of the person's own cases: what
it does already needs no training."""


@tool(stage="plan", needs=("Brief",), leaves="Decision")
def decide(context: Context, route: str = "") -> Outcome:
    """Choose the road: by the decision table over the facts, or the one the person insists on.
    Where one deciding fact is missing, the decision says which, and that is to be asked.

    route: empty for the table's advice; one of prompt_only, workflow, rag_workflow, finetune, both
    only if the person, knowing the advice, wants another road. The risk is then stated once and
    kept. A harmful or out-of-scope wish can't be overruled.
    """
    brief = context.project.read(Brief)
    if brief is None:
        raise NotReady("needs_brief")
    facts = _facts(context, brief)
    baseline = current(context.project)
    rule = advised(facts) or OPEN
    if baseline and baseline.enough and rule.route.trains:
        rule = MEASURED
    passed = baseline.passed if baseline else 0
    decision = _Deciding(facts, brief, rule, passed, context.language).decision(_wanted(route))
    context.project.write(decision)
    text = _text(decision, brief, context.language)
    return Outcome(text, _card(decision, brief, context.language), _told(decision, brief))


def _facts(context: Context, brief: Brief) -> Facts:
    """The noted facts; where the need was never noted, what the Brief's own words tell."""
    facts = context.project.read(Facts) or Facts()
    if not facts.need:
        heard = hear(f"{brief.aim}\n{brief.expected}", context.language)
        facts = facts.model_copy(update={"need": heard.get("need", "")})
    return facts.model_copy(update={"aim": brief.aim, "expected": facts.expected})


def _wanted(route: str) -> Route | None:
    if not route:
        return None
    if route not in CHOICES:
        raise BadInput("route_unknown", route=route[:40], routes=", ".join(CHOICES))
    return Route(route)


@dataclass(frozen=True)
class _Deciding:
    """The words of one Decision."""

    facts: Facts
    brief: Brief
    rule: Rule
    passed: int
    """Cases that the prompt alone passed, by the person's marks."""
    language: str

    def decision(self, wanted: Route | None) -> Decision:
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
        if route in CHOICES and self.facts.privacy and must_stay(self.facts.privacy):
            reasons.append(self._say("reason.privacy", quote=self.facts.privacy))
        if route.trains and self.facts.hardware:
            reasons.append(self._say("reason.hardware", quote=self.facts.hardware))
        if self.facts.expected and route in CHOICES:
            cases, expected = len(self.brief.cases), self.facts.expected
            reasons.append(self._say("reason.expected", expected=expected, cases=cases))
        if overruled:
            names = {"advised": overruled, "route": route}
            named = {key: self._say(f"route.{value}") for key, value in names.items()}
            reasons.insert(0, self._say("reason.overruled", **named))
        return reasons

    def _first_reason(self) -> str:
        """Why, tied to what the person said; where they pressed a button, to what they chose."""
        asked = question("need", self.facts, self.language).text
        counts = {"cases": len(self.brief.cases), "passed": self.passed}
        reason = self._say(f"decide.{self.rule.name}.reason", question=asked, **counts)
        if self.rule.route not in CHOICES or self.rule is MEASURED:
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
        cases = len(self.brief.cases)
        key = f"plan.decide.{self.rule.name}.cheaper"
        values = {"cases": cases, "enough": max(1, cases - 1)}
        return say(key, self.language, **values) if has(key, self.language) else ""

    def _risk(self, route: Route) -> str:
        return self._say(f"risk.{self.rule.name}.{'trains' if route.trains else 'cheaper'}")

    def _say(self, key: str, **values: object) -> str:
        return say(f"plan.{key}", self.language, **values)


def _read(aim: str, need: str) -> str:
    """The aim, where the need was read from it rather than chosen."""
    reading = read(aim)
    return aim if reading.sure and reading.need == need else ""


def _text(decision: Decision, brief: Brief, language: str) -> str:
    route = say(f"plan.route.{decision.route}", language)
    if decision.overruled:
        return say("plan.now.overruled", language, route=route, risk=decision.risk)
    return say(f"plan.now.{decision.route}", language, route=route, cases=len(brief.cases))


def _card(decision: Decision, brief: Brief, language: str) -> str:
    """The Decision, with a prompt to copy wherever a prompt is what to try first."""
    card = decision_card(decision, language)
    if decision.route not in CHOICES:
        return card
    return f"{card}\n\n{prompt_card(brief, language)}"


def _told(decision: Decision, brief: Brief) -> dict[str, object]:
    told = decision.model_dump(mode="json", exclude={"cost", "would_change"})
    drafts = decision.route in CHOICES and not decision.route.trains
    return {**told, **({"prompt": draft_prompt(brief)} if drafts else {})}
