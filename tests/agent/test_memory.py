"""The store of the talk: small, whole after accidents, one turn at a time."""

import sqlite3
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from agent import memory
from agent.events import Failed, Heard, Said, Settled, Worked
from agent.session import Session
from data.project import Project
from data.settings import Settings
from tests.rigs.stages import project_at


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def heard(session):
    return [each.text for each in only(session.history(), Heard)]


@pytest.fixture
def session(home):
    return Session(project_at(home, "dataset", "p"), Settings(home=home))


def test_the_store_grows_with_the_talk_and_not_with_its_square(session):
    sizes = []
    for number in range(24):
        list(session.send(f"purple monkey number {number}"))
        sizes.append((session.project.folder / "talk.sqlite").stat().st_size)
    assert sizes[-1] < 3 * sizes[8]
    assert len(heard(session)) == 24, "and nothing said is forgotten"


def test_a_clock_that_is_set_back_loses_no_turn(session, monkeypatch):
    from langgraph.checkpoint.base import id as ids

    real = time.time_ns
    for day, text in ((0, "first words"), (-1, "second words"), (365, "third"), (-400, "fourth")):
        monkeypatch.setattr(ids, "_last_v6_timestamp", None)  # as in a process of its own
        monkeypatch.setattr(time, "time_ns", lambda day=day: real() + day * 86_400 * 10**9)
        list(session.send(text))
    assert heard(session) == ["first words", "second words", "third", "fourth"]


@pytest.mark.parametrize("damage", ["garbage", "cut", "holes", "empty"])
def test_a_store_that_can_not_be_read_is_put_aside_and_the_talk_goes_on(session, damage):
    for number in range(4):
        list(session.send(f"words {number}"))
    store = session.project.folder / "talk.sqlite"
    whole = bytearray(store.read_bytes())
    for start in range(4096 * 2, len(whole), 4096):
        whole[start : start + 300] = b"\xff" * 300
    store.write_bytes(
        {
            "garbage": b"no database " * 900,
            "cut": store.read_bytes()[:5000],
            "holes": bytes(whole),
            "empty": b"",
        }[damage]
    )
    again = Session(session.project, session.settings)
    first = list(again.send("are you there?"))
    assert isinstance(first[-1], Settled)
    codes = [each.code for each in only(first, Failed)]
    assert codes == ([] if damage == "empty" else ["talk_damaged"])
    second = list(again.send("what next?"))
    assert only(second, Said) and not only(second, Failed)
    kept = list(session.project.folder.glob("talk.damaged-*.sqlite"))
    assert len(kept) == len(codes)
    assert session.project.stage == "dataset"


def test_a_screen_that_opens_on_a_damaged_store_says_so(session):
    list(session.send("hello there"))
    (session.project.folder / "talk.sqlite").write_bytes(b"no database " * 900)
    (session.project.folder / "talk.sqlite").write_bytes(b"no database " * 900)
    shown = session.history()
    assert only(shown, Failed)[0].code == "talk_damaged"
    assert "talk.damaged-" in only(shown, Failed)[0].text


def test_a_turn_that_meets_another_says_so_after_some_patience(session, monkeypatch):
    monkeypatch.setattr(memory, "PATIENCE", 0.2)
    with FileLock(session.project.folder / "turn.lock"):
        events = list(session.send("hello"))
    assert only(events, Failed)[0].code == "turn_running"
    assert not only(list(session.send("hello")), Failed)


def test_a_full_disk_is_one_sentence_and_the_talk_so_far_is_kept(session, monkeypatch):
    list(session.send("before the disk was full"))
    connect = sqlite3.connect

    def full(*arguments, **options):
        connection = connect(*arguments, **options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", full)
        codes = set()
        for number in range(6):
            events = list(session.send(f"words of the full disk {number} " + "x" * 4000))
            codes |= {each.code for each in only(events, Failed)}
    assert codes == {"disk_full"}
    assert heard(session)[0] == "before the disk was full"
    assert not only(list(session.send("and on it goes")), Failed)


KILLED = """
import os, sys
from pathlib import Path
from agent.events import Worked
from agent.session import Session
from data.project import Project
from data.settings import Settings

home, kind = Path(sys.argv[1]), sys.argv[2]
session = Session(Project.open(home, "p"), Settings(home=home))
for event in session.send(sys.argv[3]):
    if type(event).__name__ == kind:
        os._exit(9)
"""


@pytest.mark.parametrize("kind", ["Heard", "Working", "Worked", "Piece", "Said"])
def test_an_app_that_is_killed_in_a_turn_leaves_a_talk_that_goes_on(session, kind):
    list(session.send("what next?"))
    words = "show me the brief" if kind in ("Working", "Worked") else "what next?"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(session.settings.home), kind, words], timeout=120
    )
    assert done.returncode == 9
    events = list(session.send("show me the brief"))
    assert not only(events, Failed) and only(events, Worked)[0].ok
    said = heard(session)
    assert said[0] == "what next?" and said[-1] == "show me the brief"
    assert len(said) in (2, 3), "the words of the killed turn are there once or not at all"
    connection = sqlite3.connect(session.project.folder / "talk.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_what_was_said_in_an_abandoned_turn_is_kept(session):
    for event in session.send("show me the brief"):
        if isinstance(event, Worked):
            break
    list(session.send("what next?"))
    assert heard(session) == ["show me the brief", "what next?"]


def test_a_project_from_elsewhere_has_a_talk_of_its_own(home):
    one, two = (Session(Project.create(home, name), Settings(home=home)) for name in ("a", "b"))
    list(one.send("I want a bot that talks like a pirate"))
    assert heard(two) == []
