"""What all panels share: what they look at, how they register what they draw and call."""

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from data.say import has, say, time_left
from ui.visitors import Desk

Draw = Callable[["Look"], dict[str, Any]]


@dataclass(frozen=True)
class Look:
    """What a panel can see."""

    language: str
    view: dict[str, Any]
    rows: list[dict[str, Any]]
    shown: str = "plan"
    """Stage whose panel is open, or learn."""
    connected: str = ""
    """Name of the chat model, empty for the guide."""
    fetched: tuple[str, ...] = ()
    """Base models that are on this machine."""
    filter: str = "all"
    snippets: dict[str, str] = field(default_factory=dict)
    projects: tuple[tuple[str, str], ...] = ()
    """Name and id of each of the visitor's projects."""
    connecting: bool = False
    """The form to connect a model is open."""

    def say(self, key: str, /, **values: object) -> str:
        """A sentence of ui.toml in the page's language."""
        return say(f"ui.{key}", self.language, **values)

    @property
    def job(self) -> dict[str, Any]:
        """The newest finite job, or nothing."""
        return self.view.get("job") or {}

    def working(self, *kinds: str) -> bool:
        """Whether a job (of one of these kinds) is under way."""
        alive = self.job.get("state") in ("queued", "running")
        return alive and (not kinds or self.job.get("kind") in kinds)


@dataclass(frozen=True)
class Call:
    """A tool to call as a button does, and the words that stand for it in the conversation."""

    tool: str
    arguments: dict[str, Any]
    said: str


@dataclass(frozen=True)
class Press:
    """A button, the fields it reads, and the call it makes."""

    button: gr.Button
    call: Callable[..., Call]
    inputs: Sequence[Any] = ()


@dataclass(frozen=True)
class _Shown:
    component: Any
    draw: Draw
    value: Draw | None = None
    """For a field that can be edited: its value, drawn only where what this gives has changed."""


class Bench:
    """Everything that is redrawn when the project changes."""

    def __init__(self) -> None:
        self._shown: list[_Shown] = []
        self.presses: list[Press] = []

    @property
    def components(self) -> list[Any]:
        """The outputs of a redraw, in order."""
        return [each.component for each in self._shown]

    def show(self, component: Any, draw: Draw) -> Any:
        """Register what a component looks like."""
        self._shown.append(_Shown(component, draw))
        return component

    def field(self, component: Any, draw: Draw, value: Draw) -> Any:
        """Register a field that a person may be editing."""
        self._shown.append(_Shown(component, draw, value))
        return component

    def press(self, button: gr.Button, call: Callable[..., Call], *inputs: Any) -> None:
        """Register a button that calls a tool."""
        self.presses.append(Press(button, call, inputs))

    def button(self, draw: Draw, call: Callable[..., Call], *inputs: Any, **given: Any) -> Any:
        """A button with its look and its call."""
        made = self.show(gr.Button(size="sm", **given), draw)
        self.press(made, call, *inputs)
        return made

    def redraw(self, desk: Desk, look: Look) -> list[Any]:
        """What changed since this page was last drawn; the rest is left alone."""
        return [self._update(number, each, desk, look) for number, each in enumerate(self._shown)]

    def _update(self, number: int, shown: _Shown, desk: Desk, look: Look) -> Any:
        drawn = shown.draw(look)
        if shown.value is not None:
            value = shown.value(look)
            mark = json.dumps(value, ensure_ascii=False, default=str)
            if desk.kept.get(number) != mark:
                desk.kept[number] = mark
                desk.drawn.pop(number, None)
                drawn = drawn | {"value": value["value"]}
        mark = json.dumps(shown.draw(look), ensure_ascii=False, default=str)
        if desk.drawn.get(number) == mark:
            return gr.skip()
        desk.drawn[number] = mark
        return gr.update(**drawn)


def esc(value: object) -> str:
    """Text made safe for HTML."""
    return html.escape(str(value), quote=True)


def lines(text: object) -> str:
    """Text made safe for HTML, its line breaks kept."""
    return esc(text).replace("\n", "<br>")


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names with their values as a list of definitions; values are HTML already."""
    shown = "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<dl class='tp-facts'>{shown}</dl>" if shown else ""


def note(text: str, kind: str = "") -> str:
    """A quiet paragraph."""
    return f"<p class='tp-note {esc(kind)}'>{lines(text)}</p>" if text else ""


def progress(look: Look, *kinds: str) -> str:
    """How far a job of one of these kinds is: a bar, a percentage, the time left, or its fault."""
    job = look.job
    if job.get("kind") not in kinds:
        return ""
    if job.get("state") == "failed":
        return note(str(job.get("error") or look.say("job.failed")), "bad")
    if not look.working():
        return note(look.say("job.stopped")) if job.get("state") == "stopped" else ""
    percent = round(float(job.get("fraction") or 0) * 100)
    name = say(f"agent.job.{job['kind']}", look.language)
    left = time_left(job.get("seconds_left"), look.language)
    words = look.say("job.queued", name=name) if job["state"] == "queued" else ""
    words = words or look.say("job.running", name=name, percent=percent, left=left)
    bar = f"<div class='tp-bar' role='progressbar' aria-valuenow='{percent}' aria-valuemin='0'"
    bar += f" aria-valuemax='100' aria-label='{esc(name)}'><i style='width:{percent}%'></i></div>"
    return f"<div class='tp-job'>{bar}<p>{esc(words)}</p></div>"


def label_of(key: str, language: str, otherwise: str = "") -> str:
    """The words behind a key of any file, else the text given."""
    return say(key, language) if has(key, language) else otherwise
