"""What a screen can be told. Plain values only; a screen is a pure function of these."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choice:
    """An answer button. Pressing it is the same as typing `value`."""

    value: str
    label: str


@dataclass(frozen=True)
class Heard:
    """What the person said (also from a button). Opens a turn; also used to redraw history."""

    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A piece of a reply being streamed. The `Said` that follows holds the whole."""

    text: str


@dataclass(frozen=True)
class Said:
    """A whole reply of the assistant, Markdown."""

    text: str


@dataclass(frozen=True)
class Working:
    """A tool has begun, or goes on: `fraction` 0..1 where it can tell, with a sentence."""

    tool: str
    label: str
    text: str = ""
    fraction: float | None = None


@dataclass(frozen=True)
class Worked:
    """A tool has ended. `text` and `card` (Markdown) are for the person."""

    tool: str
    label: str
    arguments: dict[str, Any]
    ok: bool
    text: str
    card: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """An approval is awaited; nothing runs before `Session.answer(id, yes)`."""

    id: str
    tool: str
    action: str
    """Title, a few words."""
    text: str
    """What will happen and what it takes."""
    arguments: dict[str, Any]
    quote: dict[str, Any]
    """The numbers behind the text."""


@dataclass(frozen=True)
class Offered:
    """Answer buttons for what was said last; the last of a turn counts."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Failed:
    """The turn could not go on. One sentence and the next step; never a traceback."""

    code: str
    text: str
    next_step: str


@dataclass(frozen=True)
class Settled:
    """The turn is over and this is where the project stands now."""

    stage: str
    job: dict[str, Any] | None
    """kind, state, fraction, seconds_left; None where nothing runs or was run."""


Event = Heard | Piece | Said | Working | Worked | Asked | Offered | Failed | Settled
