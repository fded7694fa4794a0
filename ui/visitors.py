"""Who is at the page and what is theirs. Everything a browser sends is checked here.

On one's own machine every project is one's own; on a Space each visitor has a home of their own,
found by a secret token that only their browser keeps.
"""

import hashlib
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from agent.connect import Connection, from_environment
from agent.session import Session
from data.errors import BadInput, Missing, TunePathError
from data.project import Project
from data.say import LANGUAGES
from data.settings import Settings
from ui.chat import Talk

TOKEN_BYTES = 24


@dataclass(eq=False)
class Desk:
    """One open page: its session, what its chat shows, and what was last drawn. Server side."""

    session: Session
    visitor: str
    language: str
    talk: Talk
    drawn: dict[int, str] = field(default_factory=dict)
    """Fingerprint of what each component of the workbench showed last."""
    kept: dict[int, str] = field(default_factory=dict)
    """Fingerprint of the record behind each field that can be edited."""
    chosen: str = ""
    """Stage whose panel is open, or learn; empty for the stage the project is in."""
    tuned_talk: list[dict[str, str]] = field(default_factory=list)
    """The small talk with the tuned model."""
    busy: bool = False
    """A turn of this page is under way."""
    at: tuple[str, str] = ("", "")
    """Stage, and kind of the job under way, when last drawn."""
    filter: str = "all"
    """Which rows the data's table shows."""
    connecting: bool = False
    """The form to connect a model is open."""
    seen: float = 0.0
    """State of the stored conversation that the chat shows."""

    def move(self, project: Project) -> None:
        """Sit down at another project; the connected model comes along."""
        old = self.session
        self.session = Session(project, old.settings, old.connection, old.language)
        self.chosen, self.at, self.filter, self.tuned_talk = "", ("", ""), "all", []

    @property
    def place(self) -> dict[str, str]:
        """What the browser keeps: no secret but the visitor's own token."""
        return {
            "visitor": self.visitor,
            "project": self.session.project.id,
            "language": self.language,
        }


def open_desk(settings: Settings, place: Any, accept_language: str = "") -> Desk:
    """The desk for what a browser says it had open; a new one where that is nothing of theirs."""
    given = place if isinstance(place, dict) else {}
    visitor = str(given.get("visitor") or "")
    if len(visitor) < TOKEN_BYTES:
        visitor = secrets.token_urlsafe(TOKEN_BYTES)
    settings = own_settings(settings, visitor)
    language = str(given.get("language") or "")
    if language not in LANGUAGES:
        language = first_language(accept_language, settings)
    project = own_project(settings, str(given.get("project") or "")) or newest_or_new(settings)
    connection = None if settings.on_space else _environment(settings)
    session = Session(project, settings, connection, project.language or language)
    return Desk(session, visitor, session.language, Talk(session.language))


def own_settings(settings: Settings, visitor: str) -> Settings:
    """The settings with the visitor's own home; base models and locks are shared by all."""
    if not settings.on_space:
        return settings
    home = settings.home / "visitors" / hashlib.sha256(visitor.encode()).hexdigest()[:32]
    home.mkdir(parents=True, exist_ok=True)
    for shared in (settings.models, settings.locks):
        shared.mkdir(parents=True, exist_ok=True)
        link = home / shared.name
        if not link.exists():
            link.symlink_to(shared, target_is_directory=True)
    return replace(settings, home=home)


def own_project(settings: Settings, name: str) -> Project | None:
    """A project of this home; None for a foreign, an absent or an impossible name alike."""
    try:
        return Project.open(settings.home, name)
    except (BadInput, Missing):
        return None


def newest_or_new(settings: Settings) -> Project:
    """The project worked on last, else a fresh one."""
    there = Project.all(settings.home)
    return there[0] if there else Project.create(settings.home)


def first_language(accept_language: str, settings: Settings) -> str:
    """The first language of the browser that we speak, else the machine's."""
    for part in accept_language.lower().split(","):
        name = part.split(";")[0].strip()[:2]
        if name in LANGUAGES:
            return name
    return settings.language


def check_address(settings: Settings, address: str) -> None:
    """Refuse, on a Space, a model address inside the Space's own network. Raises BadInput."""
    if not settings.on_space:
        return
    host = urlsplit(address.strip()).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        raise BadInput("bad_address", address=address[:80]) from None
    if not all(ipaddress.ip_address(str(each).split("%")[0]).is_global for each in found):
        raise BadInput("bad_address", address=address[:80])


def _environment(settings: Settings) -> Connection | None:
    try:
        return from_environment(settings)
    except TunePathError:
        return None


class SameOrigin:
    """Refuses calls that another web page makes in a visitor's name, and unknown host names.

    Plain ASGI, so that streams pass untouched. `hosts` empty allows any host name. It also tells
    the browser to load pictures from here only, whatever a model writes.
    """

    POLICY = b"img-src 'self' data: blob:; media-src 'self' data: blob:; form-action 'self'"

    def __init__(self, app: Any, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._foreign(scope):
            await self._refuse(send)
        else:
            await self.app(scope, receive, self._with_policy(send))

    def _foreign(self, scope: Any) -> bool:
        headers = {name.decode("latin1").lower(): value for name, value in scope["headers"]}
        headers = {name: value.decode("latin1") for name, value in headers.items()}
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.hosts and urlsplit("//" + host).hostname not in self.hosts:
            return True
        safe = scope.get("method") in ("GET", "HEAD", "OPTIONS") and scope["type"] == "http"
        return bool(origin) and not safe and urlsplit(str(origin)).netloc != host

    def _with_policy(self, send: Any) -> Any:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                extra = [
                    (b"content-security-policy", self.POLICY),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        return sending

    async def _refuse(self, send: Any) -> None:
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": 403, "headers": plain})
        await send({"type": "http.response.body", "body": b"This call came from another site."})
