"""Write the Brief: what is wanted, and the cases that will judge it. Missing parts are drafted."""

from collections.abc import Sequence
from typing import Any

from data.errors import BadInput, NotReady
from data.records import Brief, Case, Facts
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.plan.draft import drafted
from tools.plan.hear import beyond, hear
from tools.shared.plan_cards import brief_card

FEWEST = 5
"""Cases that a Brief has at least; drafts fill up where fewer are given."""


@tool(stage="plan", leaves="Brief")
def write_brief(
    context: Context,
    aim: str = "",
    audience: str = "",
    inputs: str = "",
    outputs: str = "",
    expected: str = "",
    constraints: Sequence[str] = (),
    cases: Sequence[dict[str, str]] = (),
) -> Outcome:
    """Write or change the brief. All arguments are optional: what is left out stays as it was, or
    is drafted from the noted facts.

    inputs, outputs: what comes in and goes out, a line each. expected: what makes an answer good.
    constraints: what it must never do. cases: five to ten examples to judge by, each an object
    with `question` (what a user would really type), `passes` (what a good answer does) and `fails`
    (what a bad one does), in the product's language; they replace the drafted ones.
    """
    facts = _facts(context, aim, audience, expected)
    own = _own_cases(cases)
    draft = drafted(facts, context.language)
    given: dict[str, Any] = {
        "aim": aim, "audience": audience, "inputs": inputs, "outputs": outputs,
        "expected": expected, "constraints": tuple(filter(None, map(str.strip, constraints))),
        "cases": _filled_up(own, draft),
    }  # fmt: skip
    start = context.project.read(Brief) or draft
    brief = start.model_copy(update={name: value for name, value in given.items() if value})
    context.project.write(facts)
    context.project.write(brief)
    count = len(brief.cases)
    key = "plan.written.given" if own else "plan.written.drafted"
    text = say(key, context.language, count=count, own=len(own))
    return Outcome(text, brief_card(brief, context.language), {"brief": brief.model_dump()})


def _facts(context: Context, aim: str, audience: str, expected: str) -> Facts:
    """The noted facts with what the arguments add. Raises NotReady without an aim, BadInput for one
    that we decline."""
    facts = context.project.read(Facts) or Facts()
    aim = " ".join(aim.split()) or facts.aim
    if not aim:
        raise NotReady("needs_facts")
    if halt := beyond(aim):
        raise BadInput("wish_refused" if halt == "refuse" else "wish_out_of_scope")
    heard = hear(aim, context.language)
    update = {
        "aim": aim,
        "audience": audience or facts.audience,
        "expected": expected or facts.expected,
        "need": facts.need or heard.get("need", ""),
    }
    return facts.model_copy(update=update)


def _own_cases(cases: Sequence[dict[str, str]]) -> tuple[Case, ...]:
    """Given cases. Raises BadInput, with the number, for one that lacks a part."""
    found = []
    for number, case in enumerate(cases, 1):
        for name in Case.model_fields:
            if not str(case.get(name, "")).strip():
                raise BadInput("case_incomplete", number=number, field=name)
        found.append(Case(**{name: str(case[name]).strip() for name in Case.model_fields}))
    return tuple(found)


def _filled_up(own: tuple[Case, ...], draft: Brief) -> tuple[Case, ...]:
    lacking = max(0, FEWEST - len(own)) if own else 0
    asked = {case.question for case in own}
    return own + tuple(c for c in draft.cases if c.question not in asked)[:lacking]
