"""A real OpenAI-compatible server on loopback that is as strict as the strictest provider.

It refuses a history in which a tool call has no answer or an answer has no call, checks the key,
streams text and tool-call deltas, and replies by a script: a function from the request to a reply.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = dict[str, Any]
"""What the script says: {"text": …}, {"tool": name, "arguments": dict or broken JSON text},
{"calls": [{"tool": …, "arguments": …}, …]} for several in one breath, or {"status": code}."""


@dataclass
class StrictServer:
    """Where it listens and what it was asked."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def strict_server(
    script: Callable[[dict[str, Any]], Reply], key: str = "sk-test-canary"
) -> Iterator[StrictServer]:
    """Serve until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script, key))
    known = StrictServer(f"http://127.0.0.1:{server.server_port}/v1")
    server.known = known  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def complaint(messages: list[dict[str, Any]]) -> str:
    """Why a strict provider would refuse this history; empty if it would not."""
    open_calls: list[str] = []
    for message in messages:
        role = message.get("role")
        if role not in ("system", "user", "assistant", "tool"):
            return f"unknown role {role}"
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                return "a tool message answers no call"
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            return f"calls without an answer: {open_calls}"
        if message.get("content") is None:
            return "content is null"
        open_calls = [call["id"] for call in message.get("tool_calls") or []]
        for call in message.get("tool_calls") or []:
            json.loads(call["function"]["arguments"])
    return f"calls without an answer: {open_calls}" if open_calls else ""


def _handler(script: Callable[[dict[str, Any]], Reply], key: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            known: StrictServer = self.server.known  # type: ignore[attr-defined]
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            known.requests.append(body)
            if self.headers.get("authorization") != f"Bearer {key}":
                return self._json(401, {"error": {"message": f"bad key {key}"}})
            if problem := complaint(body["messages"]):
                known.refused.append(problem)
                return self._json(400, {"error": {"message": problem}})
            reply = script(body)
            if "status" in reply:
                return self._json(reply["status"], {"error": {"message": "as scripted"}})
            if body.get("stream"):
                return self._stream(reply)
            return self._json(200, _whole(reply))

        def _json(self, status: int, document: Any) -> None:
            payload = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def _stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for delta, finish in _deltas(reply):
                choice = {"index": 0, "delta": delta, "finish_reason": finish}
                line = json.dumps(
                    {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}
                )
                self.wfile.write(f"data: {line}\n\n".encode())
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

    return Handler


def _calls(reply: Reply) -> list[dict[str, Any]]:
    """The reply's tool calls as OpenAI writes them."""
    wanted = reply.get("calls") or ([reply] if "tool" in reply else [])
    return [
        {
            "index": number,
            "id": each.get("id", f"call_{number + 1}"),
            "type": "function",
            "function": {"name": each["tool"], "arguments": _arguments(each)},
        }
        for number, each in enumerate(wanted)
    ]


def _arguments(reply: Reply) -> str:
    given = reply.get("arguments", {})
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _whole(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.get("text")}
    if calls := _calls(reply):
        message["tool_calls"] = calls
    return {
        "id": "c",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(reply)}],
    }


def _deltas(reply: Reply) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Text in small pieces; a call with its name first and its arguments torn in the middle."""
    yield {"role": "assistant", "content": ""}, None
    text = reply.get("text") or ""
    for start in range(0, len(text), 4):
        yield {"content": text[start : start + 4]}, None
    for call in _calls(reply):
        whole, name = call["function"]["arguments"], call["function"]["name"]
        yield {"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]}, None
        for start in range(0, len(whole), 7):
            piece = {"index": call["index"], "function": {"arguments": whole[start : start + 7]}}
            yield {"tool_calls": [piece]}, None
    yield {}, _finish(reply)


def _finish(reply: Reply) -> str:
    return "tool_calls" if _calls(reply) else "stop"
