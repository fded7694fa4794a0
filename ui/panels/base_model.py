"""The base model's panel: what each can and can't do, under which licence, and the choice."""

import gradio as gr

from data.say import say
from data.shelf import shelf
from ui.panels.bench import Bench, Call, Look, esc, facts, lines, note, progress

STARTER, GEMMA = "smollm2-135m-instruct", "gemma-3-270m"


def build(bench: Bench) -> None:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": note(look.say("base.hint"))})
    for name in (STARTER, GEMMA):
        _model(bench, name)
    bench.show(gr.HTML(), lambda look: {"value": progress(look, "fetch")})


def _model(bench: Bench, name: str) -> None:
    bench.show(gr.HTML(), lambda look: {"value": card(look, name)})
    bench.button(
        lambda look: {
            "value": say(f"agent.option.{_option(look, name)}", look.language),
            "visible": not _chosen(look, name) and bool(look.view.get("dataset")),
            "interactive": not look.working(),
        },
        lambda look: choose(look, name),
    )


def _chosen(look: Look, name: str) -> bool:
    return (look.view.get("base_model") or {}).get("name") == name


def _option(look: Look, name: str) -> str:
    if name == STARTER:
        return "use_starter"
    return "use_gemma" if name in look.fetched else "fetch_gemma"


def choose(look: Look, name: str) -> Call:
    """What the button under a model calls: choosing it, or getting it first."""
    option = _option(look, name)
    tool = "base_model_fetch" if option == "fetch_gemma" else "base_model_choose"
    return Call(tool, {"name": name}, say(f"agent.option.{option}", look.language))


def card(look: Look, name: str) -> str:
    """One model: what it can do, what it can't, how large, which licence."""
    entry = shelf("shipped/base_models")[name]
    chosen = _chosen(look, name)
    url = esc(entry["licence_url"])
    licence = f"<a href='{url}' target='_blank' rel='noopener'>{esc(entry['licence'])}</a>"
    size = look.say(
        "base.size", millions=round(entry["parameters"] / 1e6), megabytes=entry["download_mb"]
    )
    parts = [
        (look.say("base.can"), lines(entry["can"][look.language])),
        (look.say("base.cannot"), lines(entry["cannot"][look.language])),
        (look.say("base.size_name"), esc(size)),
        (look.say("base.licence"), licence),
    ]
    mark = f"<small>{esc(look.say('base.chosen'))}</small>" if chosen else ""
    warning = note((look.view.get("base_model") or {}).get("warning", "") if chosen else "", "warn")
    kind = "tp-card chosen" if chosen else "tp-card"
    inside = f"{mark}<h3>{esc(entry['title'])}</h3>{facts(parts)}{warning}"
    return f"<section class='{kind}'>{inside}</section>"
