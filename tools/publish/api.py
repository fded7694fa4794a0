"""The HTTP application around a served model: OpenAI's two routes. Knows no torch and no socket."""

import json
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from data.alpaca import Turn
from data.records import Publication
from data.say import say
from tools.publish import openai_shapes as shapes
from tools.publish.guard import SameOrigin
from tools.publish.line import Full, Line
from tools.publish.openai_shapes import Ask, Refused
from tools.publish.voice import Said, Voice, until_stop
from tools.shared.answering import with_system


def build(voice: Voice, about: Publication, line: Line, loopback: bool) -> FastAPI:
    """The application. `loopback`: only callers on this machine are expected."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(voice, about, line)
    refusal = Refused(403, "forbidden", say("publish.api.foreign", about.language))
    app.add_middleware(
        SameOrigin, loopback=loopback, refusal=json.dumps(refusal.body, ensure_ascii=False).encode()
    )
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(HTTPException, desk.no_such_page)
    app.add_exception_handler(Exception, desk.broken)
    app.add_api_route("/", desk.front, methods=["GET"])
    app.add_api_route("/v1/models", desk.models, methods=["GET"])
    app.add_api_route("/v1/models/{name}", desk.one_model, methods=["GET"])
    app.add_api_route("/v1/chat/completions", desk.answer, methods=["POST"])
    return app


class Desk:
    """Where requests are taken."""

    def __init__(self, voice: Voice, about: Publication, line: Line) -> None:
        self.voice, self.about, self.line = voice, about, line
        self.language = about.language

    async def front(self) -> Response:
        """For somebody who opens the address in a browser."""
        return PlainTextResponse(self._say("front", model=self.about.name))

    async def models(self) -> Response:
        """The one model."""
        return JSONResponse({"object": "list", "data": [self._card]})

    async def one_model(self, name: str) -> Response:
        """The same, by name."""
        if name != self.about.name:
            raise self._refused(404, "model_not_found", "no_model", model=self.about.name)
        return JSONResponse(self._card)

    async def answer(self, request: Request) -> Response:
        """A chat completion, whole or streamed; the model's name in the request is not looked at,
        because there is only one, and the reply says which."""
        ask = shapes.read_request(await self._body(request), self.language)
        messages = with_system(ask.messages, self.about.system)
        asked = await self._count(messages)
        room = self.voice.context - asked
        if room < 1:
            limit = self.voice.context
            raise self._refused(400, "context_length_exceeded", "long", tokens=asked, limit=limit)
        work = Work(ask, messages, asked, min(ask.max_tokens or self.voice.usual, room))
        try:
            await self.line.enter()
        except Full:
            raise self._refused(503, "overloaded", "full") from None
        return await self._answer_in_turn(work, request)

    async def no_such_page(self, request: Request, error: Exception) -> Response:
        """Any address or method that is not here."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        return await _refuse(request, self._refused(status, "unknown_url", "no_page"))

    async def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours: the log has the details, the caller has a sentence."""
        return await _refuse(request, self._refused(500, "server_error", "broken"))

    async def _answer_in_turn(self, work: "Work", request: Request) -> Response:
        key = secrets.token_hex(12)
        if work.ask.stream:
            return _InTurn(self._events(work, key), self.line)
        try:
            text, last = "", Said("", 0)
            async with aclosing(self._pieces(work)) as pieces:
                async for last in pieces:
                    text += last.text
                    if await request.is_disconnected():
                        break
        finally:
            self.line.leave()
        reason, counts = _reason(last), shapes.usage(work.asked, last.tokens)
        return JSONResponse(shapes.completion(self.about.name, key, text, reason, counts))

    async def _events(self, work: "Work", key: str) -> AsyncGenerator[str]:
        name, last = self.about.name, Said("", 0)
        yield shapes.event(shapes.chunk(name, key, {"role": "assistant", "content": ""}))
        try:
            async with aclosing(self._pieces(work)) as pieces:
                async for last in pieces:
                    if last.text:
                        yield shapes.event(shapes.chunk(name, key, {"content": last.text}))
        except Exception:  # the status line is out already, so the fault travels as an event
            yield shapes.event(self._refused(500, "server_error", "broken").body)
            raise
        yield shapes.event(shapes.chunk(name, key, {}, _reason(last)))
        if work.ask.include_usage:
            counts = shapes.usage(work.asked, last.tokens)
            yield shapes.event(shapes.usage_chunk(name, key, counts))
        yield "data: [DONE]\n\n"

    async def _pieces(self, work: "Work") -> AsyncGenerator[Said]:
        """The model works in a thread, a piece at a time; leaving early ends it after a piece."""
        ask = work.ask
        said = self.voice.say(work.messages, work.max_tokens, ask.temperature, ask.top_p)
        pieces = until_stop(said, ask.stop) if ask.stop else said
        try:
            while (piece := await anyio.to_thread.run_sync(_next, pieces)) is not None:
                yield piece
        finally:
            for each in (pieces, said):
                getattr(each, "close", lambda: None)()

    async def _count(self, messages: list[Turn]) -> int:
        try:
            return await anyio.to_thread.run_sync(self.voice.count, messages)
        except ValueError:
            raise self._refused(400, "invalid_value", "order", param="messages") from None

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > shapes.BODY_BYTES:
                raise self._refused(413, "too_large", "large", limit=shapes.BODY_BYTES // 2**20)
        return bytes(body)

    def _refused(
        self, status: int, code: str, key: str, param: str | None = None, **values: object
    ) -> Refused:
        return Refused(status, code, self._say(key, **values), param)

    def _say(self, key: str, **values: object) -> str:
        return say(f"publish.api.{key}", self.language, **values)

    @property
    def _card(self) -> dict[str, Any]:
        return {"id": self.about.name, "object": "model", "created": 0, "owned_by": "tunepath"}


@dataclass(frozen=True)
class Work:
    """A request on its way to the model."""

    ask: Ask
    messages: list[Turn]
    asked: int
    """Tokens of the question."""
    max_tokens: int


class _InTurn(StreamingResponse):
    """A stream that gives its turn back however it ends, even if it never began."""

    def __init__(self, events: AsyncGenerator[str], line: Line) -> None:
        super().__init__(
            events,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )
        self._events, self._line = events, line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()  # the model stops before the next caller's turn
            self._line.leave()


def _next(pieces: Iterator[Said]) -> Said | None:
    return next(pieces, None)


def _reason(last: Said) -> str:
    return "stop" if last.ended else "length"


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {"Retry-After": "5"} if error.status == 503 else None
    return JSONResponse(error.body, error.status, headers)
