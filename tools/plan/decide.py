"""Choose the road by the decision table, with reasons in the person's words.

They may overrule it; it knows only what was noted, and measures nothing itself.
"""

from data.errors import BadInput, NotReady
from data.records import Brief, Decision, Facts, Route
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.plan.hear import hear
from tools.plan.read import read
from tools.plan.reasons import Deciding
from tools.plan.rules import ROADS, holding
from tools.shared.baseline import current
from tools.shared.plan_cards import decision_card, draft_prompt, prompt_card


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
    rule = holding(facts, baseline)
    passed = baseline.passed if baseline else 0
    decision = Deciding(facts, len(brief.cases), rule, passed, context.language).decision(
        _wanted(route)
    )
    context.project.write(decision)
    text = _text(decision, brief, context.language)
    return Outcome(text, _card(decision, brief, context.language), _told(decision, brief))


def _facts(context: Context, brief: Brief) -> Facts:
    """The noted facts; where the need was never noted, what the Brief's own words tell."""
    facts = context.project.read(Facts) or Facts()
    if not facts.need:
        heard, reading = hear(f"{brief.aim}\n{brief.expected}", context.language), read(brief.aim)
        need = heard.get("need") or (reading.need if reading.sure else "")
        facts = facts.model_copy(update={"need": need})
    return facts.model_copy(update={"aim": brief.aim, "expected": facts.expected})


def _wanted(route: str) -> Route | None:
    if not route:
        return None
    if route not in ROADS:
        raise BadInput("route_unknown", route=route[:40], routes=", ".join(ROADS))
    return Route(route)


def _text(decision: Decision, brief: Brief, language: str) -> str:
    route = say(f"plan.route.{decision.route}", language)
    if decision.overruled:
        return say("plan.now.overruled", language, route=route, risk=decision.risk)
    return say(f"plan.now.{decision.route}", language, route=route, cases=len(brief.cases))


def _card(decision: Decision, brief: Brief, language: str) -> str:
    """The Decision, with a prompt to copy wherever a prompt is what to try first."""
    card = decision_card(decision, language)
    if decision.route not in ROADS:
        return card
    return f"{card}\n\n{prompt_card(brief, language)}"


def _told(decision: Decision, brief: Brief) -> dict[str, object]:
    told = decision.model_dump(mode="json", exclude={"cost", "would_change"})
    drafts = decision.route in ROADS and not decision.route.trains
    return {**told, **({"prompt": draft_prompt(brief)} if drafts else {})}
