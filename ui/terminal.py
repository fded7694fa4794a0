"""Events for the command line: lines for a person on one side, one JSON document on the other."""

import html
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

from agent.events import Asked, Event, Failed, Offered, Piece, Said, Settled, Worked, Working


@dataclass
class Turn:
    """One turn as `chat --json` prints it."""

    replies: list[str] = field(default_factory=list)
    options: list[dict[str, str]] = field(default_factory=list)
    asks: dict[str, Any] | None = None
    tools: list[dict[str, Any]] = field(default_factory=list)
    stage: str = ""
    job: dict[str, Any] | None = None
    project: str = ""
    error: str = ""

    def take(self, event: Event) -> None:
        """Add what an event says."""
        match event:
            case Said(text):
                self.replies.append(plain(text))
            case Worked():
                self.replies.append(plain("\n\n".join(filter(None, (event.text, event.card)))))
                told = {"name": event.tool, "arguments": event.arguments, "ok": event.ok}
                self.tools.append(told)
            case Asked():
                keys = ("id", "action", "arguments", "quote", "text")
                self.asks = {key: getattr(event, key) for key in keys}
            case Offered(choices):
                self.options = [asdict(choice) for choice in choices]
            case Failed():
                self.error = f"{event.text} {event.next_step}"
            case Settled(stage, job):
                self.stage, self.job = stage, job
            case _:
                pass

    def document(self) -> dict[str, Any]:
        """The JSON document; `error` only where there was one."""
        whole = asdict(self)
        return whole if self.error else {k: v for k, v in whole.items() if k != "error"}


class Screen:
    """Prints events to a terminal; progress of a tool rewrites its own line."""

    def __init__(self, language: str, out: TextIO | None = None) -> None:
        self.language = language
        self.out = out or sys.stdout
        self._streaming = self._progress = False

    def show(self, events: Iterable[Event], turn: Turn | None = None) -> Turn:
        """Print events as they come; what they add up to is returned."""
        turn = turn or Turn()
        for event in events:
            self._one(event)
            turn.take(event)
        self._end_line()
        return turn

    def line(self, text: str = "") -> None:
        """Print one line."""
        self._end_line()
        print(text, file=self.out, flush=True)

    def progress(self, text: str) -> None:
        """Rewrite the progress line; on a pipe, where nothing can be rewritten, stay quiet."""
        if self.out.isatty():
            self._progress = True
            print(f"\r\033[K{text}", end="", file=self.out, flush=True)

    def _one(self, event: Event) -> None:
        match event:
            case Piece(text):
                if not self._streaming:
                    self._end_line()
                    self._streaming = True
                print(text, end="", file=self.out, flush=True)
            case Said(text):
                if self._streaming:
                    self._streaming = False
                    print("\n", file=self.out, flush=True)
                else:
                    self.line(text + "\n")
            case Working():
                part = "" if event.fraction is None else f" {event.fraction:.0%}"
                self.progress(f"· {event.label}{part} {event.text}")
            case Worked():
                self.line(f"· {event.label}")
                self.line(plain("\n\n".join(filter(None, (event.text, event.card)))) + "\n")
            case Asked():
                self.line(f"? {event.action}\n{event.text}\n")
            case Offered(choices):
                for number, choice in enumerate(choices, 1):
                    self.line(f"  {number}. {choice.label}")
            case Failed():
                self.line(f"! {event.text} {event.next_step}")
            case _:
                pass

    def _end_line(self) -> None:
        if self._streaming or self._progress:
            print(
                "\r\033[K" if self._progress else "",
                end="" if self._progress else "\n",
                file=self.out,
            )
        self._streaming = self._progress = False


def plain(text: str) -> str:
    """A card without what only a page needs: escaped signs, and line breaks inside a table."""
    return html.unescape(text.replace("<br>", " "))


def print_json(document: dict[str, Any], out: TextIO) -> None:
    """One document on one line."""
    print(json.dumps(document, ensure_ascii=False, default=str), file=out, flush=True)
