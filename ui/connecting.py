"""The form that connects a chat model. A key goes to the server's memory and nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from agent.connect import providers, test_connection
from data.errors import TunePathError
from data.say import say
from data.settings import Settings
from ui.chat import safe
from ui.panels.bench import Bench, Look
from ui.visitors import Desk, check_address

CUSTOM = "custom"
LONGEST = 400
"""Characters of an address, a key or a model's name."""


@dataclass(frozen=True)
class Form:
    """The form's components."""

    provider: Any
    address: Any
    key: Any
    model: Any
    test: Any
    disconnect: Any
    close: Any
    result: Any


def build(bench: Bench) -> Form:
    """The form, shown when asked for."""
    with gr.Column(elem_id="connect", elem_classes="tp-form", visible=False) as whole:
        bench.show(gr.HTML(), lambda look: {"value": _head(look)})
        with gr.Row():
            provider = bench.show(
                gr.Dropdown(choices=[("", CUSTOM)], value=CUSTOM, allow_custom_value=True),
                lambda look: {"label": look.say("connect.provider"), "choices": choices(look)},
            )
            address = _text(bench, "address")
        with gr.Row():
            key = _text(bench, "key", type="password")
            model = _text(bench, "model")
        with gr.Row(elem_classes="tp-buttons"):
            test = _button(bench, "test", "primary")
            disconnect = bench.show(
                gr.Button(size="sm"),
                lambda look: {
                    "value": look.say("connect.disconnect"),
                    "visible": bool(look.connected),
                },
            )
            close = _button(bench, "close")
        result = gr.Markdown(elem_id="connect-result")
    bench.show(whole, lambda look: {"visible": look.connecting})
    return Form(provider, address, key, model, test, disconnect, close, result)


def _head(look: Look) -> str:
    hint = f"<p class='tp-note'>{look.say('connect.hint')}</p>"
    return f"<h3>{look.say('connect.title')}</h3>{hint}"


def _text(bench: Bench, name: str, **given: Any) -> Any:
    made = gr.Textbox(max_lines=1, **given)
    return bench.show(made, lambda look: {"label": look.say(f"connect.{name}")})


def _button(bench: Bench, name: str, variant: Any = "secondary") -> Any:
    made = gr.Button(size="sm", variant=variant)
    return bench.show(made, lambda look: {"value": look.say(f"connect.{name}")})


def known() -> list[dict[str, Any]]:
    """The shipped list of providers; empty where it has none."""
    try:
        return [dict(each) for each in providers()]
    except (OSError, KeyError, ValueError):
        return []


def choices(look: Look) -> list[tuple[str, str]]:
    """Providers by name, and last any other address."""
    named = [(_in(each.get("name"), look.language), _id(each)) for each in known()]
    return [*named, (look.say("connect.custom"), CUSTOM)]


def fill(provider: Any) -> list[Any]:
    """Address and model's name of a provider from the list."""
    found = next((each for each in known() if _id(each) == provider), None)
    if found is None:
        return [gr.skip(), gr.skip()]
    return [str(found.get("base_url", "")), str(found.get("model", ""))]


def note_of(provider: Any, language: str) -> str:
    """What is good to know about a provider, and where its keys are made."""
    found = next((each for each in known() if _id(each) == provider), {})
    url = str(found.get("key_url", ""))
    link = say("ui.connect.key_at", language, url=url) if url.startswith("https://") else ""
    return "\n\n".join(filter(None, (safe(_in(found.get("note"), language)), link)))


def extra_of(provider: Any) -> dict[str, Any] | None:
    """What a provider wants in every request."""
    found = next((each for each in known() if _id(each) == provider), {})
    extra = found.get("extra_body")
    return dict(extra) if isinstance(extra, dict) else None


def test(
    settings: Settings, desk: Desk, provider: Any, address: Any, key: Any, model: Any
) -> Iterator[tuple[str, bool]]:
    """What to show, and whether the key may leave its field: first while it is tried."""
    language = desk.session.language
    yield say("ui.connect.testing", language), False
    address, key, model = (str(value or "").strip()[:LONGEST] for value in (address, key, model))
    try:
        check_address(settings, address)
        connection, checks = test_connection(address, key, model, language, extra_of(provider))
    except TunePathError as error:
        yield safe(error.text(language)), False
        return
    lines = [f"- **{_mark(check.ok, language)}** {safe(check.text)}" for check in checks]
    if connection is not None:
        desk.session.connection = connection
        lines.append("\n" + say("ui.connect.connected", language, name=safe(connection.name)))
    yield "\n".join(lines), connection is not None


def _mark(ok: bool, language: str) -> str:
    return say("ui.connect.passed" if ok else "ui.connect.failed", language)


def _id(provider: dict[str, Any]) -> str:
    return str(provider.get("id") or provider.get("base_url"))


def _in(value: Any, language: str) -> str:
    return str(value.get(language, "") if isinstance(value, dict) else value or "")
