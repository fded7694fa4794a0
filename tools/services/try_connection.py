"""Test connection: a greeting, a streamed tool call and a structured answer; keeps what worked."""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import HumanMessage
from pydantic import BaseModel, Field

from data.errors import TunePathError
from data.prompt import prompt
from data.say import say
from tools.services.chat_models import Connection, connect, explain


@dataclass(frozen=True)
class Check:
    """One thing that was tried."""

    name: str
    """greeting, tool_call or structured."""
    ok: bool
    text: str
    """What came of it, for the person."""


class Sum(BaseModel):
    """The answer to the question."""

    total: int = Field(description="the sum")


class add(BaseModel):
    """Add two whole numbers."""

    a: int
    b: int


def try_connection(
    base_url: str, key: str, model: str, language: str, extra: dict[str, Any] | None = None
) -> tuple[Connection | None, list[Check]]:
    """The connection with the settings that worked, or None, and what was tried.

    Without a greeting there is no connection. Without tool calls there is none either, as the
    assistant can't work; a server that calls tools only when not streamed is used that way.
    """
    try:
        plain = connect(base_url, key, model, extra=extra)
        greeting = _greet(plain, language)
    except Exception as error:
        return None, [Check("greeting", False, _sentence(error, base_url, key, model, language))]
    checks = [Check("greeting", True, say("connect.greeting", language, said=greeting))]
    found, check = _tools(base_url, key, model, extra, language)
    checks.append(check)
    if found is None:
        return None, checks
    checks.append(_structured(found, language))
    return found, checks


def _greet(connection: Connection, language: str) -> str:
    reply = connection.model.invoke([HumanMessage(prompt("connect/greeting", language))])
    return " ".join(str(reply.text).split())[:60]


def _tools(
    base_url: str, key: str, model: str, extra: dict[str, Any] | None, language: str
) -> tuple[Connection | None, Check]:
    error: Exception | None = None
    for name, quirks in (
        ("tool_stream", {}),
        ("tool_whole", {"disable_streaming": "tool_calling"}),
    ):
        candidate = connect(base_url, key, model, extra=extra, **quirks)
        try:
            if _calls_a_tool(candidate, language):
                return candidate, Check("tool_call", True, say(f"connect.{name}", language))
        except Exception as caught:
            error = caught
    reason = "" if error is None else _sentence(error, base_url, key, model, language)
    return None, Check("tool_call", False, say("connect.no_tools", language) + reason)


def _calls_a_tool(connection: Connection, language: str) -> bool:
    bound = connection.model.bind_tools([add])
    whole: Any = None
    for piece in bound.stream([HumanMessage(prompt("connect/tool", language))]):
        whole = piece if whole is None else whole + piece
    calls = getattr(whole, "tool_calls", None) or []
    return any(call["name"] == "add" and set(call["args"]) == {"a", "b"} for call in calls)


def _structured(connection: Connection, language: str) -> Check:
    for method in ("function_calling", "json_mode"):
        try:
            asking = connection.model.with_structured_output(Sum, method=method, include_raw=True)
            answer = asking.invoke([HumanMessage(prompt("connect/structured", language))])
        except Exception:
            continue
        if isinstance(answer, dict) and isinstance(answer.get("parsed"), Sum):
            return Check("structured", True, say("connect.structured", language))
    return Check("structured", False, say("connect.no_structured", language))


def _sentence(error: Exception, base_url: str, key: str, model: str, language: str) -> str:
    if not isinstance(error, TunePathError):
        try:
            error = explain(error, connect(base_url, key, model).model) or TunePathError(
                "not_a_server", host=base_url
            )
        except TunePathError as known:
            error = known
    return error.text(language)
