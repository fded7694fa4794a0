"""A scripted voice behind the real HTTP application on a real loopback port."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from data.alpaca import Turn
from data.records import Publication
from tools.publish.api import build
from tools.publish.line import Line
from tools.publish.voice import Said

ABOUT = Publication(
    name="grandma-001",
    run="001",
    base_model="tiny",
    language="en",
    licence="Apache-2.0",
    created="2026-01-01T00:00:00+00:00",
    system="Be kind.",
)
PATH = "/v1/chat/completions"


class Parrot:
    """Repeats the last message word by word; waits before each word while the gate is closed."""

    context, usual = 60, 40

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.heard: list[list[Turn]] = []
        self.asked: list[tuple[int, float, float]] = []
        self.closed = 0

    def count(self, messages: list[Turn]) -> int:
        if messages[-1]["content"] == "refuse":
            raise ValueError("roles must alternate")
        return sum(len(turn["content"].split()) for turn in messages)

    def say(
        self, messages: list[Turn], max_tokens: int, temperature: float, top_p: float
    ) -> Iterator[Said]:
        self.heard.append(messages)
        self.asked.append((max_tokens, temperature, top_p))
        words = messages[-1]["content"].split()
        if words == ["break"]:
            raise RuntimeError("secret detail")
        try:
            for at, word in enumerate(words[:max_tokens], 1):
                self.gate.wait(20)
                yield Said(word + " ", at)
            if len(words) <= max_tokens:
                yield Said("", len(words) + 1, ended=True)
        finally:
            self.closed += 1


class Served:
    """A running server and plain ways to call it."""

    def __init__(self, port: int, parrot: Parrot) -> None:
        self.port, self.parrot = port, parrot

    def open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def call(
        self, body: Any, path: str = PATH, method: str = "POST", **headers: str
    ) -> tuple[int, str]:
        line = self.open()
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        line.request(method, path, raw, {"Content-Type": "application/json", **headers})
        reply = line.getresponse()
        text = reply.read().decode()
        line.close()
        return reply.status, text

    def ask(self, text: str, **more: Any) -> dict[str, Any]:
        status, reply = self.call({"messages": [{"role": "user", "content": text}], **more})
        assert status == 200, reply
        return json.loads(reply)

    def events(self, text: str, **more: Any) -> list[str]:
        body = {"messages": [{"role": "user", "content": text}], "stream": True, **more}
        status, reply = self.call(body)
        assert status == 200, reply
        return [line.removeprefix("data: ") for line in reply.split("\n\n") if line]


@contextmanager
def serving(parrot: Parrot) -> Iterator[Served]:
    place = socket.create_server(("127.0.0.1", 0))
    app = build(parrot, ABOUT, Line(), loopback=True)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([place],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(place.getsockname()[1], parrot)
    finally:
        parrot.gate.set()
        server.should_exit = True
        thread.join()
