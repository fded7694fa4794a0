"""What a tool is: a typed function of a Context that returns an Outcome, registered with @tool."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel

from data.errors import NotReady
from data.project import Project
from data.settings import Settings


def _quiet(fraction: float, text: str) -> None:
    """Nobody is watching."""


def _on() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(frozen=True)
class Context:
    """Where a tool works and for whom."""

    project: Project
    settings: Settings
    language: str
    model: BaseChatModel | None = None
    """The connected chat model; None while the offline guide leads."""
    report: Callable[[float, str], None] = _quiet
    """Progress of a tool that takes seconds: fraction 0..1 and a sentence for the person."""
    stopped: Callable[[], bool] = _on
    """Whether the person pressed Stop; a tool that waits for something looks at it."""


@dataclass(frozen=True)
class Outcome:
    """What a tool has to say for itself."""

    text: str
    """For the person, in their language."""
    card: str = ""
    """Markdown that is shown below the text: a table, a record, a plan."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Small JSON values for the model and for code."""
    job: str = ""
    """Kind of a job that was started and goes on."""


@dataclass(frozen=True)
class Quote:
    """What is about to happen and what it takes; shown before an approval."""

    action: str
    """The step in a few words: the title of the approval."""
    text: str
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A registered function with what it needs and what it leaves."""

    name: str
    stage: str
    function: Callable[..., Outcome]
    needs: tuple[str, ...]
    """Record names that must be there before it runs; see Project.leaves."""
    leaves: str
    asks: Callable[..., Quote | None] | None
    """Quote to approve before it runs; it may return None where there is nothing to ask."""

    @property
    def description(self) -> str:
        """The docstring: what the chat model reads."""
        return inspect.getdoc(self.function) or ""

    def __call__(self, context: Context, **arguments: Any) -> Outcome:
        """Run it; every fault a person can cause is a TunePathError."""
        return self.function(context, **arguments)

    def check_ready(self, project: Project) -> None:
        """Raises NotReady, naming the first record that is missing."""
        there = project.leaves()
        for need in self.needs:
            if need not in there:
                raise NotReady(f"needs_{need.lower()}")


def tool(
    *,
    stage: str,
    needs: tuple[str, ...] = (),
    leaves: str = "",
    asks: Callable[..., Quote | None] | None = None,
) -> Callable[[Callable[..., Outcome]], Tool]:
    """Turn a function into a Tool named <stage>_<function>."""

    def register(function: Callable[..., Outcome]) -> Tool:
        return Tool(
            f"{stage}_{getattr(function, '__name__', '')}", stage, function, needs, leaves, asks
        )

    return register
