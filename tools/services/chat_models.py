"""Chat models behind any OpenAI-compatible server, through langchain-openai.

Works around what such servers are known to do differently; what one can do is tried, not assumed.
"""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from data.errors import BadInput, TunePathError, Unreachable

CONNECT_SECONDS, SILENCE_SECONDS, WHOLE_SECONDS = 10.0, 60.0, 180.0
"""Longest wait for a connection, between two pieces, and for one whole reply."""
RETRIES = 2


class CompatChatOpenAI(ChatOpenAI):
    """ChatOpenAI that keeps reasoning text apart and speaks the older dialect most servers know."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: Any
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )
        choices = chunk.get("choices") or [{}]
        thought = _thought(choices[0].get("delta") or {})
        if made is not None and thought:
            made.message.additional_kwargs["reasoning_content"] = thought
        return made

    def _create_chat_result(
        self, response: Any, generation_info: dict[str, Any] | None = None
    ) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        raw = response if isinstance(response, dict) else response.model_dump()
        for made, choice in zip(result.generations, raw.get("choices") or [], strict=False):
            if thought := _thought(choice.get("message") or {}):
                made.message.additional_kwargs["reasoning_content"] = thought
        return result

    def _get_request_payload(
        self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        for message in payload.get("messages", []):
            if message["role"] == "developer":
                message["role"] = "system"
            if message["role"] == "assistant":
                message["content"] = message.get("content") or ""  # null is refused by some
        return payload

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        try:
            return super()._generate(*args, **kwargs)
        except (ValueError, TypeError, LookupError, AttributeError):  # a page, a proxy, no JSON
            host = _host(self.openai_api_base or "")
            raise Unreachable("not_a_server", host=host) from None

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        """As above, ended after WHOLE_SECONDS however often a piece arrives.

        Raises BrokenCall where a call's arguments end in the middle: langchain would close the
        brackets by itself, and a tool would run on half of what was meant.
        """
        ends = time.monotonic() + WHOLE_SECONDS
        calls: dict[Any, list[str]] = {}
        for chunk in self._heard(super()._stream(*args, **kwargs)):
            for piece in getattr(chunk.message, "tool_call_chunks", ()):
                known = calls.setdefault(piece["index"], ["", ""])
                known[0] += piece["name"] or ""
                known[1] += piece["args"] or ""
            yield chunk
            if time.monotonic() > ends:
                raise Unreachable("server_slow", host=_host(self.openai_api_base or ""))
        if broken := [name for name, arguments in calls.values() if not _whole(arguments)]:
            raise BrokenCall(", ".join(broken))

    def _heard(self, pieces: Iterator[ChatGenerationChunk]) -> Iterator[ChatGenerationChunk]:
        """The pieces; what is no reply at all, or breaks off in the middle, is said to be so."""
        host, begun = _host(self.openai_api_base or ""), False
        try:
            for piece in pieces:
                begun = True
                yield piece
        except openai.APITimeoutError:
            raise
        except openai.APIConnectionError:
            if not begun:
                raise
            raise Unreachable("server_cut", host=host) from None
        except (ValueError, TypeError, LookupError, AttributeError):  # a page, a proxy, no JSON
            raise Unreachable("not_a_server", host=host) from None
        if not begun:
            raise Unreachable("not_a_server", host=host)


class _Straight(openai.DefaultHttpxClient):
    """Follows no redirect: one could lead into the machine's own network, past every check of the
    address. Closes its sockets when the connection is forgotten."""

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()


class BrokenCall(Exception):
    """A model's tool call whose arguments are no JSON; holds the tools' names."""


@dataclass(frozen=True)
class Connection:
    """A chat model that answers, and what to call it. Lives in memory only."""

    model: BaseChatModel
    name: str
    host: str


def connect(
    base_url: str, key: str, model: str, *, extra: dict[str, Any] | None = None, **quirks: Any
) -> Connection:
    """A connection, untried. Raises BadInput where address or model name can't be one."""
    base_url, key, model = base_url.strip().rstrip("/"), key.strip(), model.strip()
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("bad_address", address=base_url[:80])
    if not model:
        raise BadInput("no_model_name")
    if not key.isascii() or any(c.isspace() for c in key):
        raise BadInput("bad_key")
    chat = CompatChatOpenAI(
        base_url=base_url,
        api_key=SecretStr(key or "none"),  # local servers want none, the client wants something
        model=model,
        timeout=_timeout(),
        http_client=_Straight(follow_redirects=False, timeout=_timeout()),
        max_retries=RETRIES,
        stream_usage=False,
        use_responses_api=False,
        extra_body=extra or None,
        **quirks,
    )
    return Connection(chat, model, parts.hostname)


def explain(error: BaseException, model: BaseChatModel | None) -> TunePathError | None:
    """A provider's error as a sentence for the person; None where it is none of a provider's.

    The provider's own text is never passed on: some repeat the key in it.
    """
    host = _host(str(getattr(model, "openai_api_base", "") or ""))
    name = str(getattr(model, "model_name", ""))
    if isinstance(error, openai.AuthenticationError):
        return Unreachable("key_refused")
    if isinstance(error, openai.PermissionDeniedError) or _status(error) == 402:
        return Unreachable("key_forbidden")
    if isinstance(error, openai.NotFoundError):
        return Unreachable("model_missing", model=name)
    if isinstance(error, openai.RateLimitError):
        return Unreachable("server_busy")
    if isinstance(error, openai.APITimeoutError):
        return Unreachable("server_slow", host=host)
    if isinstance(error, openai.APIConnectionError):
        return Unreachable("server_unreachable", host=host)
    if isinstance(error, openai.InternalServerError):
        return Unreachable("server_fault")
    if isinstance(error, openai.APIStatusError):
        return Unreachable("server_refused")
    if type(error) is openai.APIError:  # told in the middle of a stream
        return Unreachable("server_fault")
    if isinstance(error, openai.OpenAIError):
        return Unreachable("not_a_server", host=host)
    return None


def _whole(arguments: str) -> bool:
    try:
        json.loads(arguments or "{}")
    except ValueError:
        return False
    return True


def _status(error: BaseException) -> int:
    return int(getattr(error, "status_code", 0) or 0)


def _timeout() -> Any:
    return openai.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)


def _thought(part: dict[str, Any]) -> str:
    return part.get("reasoning_content") or part.get("reasoning") or ""


def _host(address: str) -> str:
    return urlsplit(address).hostname or address
