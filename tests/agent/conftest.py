"""Tools whose inside is exchanged for a test; all that surrounds them stays real."""

import pytest

from agent import toolbelt
from tools.contract import Context, Outcome, Tool


@pytest.fixture
def swapped(monkeypatch):
    """Put another function, or another question, in a tool's place."""

    def swap(name, **changes):
        names = toolbelt.by_name()
        monkeypatch.setitem(names, name, Tool(**{**vars(names[name]), **changes}))
        toolbelt._arguments.cache_clear()

    yield swap
    toolbelt._arguments.cache_clear()


@pytest.fixture
def counted(swapped):
    """train_start counts its runs and trains nothing."""
    runs = []

    def start(context: Context) -> Outcome:
        runs.append(context.project.id)
        return Outcome("It runs.")

    swapped("train_start", function=start)
    return runs
