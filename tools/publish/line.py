"""The line before the model: one generation at a time, a few waiting, the rest turned away."""

import asyncio
import time

WAITING = 8
"""Callers that may wait; at some seconds an answer, a ninth would wait past anyone's patience."""


class Full(Exception):
    """As many are waiting as may."""


class Line:
    """Used inside one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._inside = 0
        self._since = time.monotonic()

    async def enter(self) -> None:
        """Wait for one's turn. Raises Full at once where the line is too long."""
        if self._inside > WAITING:
            raise Full
        self._inside += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._inside -= 1
            raise

    def leave(self) -> None:
        """Give the turn to the next."""
        self._inside -= 1
        self._since = time.monotonic()
        self._turn.release()

    @property
    def idle_seconds(self) -> float:
        """How long nobody has been here."""
        return 0.0 if self._inside else time.monotonic() - self._since
