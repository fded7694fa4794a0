"""The conversation with the offline guide: words and buttons in, events out."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from agent.events import Asked, Failed, Heard, Offered, Said, Settled, Worked
from agent.session import Session
from data.files import write_json
from data.project import Project
from data.records import BaseModelChoice, Brief, Decision, Facts, Route
from data.settings import Settings
from tests.tools.train.ready import ready_project
from tools.contract import Context, Outcome
from tools.registry import TOOLS

IDEAS = {
    "zh": "我想做一个说话像我奶奶的聊天机器人，给家里人用。",
    "en": "I want a bot that answers our customers in our own tone of voice.",
}


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def said(events):
    return [event.text for event in only(events, Said)]


def buttons(events):
    return [choice.value for choice in only(events, Offered)[-1].choices]


@pytest.fixture
def session(project, settings):
    return Session(project, settings)


def interview(session, language):
    """Answer every question with its first button until the brief is there."""
    events = list(session.send(IDEAS[language]))
    for _ in range(6):
        if session.project.read(Brief):
            return events
        events = list(session.send(buttons(events)[0]))
    raise AssertionError("more than five questions")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_idea_becomes_a_brief_and_a_decision_by_buttons_alone(session, language):
    events = interview(session, language)
    brief = session.project.read(Brief)
    assert brief.language == language and len(brief.cases) >= 3
    assert all(case.question and case.passes and case.fails for case in brief.cases)
    list(session.send(buttons(events)[0]))
    decision = session.project.read(Decision)
    assert decision.route.trains and decision.reasons and decision.cost
    assert session.project.stage == "dataset"
    assert session.language == language


def test_the_person_may_type_a_buttons_number_or_its_words_loosely(session):
    of_two = buttons(list(session.send(IDEAS["en"])))
    events = list(session.send(next(label for label in of_two if label.startswith("2."))))
    label = buttons(events)[1]
    list(session.send("2"))
    by_number = session.project.read(Facts)
    assert by_number.data_at_hand
    again = Session(Project.create(session.settings.home, "again"), session.settings)
    list(again.send(IDEAS["en"]))
    list(again.send(label.upper() + " !"))
    assert again.project.read(Facts).data_at_hand == by_number.data_at_hand


@pytest.mark.parametrize(
    ("text", "language"),
    [("我看不懂这些 asdf qwer zxcv", "zh"), ("purple monkey dishwasher", "en")],
)
def test_words_that_are_not_understood_are_said_to_be(home, settings, text, language):
    session = Session(ready_project(home, model=False), settings, language=language)
    session.project.write(Facts(aim="x"))
    _decided(session.project)
    events = list(session.send(text))
    assert ("按规则" in said(events)[-1]) == (language == "zh")
    assert "rules" in said(events)[-1] or language == "zh"
    assert buttons(events), "there is always a way on"


def _decided(project, route=Route.FINETUNE):
    project.write(
        Brief(aim="a", audience="b", language="en", inputs="c", outputs="d", expected="e")
    )
    project.write(
        Decision(route=route, reasons=("r",), cost="c", cheaper_first="", would_change="w")
    )


@pytest.mark.parametrize(
    "text", ["what next?", "下一步", "why?", "为什么", "show me the data", "help"]
)
@pytest.mark.parametrize("stage", ["plan", "workflow", "dataset", "base_model", "train"])
def test_the_standing_questions_have_an_answer_everywhere(home, settings, stage, text):
    project = Project.create(home, "p") if stage in ("plan", "workflow", "dataset") else None
    project = project or ready_project(home, "p", model=False)
    if stage != "plan":
        _decided(project, Route.LOOKUP if stage == "workflow" else Route.FINETUNE)
    if stage == "base_model":
        (project.folder / BaseModelChoice.FILE).unlink()
    project.write(Facts(aim="x"))
    assert project.stage == stage
    events = list(Session(project, settings).send(text))
    assert not only(events, Failed)
    assert said(events) or only(events, Worked)
    assert buttons(events)


def test_going_back_asks_first_and_loses_nothing(home, settings):
    project = ready_project(home, "p", model=False)
    _decided(project)
    project.write(Facts(aim="x"))
    session = Session(project, settings)
    events = list(session.send("go back"))
    asked = only(events, Asked)[0]
    assert project.stage == "train"
    list(session.answer(asked.id, True))
    assert project.stage == "base_model"
    assert list((project.folder / "base_model").glob("before-*.json"))


def test_the_history_redraws_what_was_on_the_screen(session):
    live = [e for e in session.send(IDEAS["en"]) if isinstance(e, Heard | Said | Worked)]
    drawn = [e for e in session.history() if isinstance(e, Heard | Said | Worked)]
    assert drawn == live


def test_another_session_on_the_same_project_goes_on_with_the_talk(session):
    events = list(session.send(IDEAS["en"]))
    other = Session(Project.open(session.settings.home, "test"), session.settings)
    assert [e.text for e in other.history() if isinstance(e, Heard)] == [IDEAS["en"]]
    assert buttons(other.history()) == buttons(events)


def test_two_screens_talking_at_once_lose_no_message(session):
    list(session.send(IDEAS["en"]))

    def talk(name):
        own = Session(Project.open(session.settings.home, "test"), session.settings)
        for number in range(4):
            list(own.send(f"{name} {number}"))

    threads = [threading.Thread(target=talk, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = [event.text for event in only(session.history(), Heard)]
    wanted = {f"{name} {number}" for name in ("left", "right") for number in range(4)}
    assert wanted <= set(heard) and len(heard) == 9


def test_the_talk_follows_the_language_of_the_person(session):
    list(session.send(IDEAS["en"]))
    assert session.language == "en"
    events = list(session.send("我用中文说吧，接下来做什么？"))
    assert session.language == "zh"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in said(events)[-1])


def test_a_file_comes_into_the_project_under_a_safe_name(session, tmp_path):
    rows = "".join(f'{{"instruction": "q{n}?", "output": "Answer {n}."}}\n' for n in range(12))
    bad = tmp_path / "..sneaky name;rm -rf.jsonl"
    bad.write_text(rows)
    events = list(session.send("", [bad]))
    assert only(events, Worked)[0].ok, only(events, Worked)[0].text
    kept = list(session.project.uploads.iterdir())
    assert len(kept) == 1 and kept[0].name == "sneaky_name_rm_-rf.jsonl"
    assert len(session.project.items()) == 12


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00\x01", b"just words", b"[{]"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_that_can_not_be_used_is_one_sentence_and_loses_nothing(
    project, settings, tmp_path, content, language
):
    session = Session(project, settings, language=language)
    list(session.call("dataset_use_sample", {"name": "support_en"}))
    before = project.items()
    file = tmp_path / "data.jsonl"
    file.write_bytes(content)
    events = list(session.send("", [file]))
    worked = only(events, Worked)[0]
    assert not worked.ok and "Traceback" not in worked.text and str(tmp_path) not in worked.text
    assert project.items() == before
    assert buttons(events)


def test_a_missing_file_and_an_empty_message_are_one_sentence_each(session, tmp_path):
    gone = only(list(session.send("", [tmp_path / "gone.jsonl"])), Failed)[0]
    nothing = only(list(session.send("  ")), Failed)[0]
    assert (gone.code, nothing.code) == ("file_missing", "empty_message")


def test_a_tool_that_breaks_does_not_end_the_talk(session, monkeypatch):
    from agent import toolbelt

    message = "a secret sk-canary in a message"

    def broken(context: Context) -> Outcome:
        raise ZeroDivisionError(message)

    names = toolbelt.by_name()
    tool = names["learn_what_next"]
    monkeypatch.setitem(names, tool.name, type(tool)(**{**vars(tool), "function": broken}))
    toolbelt._arguments.cache_clear()
    events = list(session.call("learn_what_next", {}))
    toolbelt._arguments.cache_clear()
    worked = only(events, Worked)[0]
    assert not worked.ok and worked.facts["error"] == "unexpected"
    notes = (session.project.folder / "errors.txt").read_text()
    assert "ZeroDivisionError" in notes and "canary" not in notes
    assert not only(list(session.send(IDEAS["en"])), Failed)


@examples(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.text(max_size=200))
def test_no_words_at_all_break_the_talk(tmp_path_factory, text):
    home = tmp_path_factory.mktemp("home")
    session = Session(Project.create(home, "p"), Settings(home=home))
    events = list(session.send(text))
    assert isinstance(events[-1], Settled)
    failed = only(events, Failed)
    assert not failed or failed[0].code == "empty_message"


def test_every_tool_has_a_docstring_for_the_model_and_a_label_in_both_languages():
    from agent.toolbelt import schemas, tool_label

    for tool, schema in zip(TOOLS, schemas(), strict=True):
        assert len(tool.description) > 40, tool.name
        assert schema.args_schema
        for language in ("zh", "en"):
            assert tool_label(tool.name, language) != tool.name, tool.name


def test_a_welcome_offers_three_roads_and_is_kept_nowhere(session):
    events = list(session.greet())
    assert said(events) and len(buttons(events)) == 3
    assert session.history() == []


def test_a_job_that_ended_is_spoken_about_once(home, settings):
    project = ready_project(home, "p", model=False)
    _decided(project)
    project.write(Facts(aim="x"))
    run = project.new_run()
    job = {"kind": "train", "state": "failed", "error": "out_of_memory", "started": 1.0}
    write_json(run.folder / "job.json", job)
    session = Session(project, settings)
    first = list(session.notice())
    assert "memory" in said(first)[-1] and buttons(first)
    assert list(session.notice()) == []
    assert [e for e in session.history() if isinstance(e, Heard)] == []
