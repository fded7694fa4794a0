"""Training's panel: the plan with reasons, start and stop, the curve as it grows, its reading."""

from typing import Any

import gradio as gr

from data.say import say
from ui.panels.bench import Bench, Call, Look, esc, label_of, lines, note, progress
from ui.panels.curve import curve

NUMBERS = ("epochs", "learning_rate", "rank")
SHOWN = ("epochs", "learning_rate", "rank", "batch_rows", "max_length", "steps")


def build(bench: Bench) -> None:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    bench.show(gr.HTML(), lambda look: {"value": progress(look, "train", "measure")})
    bench.show(gr.HTML(elem_id="curve"), lambda look: {"value": picture(look)})
    with gr.Row(elem_classes="tp-buttons"):
        _option(bench, "start", "train_start", lambda look: _may_start(look), "primary")
        _option(bench, "stop_job", "train_stop", lambda look: look.working("train"), "stop")
        _option(bench, "resume", "train_resume", _may_resume, "primary")
    bench.show(gr.HTML(), lambda look: {"value": reading(look)})
    bench.show(gr.HTML(), lambda look: {"value": plan(look)})
    with gr.Accordion(open=False) as more:
        with gr.Row():
            fields = [_number(bench, name) for name in NUMBERS]
        _planning(bench, fields)
    bench.show(
        more,
        lambda look: {"label": look.say("train.change"), "visible": bool(look.view.get("plan"))},
    )
    _option(
        bench,
        "make_plan",
        "train_plan_run",
        lambda look: bool(look.view.get("base_model")) and not look.view.get("plan"),
        "primary",
    )


def _option(bench: Bench, option: str, tool: str, visible: Any, variant: Any) -> None:
    def label(look: Look) -> str:
        return say(f"agent.option.{option}", look.language)

    def draw(look: Look) -> dict[str, Any]:
        due = look.view["stage"] == "train"  # a finished run may be repeated; it is no next step
        kind = variant if due or variant != "primary" else "secondary"
        return {"value": label(look), "visible": bool(visible(look)), "variant": kind}

    bench.button(draw, lambda look: Call(tool, {}, label(look)))


def _number(bench: Bench, name: str) -> Any:
    return bench.field(
        gr.Number(minimum=0, precision=None if name == "learning_rate" else 0, min_width=90),
        lambda look: {"label": say(f"train.name.{name}", look.language)},
        lambda look: {"value": (look.view.get("plan") or {}).get(name)},
    )


def _planning(bench: Bench, fields: list[Any]) -> None:
    bench.button(
        lambda look: {"value": look.say("train.plan_again"), "interactive": not look.working()},
        plan_again,
        *fields,
    )


def plan_again(look: Look, *values: Any) -> Call:
    """What planning with other numbers calls: only those that differ from the plan are named."""
    plan = look.view.get("plan") or {}
    changed: dict[str, Any] = {}
    for name, value in zip(NUMBERS, values, strict=True):
        if isinstance(value, int | float) and value and value != plan.get(name):
            changed[name] = float(value) if name == "learning_rate" else int(value)
    named = " · ".join(f"{say(f'train.name.{k}', look.language)} {v:g}" for k, v in changed.items())
    said = look.say("train.said_plan", numbers=named) if named else look.say("train.plan_again")
    return Call("train_plan_run", changed, said)


def _may_start(look: Look) -> bool:
    return bool(look.view.get("plan")) and not look.working() and not _may_resume(look)


def _may_resume(look: Look) -> bool:
    job = look.job
    return job.get("kind") == "train" and job.get("state") in ("stopped", "failed")


def head(look: Look) -> str:
    """What this stage is, until there is a plan."""
    if look.view.get("plan"):
        return ""
    return note(look.say("train.hint" if look.view.get("base_model") else "later"))


def picture(look: Look) -> str:
    """The curve of the newest run, with the best step where it was read."""
    plan, read = look.view.get("plan") or {}, look.view.get("reading") or {}
    names = ("training", "held_out", "step", "loss", "title", "best")
    words = {name: look.say(f"curve.{name}") for name in names}
    best = None if look.working("train") else read.get("best_step")
    return curve(look.view.get("metrics") or [], words, int(plan.get("steps") or 0), best)


def reading(look: Look) -> str:
    """What the shape of the curve means."""
    read = look.view.get("reading")
    if not read or look.working("train"):
        return ""
    name = label_of("train.label." + read["label"], look.language, read["label"])
    evidence = "".join(f"<li>{lines(each)}</li>" for each in read["evidence"])
    return (
        f"<section class='tp-card'><small>{esc(look.say('train.reading'))}</small>"
        f"<h3>{esc(name)}</h3>"
        f"<ul>{evidence}</ul><p>{lines(read['advice'])}</p></section>"
    )


def plan(look: Look) -> str:
    """The plan as a table: number and reason."""
    made = look.view.get("plan")
    if not made:
        return ""
    rows = "".join(
        f"<tr><th>{esc(say(f'train.name.{name}', look.language))}</th><td>{made[name]:g}</td>"
        f"<td>{lines(made['reasons'].get(name, ''))}</td></tr>"
        for name in SHOWN
    )
    takes = look.say(
        "train.takes",
        minutes=max(1, round(made["seconds"] / 60)),
        gigabytes=f"{made['memory_mb'] / 1024:.1f}",
    )
    known = note(takes) if made["seconds"] else ""
    title = f"<small>{esc(look.say('train.plan'))}</small>"
    table = f"<table class='tp-plan'>{rows}</table>"
    return f"<section class='tp-card'>{title}{known}{table}</section>"
