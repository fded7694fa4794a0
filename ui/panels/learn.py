"""The learning map: four parts that fill as things are done; a step pressed is explained."""

from typing import Any

import gradio as gr

from data.shelf import shelf
from ui.panels.bench import Bench, Call, Look, esc, note


def build(bench: Bench) -> None:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    with gr.Column(elem_classes="tp-map"):
        for number, part in enumerate(shelf("knowledge/roadmap")["parts"]):
            with gr.Column(elem_classes="tp-map-part"):
                _part(bench, number, len(part["steps"]))


def _part(bench: Bench, number: int, steps: int) -> None:
    bench.show(gr.HTML(), lambda look: {"value": part_head(look, number)})
    for at in range(steps):
        _step(bench, number, at)


def _step(bench: Bench, number: int, at: int) -> None:
    bench.button(
        lambda look: step(look, number, at),
        lambda look: explain(look, number, at),
        elem_classes=["tp-map-step"],
    )


def head(look: Look) -> str:
    """How much of the map is filled, and what is nearest."""
    seen = look.view["map"]
    count = look.say("map.count", done=seen["done"], of=seen["of"])
    nearest = look.say("map.nearest", **seen["next"]) if seen["next"] else look.say("map.all")
    return f"<h3>{esc(count)}</h3>" + note(nearest) + note(look.say("map.hint"))


def part_head(look: Look, number: int) -> str:
    """A part's name and a bar of what is done in it."""
    part = _parts(look)[number]
    done, of, title = part["done"], len(part["steps"]), esc(part["title"])
    bar = f"<div class='tp-bar' role='progressbar' aria-valuenow='{done}' aria-valuemin='0'"
    bar += f" aria-valuemax='{of}' aria-label='{title}'><i style='width:{100 * done // of}%'></i>"
    return f"<h4>{title}<small>{done}/{of}</small></h4>{bar}</div>"


def step(look: Look, number: int, at: int) -> dict[str, Any]:
    """A step's button: its name, and below what earned it or what it is good for."""
    here = _parts(look)[number]["steps"][at]
    nearest = look.view["map"]["next"].get("id") == here["id"]
    kind = "done" if here["by"] else "nearest" if nearest else "open"
    mark = "✓" if here["by"] else "○"
    return {
        "value": f"{mark} {here['title']}\n{here['by'] or here['after']}",
        "elem_classes": ["tp-map-step", kind],
    }


def explain(look: Look, number: int, at: int) -> Call:
    """What pressing a step calls."""
    term = _parts(look)[number]["steps"][at]["term"]
    return Call("learn_explain", {"term": term}, look.say("map.said", term=term))


def _parts(look: Look) -> list[dict[str, Any]]:
    return look.view["map"]["parts"]
