"""Connecting a chat model, for page and command line."""

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
    return connect(settings.base_url, settings.api_key, settings.model)


def providers() -> list[dict[str, object]]:
    """The editable list of providers, as shipped."""
    return list(shelf("shipped/providers")["providers"])
