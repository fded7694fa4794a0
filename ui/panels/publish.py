"""The publishing panel: the bundle, the local server, code that calls it, and a talk with it."""

import json
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import gradio as gr

from data.errors import Unreachable
from data.say import say
from ui.chat import safe
from ui.panels.bench import Bench, Call, Look, esc, facts, label_of, note, progress

PATIENCE = 120.0
"""Seconds between two pieces of the tuned model's answer."""
KEPT = 12
"""Messages of the small talk that are sent along."""
LONGEST = 4000
"""Characters of one message to the tuned model."""
FENCES = {"curl": "bash", "javascript": "javascript"}


@dataclass(frozen=True)
class Trial:
    """The small talk's components, for the page to wire."""

    box: Any
    send: Any
    talk: Any
    clear: Any


def build(bench: Bench) -> Trial:
    """The components of this panel, inside the column that is open."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    bench.show(gr.HTML(), lambda look: {"value": progress(look, "bundle")})
    with gr.Row(elem_classes="tp-buttons"):
        _option(bench, "publish", "publish_bundle", _may_publish, "primary")
        _option(
            bench,
            "serve",
            "publish_serve",
            lambda look: _bundle(look) and not _url(look),
            "primary",
        )
        _option(bench, "snippets", "publish_serve", lambda look: _url(look) and not look.snippets)
        _option(bench, "stop_serving", "publish_stop_serving", _url)
    trial = _trial(bench)
    bench.show(gr.Markdown(elem_id="snippets"), lambda look: {"value": code(look)})
    return trial


def _trial(bench: Bench) -> Trial:
    with gr.Column(elem_classes="tp-trial") as whole:
        bench.show(gr.HTML(), lambda look: {"value": trial_head(look)})
        talk = gr.Chatbot(
            height=280,
            show_label=False,
            layout="bubble",
            buttons=[],
            allow_tags=False,
            elem_id="trial",
        )
        with gr.Row(elem_classes="tp-ask"):
            box = bench.show(
                gr.Textbox(
                    show_label=False, container=False, scale=5, max_lines=4, elem_id="trial-box"
                ),
                lambda look: {"placeholder": look.say("trial.placeholder")},
            )
            send = bench.show(
                gr.Button(size="sm", scale=0, min_width=72, variant="primary"),
                lambda look: {"value": look.say("trial.send")},
            )
        clear = bench.show(
            gr.Button(size="sm", variant="secondary"),
            lambda look: {"value": look.say("trial.clear")},
        )
    bench.show(whole, lambda look: {"visible": bool(_url(look))})
    return Trial(box, send, talk, clear)


def _option(bench: Bench, option: str, tool: str, visible: Any, variant: Any = "secondary") -> None:
    def label(look: Look) -> str:
        return say(f"agent.option.{option}", look.language)

    bench.button(
        lambda look: {"value": label(look), "visible": bool(visible(look))},
        lambda look: Call(tool, {}, label(look)),
        variant=variant,
    )


def _publication(look: Look) -> dict[str, Any]:
    return look.view.get("publication") or {}


def _bundle(look: Look) -> str:
    return str(_publication(look).get("bundle", ""))


def _url(look: Look) -> str:
    return str(_publication(look).get("url", ""))


def _may_publish(look: Look) -> bool:
    return look.view["stage"] == "publish" and not look.working() and not _bundle(look)


def _may_serve(look: Look) -> bool:
    return bool(_bundle(look)) and not _url(look)


def head(look: Look) -> str:
    """Where the bundle lies and where the server answers."""
    if not _bundle(look):
        return note(look.say("publish.hint" if look.view["stage"] == "publish" else "later"))
    parts = [
        (look.say("publish.folder"), f"<code>{esc(_bundle(look))}</code>"),
        (look.say("publish.address"), f"<code>{esc(_url(look))}/v1</code>" if _url(look) else ""),
        (look.say("publish.model"), f"<code>{esc(_publication(look).get('model', ''))}</code>")
        if _url(look)
        else ("", ""),
    ]
    title = look.say("publish.serving" if _url(look) else "publish.packed")
    return f"<section class='tp-card'><h3>{esc(title)}</h3>{facts(parts)}</section>"


def trial_head(look: Look) -> str:
    """The heading over the talk with the tuned model."""
    return f"<h3>{esc(look.say('trial.title'))}</h3>" + note(look.say("trial.hint"))


def code(look: Look) -> str:
    """Code that calls the server, as Markdown with its own copy buttons."""
    if not _url(look) or not look.snippets:
        return ""
    parts: list[str] = []
    for kind, text in look.snippets.items():
        name = label_of(f"publish.snippet.{kind}", look.language, kind)
        parts.append(f"**{name}**\n\n{_fenced(text, FENCES.get(kind, 'python'))}")
    return "\n\n".join(parts)


def _fenced(text: str, name: str) -> str:
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{name}\n{text.strip()}\n{ticks}"


def messages(talk: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The small talk as the chatbot shows it."""
    return [{"role": each["role"], "content": safe(each["content"])} for each in talk]


def ask(url: str, model: str, talk: Sequence[dict[str, str]]) -> Iterator[str]:
    """The tuned model's answer, piece by piece. Raises Unreachable; only loopback is called."""
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Unreachable("server_unreachable", host=str(place.hostname))
    body = {"model": model, "messages": list(talk)[-KEPT:], "stream": True}
    request = urllib.request.Request(
        f"{url.rstrip('/')}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=PATIENCE) as reply:
            yield from _pieces(reply)
    except (OSError, ValueError, KeyError, IndexError):
        raise Unreachable("server_unreachable", host=place.hostname) from None


def _pieces(reply: Any) -> Iterator[str]:
    for line in reply:
        data = line.decode("utf-8").strip().removeprefix("data:").strip()
        if not data or data == "[DONE]" or data.startswith(":"):
            continue
        choices = json.loads(data)["choices"]
        if choices and (text := choices[0]["delta"].get("content")):
            yield text
