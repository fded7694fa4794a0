"""Events to messages of a Gradio chatbot. Pure: the same events always give the same messages."""

import re
from collections.abc import Iterable
from typing import Any

from agent.events import (
    Asked,
    Choice,
    Event,
    Failed,
    Heard,
    Offered,
    Piece,
    Said,
    Worked,
    Working,
)
from data.say import say

LONGEST = 1200
"""Characters of the person's own message that are shown; pasted replies can be very long."""
ANSWER = re.compile(r"answer:(yes|no):([\w.:-]{1,200})")
"""Value of an approval's button: which answer, to which question."""

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_PICTURE = re.compile(r"!(?=\[)")


class Talk:
    """What the chatbot shows, built up event by event."""

    def __init__(self, language: str, events: Iterable[Event] = ()) -> None:
        self.language = language
        self._messages: list[dict[str, Any]] = []
        self._options: list[dict[str, str]] = []
        self._asked: Asked | None = None
        self._working: int | None = None
        self._streamed = ""
        self._served: dict[str, Any] = {}
        for event in events:
            self.take(event)

    def messages(self) -> list[dict[str, Any]]:
        """The messages, the answer buttons on the last one."""
        shown = [dict(message) for message in self._messages]
        if self._streamed:
            shown.append(_assistant(safe(self._streamed)))
        elif shown and self._options and shown[-1]["role"] == "assistant":
            shown[-1]["options"] = list(self._options)
        return shown

    def take(self, event: Event) -> None:
        """Add what an event says."""
        match event:
            case Heard(text, files):
                self._options = []
                self._messages.append({"role": "user", "content": _heard(text, files)})
            case Piece(text):
                self._streamed += text
            case Said(text):
                self._streamed = ""
                self._say(safe(text))
            case Working():
                self._progress(event)
            case Worked():
                self._result(event)
            case Asked():
                self._asked = event
                self._say(f"**{safe(event.action)}**\n\n{safe(event.text)}")
            case Offered(choices):
                self._options = self._buttons(choices)
                self._asked = None
            case Failed(_, text, next_step):
                self._end_working()
                self._say(f"> **{safe(text)}**\n>\n> {safe(next_step)}")
            case _:
                self._streamed = ""

    def snippets(self, url: str) -> dict[str, str]:
        """Code that a tool gave for calling the server at an address; empty for another address."""
        return dict(self._served.get("snippets", {})) if self._served.get("url") == url else {}

    def _say(self, text: str) -> None:
        if text.strip():
            self._messages.append(_assistant(text))

    def _buttons(self, choices: tuple[Choice, ...]) -> list[dict[str, str]]:
        if self._asked is None:
            return [{"value": choice.value, "label": choice.label} for choice in choices]
        values = [f"answer:{word}:{self._asked.id}" for word in ("yes", "no")]
        return [
            {"value": value, "label": choice.label}
            for value, choice in zip(values, choices, strict=False)
        ]

    def _progress(self, event: Working) -> None:
        percent = "" if event.fraction is None else f"{event.fraction:.0%}"
        said = " · ".join(filter(None, (percent, safe(event.text))))
        message = _assistant(said or "…", title=_title(event.label), status="pending")
        if self._working is None:
            self._working = len(self._messages)
            self._messages.append(message)
        else:
            self._messages[self._working] = message

    def _result(self, event: Worked) -> None:
        title = (
            event.label if event.ok else say("ui.chat.not_done", self.language, what=event.label)
        )
        message = _assistant(self._details(event), title=_title(title), status="done")
        if self._working is None:
            self._messages.append(message)
        else:
            self._messages[self._working] = message
        self._working = None
        self._served = event.facts if event.facts.get("snippets") else self._served
        self._say("\n\n".join(filter(None, (safe(event.text), safe(event.card)))))

    def _end_working(self) -> None:
        """A tool that never came to its end spins no longer."""
        if self._working is not None:
            self._messages[self._working]["metadata"]["status"] = "done"
        self._working, self._streamed = None, ""

    def _details(self, event: Worked) -> str:
        """What the tool was called with, for whoever unfolds it."""
        given = [f"- `{key}`: {_short(value)}" for key, value in event.arguments.items()]
        return "\n".join([f"`{event.tool}`", *given])


def safe(text: str) -> str:
    """Markdown without pictures and without HTML; code stays as it is written."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            closes = mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence)
            fence = "" if closes and not line.strip(" `~") else fence
        elif mark:
            lines.append(line)
            fence = mark[1]
        else:
            lines.append(_safe_line(line))
    return "\n".join(lines)


def _safe_line(line: str) -> str:
    made, end = [], 0
    for span in _SPAN.finditer(line):
        made += [_bare(line[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*made, _bare(line[end:])])


def _bare(text: str) -> str:
    return _PICTURE.sub("", text.replace("<", "&lt;"))


def _assistant(text: str, **metadata: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    return message | ({"metadata": metadata} if metadata else {})


def _title(text: str) -> str:
    return " ".join(text.replace("<", "").split())


def _heard(text: str, files: tuple[str, ...]) -> str:
    """The person's words as they wrote them: marks that Markdown would take are shown."""
    shown = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
    shown = re.sub(
        r"([\\`*_{}\[\]#|~$])", r"\\\1", shown.replace("&", "&amp;").replace("<", "&lt;")
    )
    shown = re.sub(r"(?m)^(\s*)([>+-]|\d+(?=[.)]))", _escaped_mark, shown)
    named = [f"`{name.replace('`', '')}`" for name in files]
    return "\n\n".join(filter(None, (shown, "  ".join(named))))


def _escaped_mark(found: re.Match[str]) -> str:
    """A list's or a quotation's mark at the start of a line, so that it stays what was typed."""
    space, mark = found.groups()
    return f"{space}{mark}\u2060" if mark.isdigit() else f"{space}\\{mark}"


def _short(value: Any) -> str:
    text = " ".join(str(value).replace("`", "'").split())
    return f"`{text[:120]}{'…' if len(text) > 120 else ''}`" if text else "—"
