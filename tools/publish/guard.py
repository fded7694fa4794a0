"""Keeps web pages of other origins away from the local server. Pure ASGI; knows no model."""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SameOrigin:
    """Refuses a browser's call from another page, and a Host that only pretends to be this machine.

    The second stops DNS rebinding: a foreign name that was made to point at loopback after its
    page had loaded. Where the server was opened to a network on purpose, any Host is welcome.
    """

    def __init__(self, app: App, loopback: bool, refusal: bytes) -> None:
        self.app, self.loopback, self.refusal = app, loopback, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403."""
        if scope["type"] == "http" and not self._welcome(scope):
            head = [(b"content-type", b"application/json; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": head})
            await send({"type": "http.response.body", "body": self.refusal})
            return
        await self.app(scope, receive, send)

    def _welcome(self, scope: Scope) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin", "")
        try:
            same = not origin or urlsplit(origin).netloc == host
            return same and (not self.loopback or is_loopback(urlsplit(f"//{host}").hostname or ""))
        except ValueError:
            return False


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means this machine itself."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
