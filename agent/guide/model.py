"""A chat model that follows rules, so that offline and connected share every other line of code."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict

from agent.guide.reply import Reply
from agent.guide.talk import answer
from tools.contract import Context

_PIECES = re.compile(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+")


class GuideChatModel(BaseChatModel):
    """Decides from the conversation and the project folder; the same input gives the same words."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    context: Context | None = None
    """The project it speaks for; None only in the compiled graph, before a turn begins."""

    @property
    def _llm_type(self) -> str:
        return "guide-rules"

    def bind_tools(
        self, tools: Any, *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Tools as every chat model takes them; the guide knows them by name."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._decide(messages)
        message = AIMessage(
            reply.text, tool_calls=_calls(reply), additional_kwargs=reply.additional()
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._decide(messages)
        for piece in _PIECES.findall(reply.text):  # a Chinese sentence has no spaces to split at
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
        calls = [
            {"name": c["name"], "args": json.dumps(c["args"]), "id": c["id"], "index": i}
            for i, c in enumerate(_calls(reply))
        ]
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                tool_call_chunks=calls,  # type: ignore[arg-type]
                additional_kwargs=reply.additional(),
                chunk_position="last",
            )
        )

    def _decide(self, messages: list[BaseMessage]) -> Reply:
        if self.context is None:
            raise ValueError("the guide needs a project")
        return answer(self.context, messages)


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"name": do.tool, "args": do.arguments, "id": f"guide-{uuid4().hex[:12]}"}
        for do in reply.calls
    ]
