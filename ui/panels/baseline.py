"""Below the decision: what the prompt alone answered, beside what passes, and the verdicts."""

from typing import Any

import gradio as gr

from data.say import say
from ui.panels.bench import Bench, Call, Look, esc, lines, note, progress

MOST = 10
"""Answers that have buttons here; a brief has five to ten cases."""
ENDED = ("refuse", "out_of_scope", "unclear_needs_question")
"""Roads on which there is nothing to try."""


def build(bench: Bench) -> None:
    """The components of this section, inside the plan's panel."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    bench.show(gr.HTML(), lambda look: {"value": progress(look, "baseline")})
    bench.button(
        lambda look: {"value": try_label(look), "visible": may_try(look)},
        lambda look: try_prompt(look),
    )
    for number in range(1, MOST + 1):
        _answer(bench, number)


def _answer(bench: Bench, number: int) -> None:
    with gr.Group(elem_classes="tp-case") as whole:
        bench.show(gr.HTML(), lambda look: {"value": answer(look, number)})
        with gr.Row(elem_classes="tp-buttons"):
            for passed in (True, False):
                _verdict(bench, number, passed)
    bench.show(whole, lambda look: {"visible": number <= len(_answers(look))})


def _verdict(bench: Bench, number: int, passed: bool) -> None:
    bench.button(
        lambda look: {
            "value": _word(look, passed),
            "variant": "primary" if _given(look, number) is passed else "secondary",
            "interactive": not look.working("baseline"),
        },
        lambda look: mark(look, number, passed),
    )


def head(look: Look) -> str:
    """How many pass, whose answers these are, and whether the brief is still the same."""
    made = look.view.get("baseline")
    if not made:
        return note(look.say("baseline.hint")) if may_try(look) else ""
    by = look.say("baseline.by_local" if made["local"] else "baseline.by", model=made["model"])
    count = look.say("baseline.count", passed=made["passed"], total=made["answered"])
    left = made["answered"] - made["marked"]
    open_ = look.say("baseline.open", count=left) if left else ""
    words = " ".join(filter(None, (count, open_)))
    changed = "" if made["current"] else note(look.say("baseline.changed"), "warn")
    title = f"<small>{esc(look.say('baseline.title'))}</small>"
    text = f"<h3>{esc(words)}</h3><small>{esc(by)}</small>"
    return f"<section class='tp-card'>{title}{text}{changed}</section>"


def answer(look: Look, number: int) -> str:
    """One question with what came back, beside what passes and what fails."""
    answers = _answers(look)
    if number > len(answers):
        return ""
    one = answers[number - 1]
    said = lines(one["answer"]) or esc(look.say("evaluate.empty"))
    marks = "".join(
        f"<small>{esc(look.say(f'brief.case.{name}'))}</small><p>{lines(one[name])}</p>"
        for name in ("passes", "fails")
    )
    return (
        f"<section class='tp-card tp-pair'><h4>{number} · {lines(one['question'])}</h4>"
        f"<div class='tp-sides'><div><small>{esc(look.say('baseline.answer'))}</small>"
        f"<p>{said}</p></div><div>{marks}</div></div></section>"
    )


def may_try(look: Look) -> bool:
    """Whether there is a case still to be asked, or a fairer model to ask."""
    decision, made = look.view.get("decision"), look.view.get("baseline")
    if not look.view.get("brief") or look.working():
        return False
    if decision and decision["route"] in ENDED:
        return False
    return not made or not made["current"] or _fairer(look)


def try_label(look: Look) -> str:
    """What the button says before the first time, and after it."""
    if look.view.get("baseline"):
        return look.say("baseline.again")
    return say("agent.option.try_prompt", look.language)


def try_prompt(look: Look) -> Call:
    """Ask what is missing; all of it where another model is to answer."""
    made = look.view.get("baseline")
    again = bool(made and made["current"])
    return Call("plan_try_prompt", {"again": True} if again else {}, try_label(look))


def mark(look: Look, number: int, passed: bool) -> Call:
    """The person's verdict on one answer."""
    said = look.say("baseline.said", number=number, verdict=_word(look, passed))
    return Call("plan_mark_answer", {"number": number, "passed": passed}, said)


def _fairer(look: Look) -> bool:
    made = look.view.get("baseline") or {}
    return bool(made.get("local")) and bool(look.connected)


def _answers(look: Look) -> list[dict[str, Any]]:
    return list((look.view.get("baseline") or {}).get("answers", []))


def _given(look: Look, number: int) -> bool | None:
    answers = _answers(look)
    return answers[number - 1]["passed"] if number <= len(answers) else None


def _word(look: Look, passed: bool) -> str:
    return say("agent.option.passes" if passed else "agent.option.fails", look.language)
