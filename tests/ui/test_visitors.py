"""Who may see what: homes, languages, addresses, and calls from other pages."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.errors import BadInput
from data.project import Project
from data.settings import Settings
from ui.visitors import SameOrigin, check_address, first_language, open_desk, own_settings


def space(settings: Settings) -> Settings:
    return replace(settings, on_space=True)


def test_on_a_space_each_visitor_has_a_home_that_no_other_finds(settings: Settings) -> None:
    one = open_desk(space(settings), {})
    two = open_desk(space(settings), {"visitor": "x" * 40, "project": one.session.project.id})
    assert two.session.project.id != one.session.project.id
    assert one.session.settings.home != two.session.settings.home
    again = open_desk(space(settings), one.place)
    assert again.session.project.id == one.session.project.id


def test_on_a_space_models_and_locks_are_shared(settings: Settings) -> None:
    own = own_settings(space(settings), "a" * 40)
    assert own.models.resolve() == settings.models.resolve()
    assert own.locks.resolve() == settings.locks.resolve()


def test_at_home_every_project_is_ones_own(settings: Settings) -> None:
    project = Project.create(settings.home, "mine")
    assert open_desk(settings, {}).session.project.id == project.id


@pytest.mark.parametrize("name", ["../other", "/etc", "", "a/b", "x" * 200, None, 7, ["a"]])
def test_an_impossible_project_is_never_opened(settings: Settings, name: Any) -> None:
    desk = open_desk(settings, {"project": name, "visitor": ["?"], "language": {"x": 1}})
    assert desk.session.project.folder.parent == settings.home / "projects"


@pytest.mark.parametrize("place", [None, "text", 5, [], {"visitor": "short"}])
def test_whatever_a_browser_sends_a_desk_is_opened(settings: Settings, place: Any) -> None:
    assert len(open_desk(settings, place).visitor) >= 24


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB", "en"),
        ("fr-FR,fr;q=0.9,zh;q=0.2", "zh"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_first_known_language_counts(
    settings: Settings, accepted: str, language: str
) -> None:
    assert first_language(accepted, settings) == language


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:80", "http://localhost/v1", "http://[::1]/v1", "http://0.0.0.0"]
)
def test_a_space_refuses_addresses_inside_its_own_network(settings: Settings, address: str) -> None:
    check_address(settings, address)  # one's own machine may
    with pytest.raises(BadInput):
        check_address(space(settings), address)


def answered(headers: dict[str, str], method: str = "POST", hosts: tuple[str, ...] = ()) -> int:
    """The status that the middleware, or the app behind it, answers with."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "headers": pairs}
    asyncio.run(SameOrigin(app, hosts)(scope, None, send))
    return int(sent[0]["status"])


HOSTS = ("127.0.0.1", "localhost")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999"])
def test_another_pages_calls_are_refused(origin: str) -> None:
    assert answered({"host": "127.0.0.1:7860", "origin": origin}, hosts=HOSTS) == 403


def test_a_host_name_that_was_bent_to_this_machine_is_refused() -> None:
    headers = {"host": "evil.example:7860", "origin": "http://evil.example:7860"}
    assert answered(headers, hosts=HOSTS) == 403
    assert answered({"host": "evil.example"}, "GET", HOSTS) == 403


def test_the_pages_own_calls_pass() -> None:
    own = {"host": "localhost:7860", "origin": "http://localhost:7860"}
    assert answered(own, hosts=HOSTS) == 200
    assert answered({"host": "127.0.0.1:7860"}, "GET", HOSTS) == 200


def test_a_visitors_token_is_in_no_path_on_disk(settings: Settings, home: Path) -> None:
    desk = open_desk(space(settings), {})
    assert not any(desk.visitor in str(path) for path in home.rglob("*"))
