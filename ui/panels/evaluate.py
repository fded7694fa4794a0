"""The judging panel: base and tuned answers side by side, and what their losses say."""

import math
from typing import Any

import gradio as gr

from data.say import say
from ui.panels.bench import Bench, Call, Look, esc, lines, note, progress


def build(bench: Bench) -> None:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    bench.show(gr.HTML(), lambda look: {"value": progress(look, "evaluate")})
    bench.button(
        lambda look: {
            "value": say("agent.option.compare", look.language),
            "visible": _may_compare(look),
        },
        lambda look: Call("evaluate_compare", {}, say("agent.option.compare", look.language)),
        variant="primary",
    )
    bench.show(gr.HTML(), lambda look: {"value": answers(look)})


def _may_compare(look: Look) -> bool:
    there = look.view["stage"] in ("evaluate", "publish")
    return there and not look.working() and not look.view.get("evaluation")


def head(look: Look) -> str:
    """The losses with what they mean, or what this stage will show."""
    made = look.view.get("evaluation")
    if not made:
        return note(look.say("evaluate.hint" if look.view["stage"] == "evaluate" else "later"))
    base, tuned = float(made["base_loss"]), float(made["tuned_loss"])
    if not made["held_out_rows"] or not math.isfinite(base) or not math.isfinite(tuned):
        return note(say("evaluate.loss_unmeasured", look.language))
    words = look.say("evaluate.loss", count=made["held_out_rows"])
    pair = f"<b>{base:.2f}</b> <i aria-hidden='true'>→</i> <b>{tuned:.2f}</b>"
    return f"<section class='tp-card tp-loss'><p>{pair}</p><small>{esc(words)}</small></section>"


def answers(look: Look) -> str:
    """Every question with both answers."""
    made = look.view.get("evaluation")
    if not made:
        return ""
    return "".join(_one(look, number, item) for number, item in enumerate(made["items"], 1))


def _one(look: Look, number: int, item: dict[str, Any]) -> str:
    kind = look.say(f"evaluate.kind.{item['kind']}")
    empty = look.say("evaluate.empty")
    expected = look.say(f"evaluate.expected.{item['kind']}")
    cells = "".join(
        f"<div class='{name}'><small>{esc(look.say(f'evaluate.{name}'))}</small>"
        f"<p>{lines(item[name]) or esc(empty)}</p></div>"
        for name in ("base", "tuned")
    )
    return (
        f"<section class='tp-card tp-pair'><small>{number} · {esc(kind)}</small>"
        f"<h4>{lines(item['question'])}</h4><div class='tp-sides'>{cells}</div>"
        f"<p class='tp-note'>{esc(expected)} {lines(item['expected'])}</p></section>"
    )
