"""The plan's panel: the decision with its reasons, and the brief to read and to edit."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from data.say import say
from ui.panels import baseline
from ui.panels.bench import Bench, Call, Look, esc, facts, lines, note

FIELDS = ("aim", "audience", "inputs", "outputs", "expected")
PARTS = ("question", "passes", "fails")
MOST_CASES = 10


def build(bench: Bench) -> None:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": decision_html(look)})
    baseline.build(bench)
    bench.show(gr.HTML(), lambda look: {"value": brief_head(look)})
    with gr.Column(elem_classes="tp-form") as form:
        made = [_field(bench, name) for name in FIELDS]
        constraints = bench.field(
            gr.Textbox(lines=2, max_lines=6),
            lambda look: {"label": look.say("brief.constraints")},
            lambda look: {"value": "\n".join(_brief(look).get("constraints", []))},
        )
        bench.show(gr.HTML(), lambda look: {"value": f"<h4>{esc(look.say('brief.cases'))}</h4>"})
        cases = [field for number in range(MOST_CASES) for field in _case(bench, number)]
        bench.button(
            lambda look: {"value": look.say("brief.save")},
            write_brief,
            *made,
            constraints,
            *cases,
            variant="primary",
        )
    bench.show(form, lambda look: {"visible": bool(_brief(look))})
    bench.button(
        lambda look: {
            "value": say("agent.option.brief_fits", look.language),
            "visible": bool(_brief(look)) and not look.view.get("decision"),
        },
        lambda look: Call("plan_decide", {}, say("agent.option.brief_fits", look.language)),
    )


def _field(bench: Bench, name: str) -> Any:
    return bench.field(
        gr.Textbox(lines=1, max_lines=4),
        lambda look: {"label": look.say(f"brief.{name}")},
        lambda look: {"value": str(_brief(look).get(name, ""))},
    )


def _brief(look: Look) -> dict[str, Any]:
    return look.view.get("brief") or {}


def _case(bench: Bench, number: int) -> list[Any]:
    """The three fields of one case; the first unused one stands ready for another."""
    with gr.Group(elem_classes="tp-case") as whole:
        fields = [_case_field(bench, number, part) for part in PARTS]
    bench.show(whole, lambda look: {"visible": number <= len(_cases(look))})
    return fields


def _case_field(bench: Bench, number: int, part: str) -> Any:
    return bench.field(
        gr.Textbox(lines=1, max_lines=4),
        lambda look: {"label": f"{number + 1} · {look.say(f'brief.case.{part}')}"},
        lambda look: {"value": case_value(look, number, part)},
    )


def _cases(look: Look) -> list[dict[str, str]]:
    return list(_brief(look).get("cases", []))


def case_value(look: Look, number: int, part: str) -> str:
    """What stands in one field of one case."""
    cases = _cases(look)
    return cases[number][part] if number < len(cases) else ""


def brief_head(look: Look) -> str:
    """The heading over the brief, or what will stand there."""
    if not _brief(look):
        return note(look.say("brief.none"))
    return f"<h3>{esc(look.say('brief.title'))}</h3>" + note(look.say("brief.hint"))


def write_brief(look: Look, *values: Any) -> Call:
    """What saving the fields calls."""
    texts, constraints, cases = (
        values[: len(FIELDS)],
        values[len(FIELDS)],
        values[len(FIELDS) + 1 :],
    )
    arguments: dict[str, Any] = {
        name: str(text or "").strip() for name, text in zip(FIELDS, texts, strict=True)
    }
    arguments["constraints"] = [s.strip() for s in str(constraints or "").split("\n") if s.strip()]
    arguments["cases"] = cases_of(cases)
    return Call("plan_write_brief", arguments, look.say("brief.saved"))


def cases_of(cells: Sequence[Any]) -> list[dict[str, str]]:
    """Cases from their fields, three each; one without a question is none."""
    texts = [str(cell or "").strip() for cell in cells]
    triples = [texts[at : at + len(PARTS)] for at in range(0, len(texts), len(PARTS))]
    return [dict(zip(PARTS, triple, strict=True)) for triple in triples if triple[0]]


def decision_html(look: Look) -> str:
    """The decision as a card: road, reasons, cost, what is cheaper, what would change it."""
    decision = look.view.get("decision")
    if not decision:
        return ""
    route = say(f"plan.route.{decision['route']}", look.language)
    reasons = "".join(f"<li>{lines(reason)}</li>" for reason in decision["reasons"])
    parts = [
        (look.say("decision.cost"), lines(decision["cost"])),
        (look.say("decision.cheaper"), lines(decision["cheaper_first"])),
        (look.say("decision.change"), lines(decision["would_change"])),
        (look.say("decision.risk"), lines(decision["risk"])),
    ]
    return (
        f"<section class='tp-card'><small>{esc(look.say('decision.title'))}</small>"
        f"<h3>{esc(route)}</h3><ul>{reasons}</ul>{facts(parts)}</section>"
    )
