"""A loopback server that is wrong in one chosen way: cut streams, pages, no JSON, odd statuses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def piece(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    line = json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})
    return f"data: {line}\n\n".encode()


def half_a_call() -> bytes:
    """The beginning of a streamed tool call."""
    function = {"name": "plan_note_facts", "arguments": '{"aim": "te'}
    return piece(
        {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}
    )


STREAM, PAGE, JSON = "text/event-stream", "text/html", "application/json"
FAULTS: dict[str, tuple[int, str, bytes, bool]] = {
    "cut_in_a_word": (200, STREAM, piece({"content": "Hal"}), True),
    "cut_in_a_call": (200, STREAM, half_a_call(), True),
    "a_page": (200, PAGE, b"<html>Welcome</html>", False),
    "no_json": (200, STREAM, b"data: {nope\n\n", False),
    "nothing": (200, STREAM, b"", False),
    "null": (200, JSON, b"null", False),
    "no_choices": (200, STREAM, b'data: {"id": "c", "choices": []}\n\ndata: [DONE]\n\n', False),
    "filtered": (200, STREAM, piece({}, "content_filter") + b"data: [DONE]\n\n", False),
    "error_in_stream": (200, STREAM, b'data: {"error": {"message": "sk-canary"}}\n\n', False),
    "redirect": (302, PAGE, b"", False),
    "too_big": (413, JSON, b"{}", False),
    "come_back_in_a_day": (429, JSON, b"{}", False),
}
"""Name -> status, content type, body, and whether the connection breaks off after it."""


@contextmanager
def odd_server(fault: str) -> Iterator[tuple[str, list[str]]]:
    """Its address and the list of paths that were asked for."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(FAULTS[fault], asked))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(fault: tuple[int, str, bytes, bool], asked: list[str]) -> type[BaseHTTPRequestHandler]:
    status, kind, body, breaks = fault

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            asked.append(self.path)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body) + 1000 * breaks))
            if status == 302:
                self.send_header("location", "/inside")
            if status == 429:
                self.send_header("retry-after", "86400")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            self.close_connection = True

    return Handler
