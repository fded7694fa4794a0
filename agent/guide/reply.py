"""What the guide answers with: words, buttons, or tools to run."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Do:
    """What a button or a rule leads to: a tool with its arguments, or a topic to speak about."""

    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    topic: str = ""
    """Key below agent.topic: words to say, nothing to run."""


@dataclass(frozen=True)
class Option:
    """A button and what it does."""

    label: str
    do: Do


@dataclass(frozen=True)
class Reply:
    """One answer. With calls, the words come before them."""

    text: str = ""
    options: tuple[Option, ...] = ()
    calls: tuple[Do, ...] = ()
    questions: tuple[str, ...] = ()
    """The Facts fields that the next words of the person answer."""
    default: int = 0
    """Index of the option to take where the person leaves it to us."""

    def additional(self) -> dict[str, Any]:
        """What the message keeps beside its text, as plain values."""
        choices = [{"value": o.label, "label": o.label, **vars(o.do)} for o in self.options]
        return {"choices": choices, "questions": list(self.questions)}
