"""The chat-completions exchange in OpenAI's shapes: reading a request, writing replies and errors.

Shapes follow OpenAI's public API reference for /v1/chat/completions and /v1/models.
"""

import json
import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.alpaca import Turn
from data.say import has, say

BODY_BYTES = 2**20
"""A request may be this long: far more text than a small model can read."""
MESSAGES = 400
UNSUPPORTED = ("tools", "functions", "logprobs", "audio", "top_logprobs")
"""Wishes that would change the answer's form; keeping quiet about them would mislead the caller."""

Text = Annotated[str, Field(strict=True)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


class _Piece(_Shape):
    type: Literal["text"]
    text: Text


class _Message(_Shape):
    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[_Piece]

    @property
    def turn(self) -> Turn:
        text = self.content
        if not isinstance(text, str):
            text = "".join(piece.text for piece in text)
        # Half a character (a lone surrogate, legal in JSON) can't be encoded for the tokenizer.
        text = text.encode("utf-8", "replace").decode("utf-8")
        return {"role": "system" if self.role == "developer" else self.role, "content": text}


class _Request(_Shape):
    messages: list[_Message] = Field(min_length=1, max_length=MESSAGES)
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: Text | list[Text] | None = None
    n: Literal[1] | None = None


@dataclass(frozen=True)
class Ask:
    """A request that was understood."""

    messages: list[Turn]
    stream: bool
    include_usage: bool
    max_tokens: int | None
    temperature: float
    top_p: float
    stop: tuple[str, ...]


class Refused(Exception):
    """A request that gets an error reply: HTTP status, OpenAI's code, the sentence, the field."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param

    @property
    def body(self) -> dict[str, Any]:
        """The reply's JSON."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {
            "error": {
                "message": self.message,
                "type": kind,
                "param": self.param,
                "code": self.code,
            }
        }


def read_request(body: bytes, language: str) -> Ask:
    """The request of a POST body. Raises Refused with 400 and the field at fault."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "invalid_json", say("publish.api.not_json", language)) from None
    if not isinstance(raw, dict):
        raise Refused(400, "invalid_json", say("publish.api.not_json", language))
    _check_supported(raw, language)
    try:
        return _ask(_Request.model_validate(raw))
    except ValidationError as error:
        raise _bad_field(error, language) from None


def completion(
    name: str, key: str, text: str, reason: str, usage: dict[str, int]
) -> dict[str, Any]:
    """A whole answer."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return _envelope(name, key, "chat.completion", [choice]) | {"usage": usage}


def chunk(name: str, key: str, delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    """One piece of a streamed answer."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return _envelope(name, key, "chat.completion.chunk", [choice])


def usage_chunk(name: str, key: str, usage: dict[str, int]) -> dict[str, Any]:
    """The last piece for a caller that asked for token counts."""
    return _envelope(name, key, "chat.completion.chunk", []) | {"usage": usage}


def usage(asked: int, answered: int) -> dict[str, int]:
    """Token counts of question and answer."""
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
    }


def event(document: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"


def _envelope(name: str, key: str, kind: str, choices: list[Any]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{key}",
        "object": kind,
        "created": int(time.time()),
        "model": name,
        "choices": choices,
    }


def _ask(request: _Request) -> Ask:
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    return Ask(
        messages=[message.turn for message in request.messages],
        stream=bool(request.stream),
        include_usage=bool((request.stream_options or {}).get("include_usage")),
        max_tokens=request.max_completion_tokens or request.max_tokens,
        temperature=request.temperature or 0.0,
        top_p=1.0 if request.top_p is None else request.top_p,
        stop=tuple(mark for mark in stop if mark)[:8],
    )


def _check_supported(raw: dict[str, Any], language: str) -> None:
    form = raw.get("response_format")
    asked = [name for name in UNSUPPORTED if raw.get(name)]
    if isinstance(form, dict) and form.get("type", "text") != "text":
        asked.append("response_format")
    if asked:
        sentence = say("publish.api.unsupported", language, field=asked[0])
        raise Refused(400, "unsupported_parameter", sentence, asked[0])


def _bad_field(error: ValidationError, language: str) -> Refused:
    first = error.errors(include_url=False, include_input=False)[0]
    path = [str(part) for part in first["loc"]]
    if "content" in path:  # what follows names our own alternatives, not the caller's fields
        path = path[: path.index("content") + 1]
    elif path and path[0] == "stop":
        path = path[:1]
    field = ".".join(path)
    kind = path[-1] if path and path[-1] in ("role", "content") else first["type"]
    key = f"publish.api.reason.{kind}"
    reason = say(key if has(key) else "publish.api.reason.other", language)
    sentence = say("publish.api.bad_field", language, field=field, reason=reason)
    return Refused(400, "invalid_value", sentence, field)
