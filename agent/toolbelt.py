"""Registered tools as the graph sees them: schemas, gates, approvals, errors as answers."""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast

from langchain.agents.middleware import wrap_tool_call
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphBubbleUp
from langgraph.types import Command, interrupt
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from agent.events import Asked, Worked, Working
from data.errors import BadInput, Missing, NotReady, TunePathError
from data.say import has, say
from tools.contract import Context, Outcome, Quote, Tool
from tools.registry import TOOLS
from tools.services.chat_models import explain

TOOL_CALLS = 20
"""Tool calls that one message of the person may lead to; the next ones are refused."""


@cache
def by_name() -> dict[str, Tool]:
    """Every registered tool by its name."""
    return {tool.name: tool for tool in TOOLS}


@cache
def schemas() -> tuple[BaseTool, ...]:
    """The tools for a chat model to choose from. They run in `run_tool`, never by themselves."""
    return tuple(
        StructuredTool(
            name=tool.name,
            description=tool.description,
            args_schema=_arguments(tool.name),
            func=_never,
        )
        for tool in TOOLS
    )


def offered(context: Context) -> list[BaseTool]:
    """Tools whose needs the project meets."""
    there = context.project.leaves()
    tools = by_name()
    return [schema for schema in schemas() if set(tools[schema.name].needs) <= there]


@wrap_tool_call
def run_tool(
    request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
) -> ToolMessage:
    """Check, ask where asking is due, run, and answer; a person's mistake is an answer too."""
    call, context = request.tool_call, _context(request)
    tell = request.runtime.stream_writer
    label, heard = tool_label(call["name"], context.language), ""
    try:
        tool = _known(call["name"])
        arguments = _checked(tool, call["args"], context)
        if since_person(request.state["messages"], ToolMessage) > TOOL_CALLS:
            raise NotReady("too_many_calls")
        tool.check_ready(context.project)
        quote = tool.asks(context, **arguments) if tool.asks else None
        if quote:
            approved, heard = _approved(str(call["id"]), tool, arguments, quote)
            if not approved:
                return _declined(call, context.language, heard)
        tell(Working(tool.name, label))
        watched = replace(
            context, report=lambda part, text: tell(Working(tool.name, label, text, part))
        )
        answer = _answer(call, label, tool(watched, **arguments))
    except TunePathError as error:
        answer = _answer(call, label, Outcome(error.text(context.language)), code=error.code)
    except GraphBubbleUp:  # the interrupt of an approval is no error
        raise
    except Exception as error:  # one broken tool must not end the conversation
        fault = explain(error, context.model) or context.project.unexpected(error)
        answer = _answer(call, label, Outcome(fault.text(context.language)), code=fault.code)
    tell(worked(answer))
    answer.additional_kwargs["heard"] = heard
    return answer


def _context(request: ToolCallRequest) -> Context:
    return cast(Context, request.runtime.context)


def worked(message: ToolMessage) -> Worked:
    """A tool's answer as the screen shows it; also used to redraw the history."""
    return Worked(**message.additional_kwargs["worked"])


def tool_label(name: str, language: str) -> str:
    """What a tool does, in a few words."""
    return say(f"agent.tool.{name}", language) if has(f"agent.tool.{name}") else name


def _answer(call: Any, label: str, outcome: Outcome, code: str = "") -> ToolMessage:
    facts = {"error": code} if code else outcome.facts
    content = json.dumps({"said": outcome.text, **facts}, ensure_ascii=False, default=str)
    shown = {
        "tool": call["name"],
        "label": label,
        "arguments": call["args"],
        "ok": not code,
        "text": outcome.text,
        "card": outcome.card,
        "facts": json.loads(json.dumps(facts, default=str)),
    }
    return ToolMessage(
        content,
        tool_call_id=call["id"],
        name=call["name"],
        status="error" if code else "success",
        additional_kwargs={"worked": shown},
    )


def _declined(call: Any, language: str, heard: str) -> ToolMessage:
    """The answer of a tool that did not run, so that it shows nothing; whoever leads says it."""
    content = json.dumps({"said": say("agent.declined", language)}, ensure_ascii=False)
    return ToolMessage(
        content,
        tool_call_id=call["id"],
        name=call["name"],
        additional_kwargs={"declined": True, "heard": heard},
    )


def _approved(
    call_id: str, tool: Tool, arguments: dict[str, Any], quote: Quote
) -> tuple[bool, str]:
    """Whether exactly this call got a fresh yes, and the words of the person; the turn pauses here
    until it is answered."""
    asked = Asked(call_id, tool.name, quote.action, quote.text, arguments, quote.numbers)
    reply = interrupt(vars(asked))
    return reply.get("yes") is True and reply.get("id") == call_id, str(reply.get("said", ""))


def _known(name: str) -> Tool:
    tool = by_name().get(name)
    if tool is None:
        raise Missing("tool_missing", name=name[:64])
    return tool


def _checked(tool: Tool, given: dict[str, Any], context: Context) -> dict[str, Any]:
    try:
        return dict(_arguments(tool.name).model_validate(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput("bad_argument", field=field, reason=first["msg"]) from None


@cache
def _arguments(name: str) -> type[BaseModel]:
    signature = inspect.signature(by_name()[name].function, eval_str=True)
    fields: dict[str, Any] = {
        each.name: (each.annotation, ... if each.default is each.empty else each.default)
        for each in list(signature.parameters.values())[1:]
    }
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def since_person(messages: Sequence[AnyMessage], kind: type[AnyMessage]) -> int:
    """Messages of a kind since the person last spoke."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        count += isinstance(message, kind)
    return count


def _never(**_: Any) -> str:
    raise RuntimeError("tools run in run_tool")
