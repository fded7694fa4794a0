"""A message of the stored conversation as a screen shows it."""

from collections.abc import Iterator, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.events import Choice, Event, Heard, Said
from agent.toolbelt import worked


def choices(message: BaseMessage) -> tuple[Choice, ...]:
    """The buttons that came with it."""
    kept = message.additional_kwargs.get("choices") or []
    return tuple(Choice(c["value"], c["label"]) for c in kept)


def shown(message: BaseMessage) -> Iterator[Event]:
    """The events that it stands for; none for a quiet one."""
    if isinstance(message, HumanMessage) and not message.additional_kwargs.get("quiet"):
        extra = message.additional_kwargs
        yield Heard(extra.get("said", str(message.text)), tuple(extra.get("files", ())))
    elif isinstance(message, AIMessage) and str(message.text).strip():
        yield Said(str(message.text))
    elif isinstance(message, ToolMessage):
        if heard := message.additional_kwargs.get("heard"):
            yield Heard(heard)
        if "worked" in message.additional_kwargs:
            yield worked(message)


def last_tool(messages: Sequence[BaseMessage]) -> str:
    """Name of the tool that ran last since the person spoke; empty where none did."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            return str(message.name)
    return ""
