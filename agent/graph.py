"""The LangGraph graph: talk (a chat model or the offline guide), act (tools), ask (interrupts).

langchain's create_agent builds the two-node loop; what is ours hangs in four small hooks.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import uuid4

from langchain.agents import create_agent
from langchain.agents.middleware import before_model, wrap_model_call
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.errors import GraphBubbleUp
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agent.guide.model import GuideChatModel
from agent.toolbelt import offered, run_tool, schemas, since_person
from agent.view import snapshot
from data.errors import TunePathError
from data.prompt import prompt
from data.say import say
from tools.contract import Context
from tools.services.chat_models import BrokenCall, explain

MODEL_CALLS = 12
"""Model calls that one message of the person may lead to."""
PUT_OFF = "put_off"
"""Where a message keeps the calls that wait for its own one to be done."""
REMEMBERED = 60
"""Messages of the conversation that a connected model is shown; the facts come with each."""

Graph = CompiledStateGraph[Any, Context, Any, Any]


@cache
def builder() -> Any:
    """The agent, compiled once a process; a turn lends it the project's checkpointer."""
    return create_agent(
        GuideChatModel(),
        list(schemas()),
        middleware=[close_dangling, lead, run_tool],  # type: ignore[list-item]  # typed for no context
        context_schema=Context,
        name="tunepath",
    )


def with_memory(checkpointer: Any) -> Graph:
    """The same graph, remembering in one project's store."""
    return builder().copy({"checkpointer": checkpointer})


@before_model
def close_dangling(state: AgentState[Any], runtime: Runtime[Context]) -> dict[str, Any] | None:
    """Answer tool calls that a stop, a crash or a new message left unanswered.

    Servers refuse a history in which a call has no answer, or an answer stands elsewhere.
    """
    repaired = _paired(state["messages"])
    if [m.id for m in repaired] == [m.id for m in state["messages"]]:
        return None
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *repaired]}


@wrap_model_call
def lead(
    request: ModelRequest[Context], handler: Callable[[ModelRequest[Context]], ModelResponse[Any]]
) -> ModelResponse[Any] | AIMessage:
    """Let the right mind answer: a pressed button's call, the connected model, or the guide."""
    context, messages = request.runtime.context, request.messages
    if direct := _pressed(messages) or _put_off(messages):
        return direct
    if since_person(messages, AIMessage) >= MODEL_CALLS:
        return AIMessage(say("agent.too_many_calls", context.language))
    model = context.model or GuideChatModel(context=context)
    system = SystemMessage(
        prompt(
            "agent/lead",
            context.language,
            state=json.dumps(snapshot(context), ensure_ascii=False, default=str),
        )
    )
    ready = request.override(
        model=model,
        system_message=system,
        tools=list(offered(context)),
        messages=_recent(messages) if context.model else messages,
    )
    try:
        return _one_at_a_time(_asked(ready, handler))
    except (GraphBubbleUp, TunePathError):
        raise
    except Exception as error:
        # The graph stores the error of a step; what goes there must not hold a provider's text.
        raise (explain(error, model) or context.project.unexpected(error)) from None


def _asked(
    request: ModelRequest[Context], handler: Callable[[ModelRequest[Context]], ModelResponse[Any]]
) -> ModelResponse[Any] | AIMessage:
    """The model's reply; a call whose arguments are no JSON is asked for again, once."""
    try:
        return _spoken(_sound(handler(request)), request.runtime.context)
    except BrokenCall as broken:
        return _once_more(request, str(broken), handler)


def _sound(response: ModelResponse[Any]) -> ModelResponse[Any]:
    """The response, if all its calls can be read and kept; else the loop would end there without a
    word."""
    last = response.result[-1]
    if not isinstance(last, AIMessage):
        return response
    endless = [call for call in last.tool_calls if not _storable(call["args"])]
    if broken := [*last.invalid_tool_calls, *endless]:
        raise BrokenCall(", ".join(str(call["name"]) for call in broken))
    return response


def _storable(value: Any) -> bool:
    """Whether the store can keep a JSON value: it has no integers beyond 64 bits."""
    if isinstance(value, dict):
        return all(_storable(each) for each in value.values())
    if isinstance(value, list):
        return all(_storable(each) for each in value)
    return not isinstance(value, int) or abs(value) < 2**63


def _spoken(response: ModelResponse[Any], context: Context) -> ModelResponse[Any] | AIMessage:
    """The response; a model that sends nothing at all must not leave the person waiting."""
    last = response.result[-1]
    silent = isinstance(last, AIMessage) and not last.tool_calls and not str(last.text).strip()
    if silent and context.model:
        return AIMessage(say("agent.empty_reply", context.language))
    return response


def _once_more(
    request: ModelRequest[Context],
    names: str,
    handler: Callable[[ModelRequest[Context]], ModelResponse[Any]],
) -> ModelResponse[Any] | AIMessage:
    """Ask again; neither the broken call nor the reminder is kept in the conversation."""
    language = request.runtime.context.language
    reminder = HumanMessage(prompt("agent/broken_call", language, names=names))
    try:
        again = request.override(messages=[*request.messages, reminder])
        return _spoken(_sound(handler(again)), request.runtime.context)
    except BrokenCall:
        return AIMessage(say("agent.broken_call", language))


def _pressed(messages: list[AnyMessage]) -> AIMessage | None:
    """The tool call that a button stands for, put into the conversation by the session."""
    last = messages[-1]
    if not isinstance(last, HumanMessage) or "direct" not in last.additional_kwargs:
        return None
    direct = last.additional_kwargs["direct"]
    call = {"name": direct["tool"], "args": direct["arguments"], "id": f"call-{last.id}"}
    return AIMessage("", tool_calls=[call])


def _one_at_a_time(response: ModelResponse[Any] | AIMessage) -> ModelResponse[Any] | AIMessage:
    """The response with its first call, each call under an id of our own.

    Side by side, as the graph would run them, they overwrite each other's files and start before
    what they build on is there. Some servers give the same ids in every turn: answers would be
    mixed up, and an old yes would fit a new question.
    """
    last = response if isinstance(response, AIMessage) else response.result[-1]
    if not isinstance(last, AIMessage) or not last.tool_calls:
        return response
    first, *rest = [{**call, "id": uuid4().hex[:9]} for call in last.tool_calls]
    kept = {**last.additional_kwargs, PUT_OFF: rest}
    one = last.model_copy(update={"tool_calls": [first], "additional_kwargs": kept})
    return one if isinstance(response, AIMessage) else replace(response, result=[one])


def _put_off(messages: list[AnyMessage]) -> AIMessage | None:
    """The next of several calls asked for in one breath, once the one before is done."""
    if len(messages) < 2 or not isinstance(messages[-1], ToolMessage):
        return None
    rest = messages[-2].additional_kwargs.get(PUT_OFF)
    if not rest:
        return None
    return AIMessage("", tool_calls=rest[:1], additional_kwargs={PUT_OFF: rest[1:]})


def _recent(messages: list[AnyMessage]) -> list[AnyMessage]:
    """The last messages, cut where a person speaks so that no call is parted from its answer."""
    if len(messages) <= REMEMBERED:
        return messages
    starts = [i for i, m in enumerate(messages) if isinstance(m, HumanMessage)]
    later = [i for i in starts if i >= len(messages) - REMEMBERED]
    return messages[(later or starts[-1:])[0] :]


def _paired(messages: list[AnyMessage]) -> list[AnyMessage]:
    answers: dict[str, list[ToolMessage]] = {}
    for message in messages:
        if isinstance(message, ToolMessage):
            answers.setdefault(message.tool_call_id, []).append(message)
    paired: list[AnyMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            continue  # each stands right behind its call, or nowhere
        paired.append(message)
        for call in getattr(message, "tool_calls", None) or []:
            given = answers.get(call["id"])
            paired.append(given.pop(0) if given else _unanswered(call))
    return paired


def _unanswered(call: Any) -> ToolMessage:
    return ToolMessage(
        "Not run: the person moved on.",
        id=f"closed-{call['id']}",
        tool_call_id=call["id"],
        name=call["name"],
        status="error",
    )
