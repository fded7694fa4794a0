"""Connecting a chat model, for page and command line."""

from typing import Any

from data.settings import Settings
from data.shelf import shelf
from tools.services.chat_models import Connection, connect, explain
from tools.services.try_connection import Check, try_connection

__all__ = [
    "Check",
    "Connection",
    "connect",
    "explain",
    "from_environment",
    "providers",
    "test_connection",
]

test_connection = try_connection


def from_environment(settings: Settings) -> Connection | None:
    """The model that the environment names; None where it names none. Raises BadInput if wrong."""
    if not (settings.base_url and settings.model):
        return None
    at = settings.base_url.strip().rstrip("/")
    known = (each for each in providers() if each.get("base_url") == at)
    extra: Any = next(known, {}).get("extra_body")
    return connect(at, settings.api_key, settings.model, extra=extra)


def providers() -> list[dict[str, object]]:
    """The editable list of providers, as shipped."""
    return list(shelf("shipped/providers")["providers"])
