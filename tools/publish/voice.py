"""What the server needs of a model, and where its answer ends. Knows no model and no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from data.alpaca import Turn


@dataclass(frozen=True)
class Said:
    """A piece of an answer."""

    text: str
    tokens: int
    """Tokens made so far, the end mark included."""
    ended: bool = False
    """The model itself came to an end; always the last piece."""


class Voice(Protocol):
    """A model that answers one question at a time."""

    context: int
    """Tokens that question and answer may have together."""
    usual: int
    """Tokens an answer may have where the caller names none."""

    def count(self, messages: list[Turn]) -> int:
        """Tokens of the question with all marks around it. Raises ValueError for an order of
        roles that the model's chat template refuses."""
        ...

    def say(
        self, messages: list[Turn], max_tokens: int, temperature: float, top_p: float
    ) -> Iterator[Said]:
        """The answer, piece by piece; closing the iterator ends the work."""
        ...


def until_stop(pieces: Iterator[Said], stops: tuple[str, ...]) -> Iterator[Said]:
    """The pieces up to the first stop text, which itself is not said.

    Text that may be the beginning of a stop text is held back until that is known.
    """
    held, tokens, ended = "", 0, False
    for piece in pieces:
        held, tokens, ended = held + piece.text, piece.tokens, piece.ended
        found = [at for stop in stops if (at := held.find(stop)) >= 0]
        if found:
            yield Said(held[: min(found)], tokens, ended=True)
            return
        safe = len(held) - _may_begin(held, stops)
        if safe > 0:
            yield Said(held[:safe], tokens)
            held = held[safe:]
    yield Said(held, tokens, ended)


def _may_begin(text: str, stops: tuple[str, ...]) -> int:
    """Length of the longest end of `text` that is the beginning of a stop text."""
    lengths = (
        size
        for stop in stops
        for size in range(min(len(stop) - 1, len(text)), 0, -1)
        if text.endswith(stop[:size])
    )
    return max(lengths, default=0)


def trimmed(pieces: Iterator[Said]) -> Iterator[Said]:
    """The same answer as `str.strip` leaves of it, while it streams: white space is held back
    until more text follows."""
    held, begun, last = "", False, Said("", 0)
    for last in pieces:
        held += last.text
        if not begun:
            held = held.lstrip()
        safe = held.rstrip()
        if safe:
            begun = True
            yield Said(safe, last.tokens)
            held = held[len(safe) :]
    yield Said("", last.tokens, last.ended)
