"""What a turn does to the page: words are never lost, one turn goes at a time, stop stops it."""

from pathlib import Path
from typing import Any

import pytest
from gradio.utils import get_upload_folder

from data.project import Project
from data.say import say
from data.settings import Settings
from ui.panels.bench import Bench
from ui.turns import Turns, recall
from ui.visitors import Desk, open_desk

TOO_LONG = "x" * 50_000


@pytest.fixture
def turns(settings: Settings) -> Turns:
    return Turns(settings, Bench())


@pytest.fixture
def desk(settings: Settings) -> Desk:
    made = open_desk(settings, {"language": "en"})
    recall(made)
    return made


def typed(text: str, *files: str) -> dict[str, Any]:
    return {"text": text, "files": list(files)}


def test_the_box_is_emptied_when_the_words_were_heard(turns: Turns, desk: Desk) -> None:
    first, *_, last = turns.say(desk, {}, typed("I want a bot for our shop"))
    assert first[2]["value"] == {"text": "", "files": []}
    assert first[2]["stop_btn"] and not last[2]["stop_btn"]
    assert "value" not in last[2]  # whatever was typed meanwhile stays


def test_words_that_were_not_heard_come_back_with_their_files(
    turns: Turns, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    own = Path(get_upload_folder()) / "abc" / "rows.csv"
    foreign = tmp_path / "secret.txt"
    for file in (own, foreign):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("question,answer\n")
    *_, last = turns.say(desk, {}, typed(TOO_LONG, str(own), str(foreign)))
    assert last[2]["value"] == {"text": TOO_LONG, "files": [str(own.resolve())]}


def test_while_a_turn_goes_on_another_waits_and_its_words_stay(turns: Turns, desk: Desk) -> None:
    going = turns.say(desk, {}, typed("I want a bot for our shop"))
    next(going)
    with pytest.warns(UserWarning, match="still"):
        (only,) = turns.say(desk, {}, typed("one more thing"))
    assert "value" not in only[2] and desk.busy
    for _ in going:
        pass
    assert not desk.busy


def test_a_turn_that_is_left_early_leaves_the_page_free(turns: Turns, desk: Desk) -> None:
    going = turns.say(desk, {}, typed("hello"))
    next(going)
    going.close()  # type: ignore[attr-defined]
    assert not desk.busy


def test_another_project_is_not_opened_in_the_middle_of_a_turn(
    turns: Turns, desk: Desk, settings: Settings
) -> None:
    other = Project.create(settings.home)
    here = desk.session.project.id
    going = turns.say(desk, {}, typed("hello"))
    next(going)
    with pytest.warns(UserWarning):
        turns.switch(desk, {}, other.id)
    assert desk.session.project.id == here
    for _ in going:
        pass
    turns.switch(desk, {}, other.id)
    assert desk.session.project.id == other.id


def test_stop_ends_the_turn_with_a_word(turns: Turns, desk: Desk) -> None:
    going = turns.say(desk, {}, typed("I want a bot for our shop"))
    next(going)
    next(going)  # the words are heard
    turns.stop(desk)
    shown = [step[1] for step in going if isinstance(step[1], list)]
    assert any(message["content"] == say("agent.stopped", "en") for message in shown[-1])
