"""Cheaper first: the prompt alone, tried and judged in the conversation, whoever leads."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false

import json

import pytest

from agent import commands
from agent.connect import connect
from agent.events import Failed, Offered, Said, Settled, Worked, Working
from agent.session import Session
from agent.view import snapshot, view
from data.records import Baseline, Brief, Decision, Route
from data.say import say
from data.settings import Settings
from tests.rigs.stages import decision, project_at
from tests.rigs.strict_openai import strict_server
from tests.tools.tiny import tiny_model
from tools import jobs
from tools.plan.ask_cases import Asked, ask_cases
from tools.shared.starter import STARTER

LANGUAGES = ("zh", "en")


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def tools(events):
    return [worked.tool for worked in only(events, Worked)]


def buttons(events):
    return [choice.value for choice in only(events, Offered)[-1].choices]


def label(name, language):
    return say(f"agent.option.{name}", language)


def labels(language, *names):
    return [label(name, language) for name in names]


def answered_at(home, stage, language="en"):
    """A conversation in which every case has an answer of the starter, and none a verdict."""
    project = project_at(home, stage)
    brief = project.read(Brief)
    asked = Asked("SmolLM2", True, lambda turns: f"About {turns[-1]['content']}")
    list(ask_cases(project, brief, asked, ()))
    return Session(project, Settings(home=home, language=language), language=language)


def mark_all(session, *names):
    """Press the buttons by name, one after the other; the events of the last one."""
    events = []
    for name in names:
        events = list(session.send(label(name, session.language)))
        assert tools(events) == ["plan_mark_answer"], events
    return events


# --- led by rules


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", ["dataset", "workflow"])
def test_the_button_asks_the_starter_and_each_answer_is_judged_in_turn(home, stage, language):
    tiny_model(home / "models" / STARTER)
    session = Session(
        project_at(home, stage), Settings(home=home, language=language), language=language
    )
    events = list(session.send({"zh": "下一步", "en": "what next?"}[language]))
    assert label("try_prompt", language) in buttons(events)
    events = list(session.send(label("try_prompt", language)))
    assert tools(events) == ["plan_try_prompt"] and only(events, Settled)[-1].job
    assert buttons(events) == labels(language, "how_far", "stop_trial")
    for job in commands.follow(session.project):
        last = job
    assert last.state == "done", (last.folder / "log.txt").read_text()
    events = list(session.notice())
    assert "Case 0?" in only(events, Worked)[-1].card
    assert buttons(events) == labels(language, "passes", "fails", "mark_later")
    events = mark_all(session, "passes", "fails")
    assert "Case 2?" in only(events, Worked)[-1].card
    assert session.history()[-1] == only(events, Offered)[-1]
    mark_all(session, "passes")
    baseline = session.project.read(Baseline)
    assert [each.passed for each in baseline.answers] == [True, False, True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_good_answers_offer_to_stop_there_and_the_person_may(home, language):
    session = answered_at(home, "dataset", language)
    list(session.send(label("mark_answers", language)))
    events = mark_all(session, "passes", "fails", "passes")
    assert buttons(events) == labels(language, "stop_with_prompt", "go_on_anyway")
    events = list(session.send(label("stop_with_prompt", language)))
    assert tools(events) == ["plan_decide"] and not only(events, Failed)
    assert session.project.read(Decision).route == Route.PROMPT
    assert session.project.stage == "workflow"


def test_enough_good_answers_hold_nobody_back(home):
    session = answered_at(home, "dataset")
    list(session.send("Judge the answers"))
    mark_all(session, "passes", "passes", "passes")
    events = list(session.send("Go on anyway"))
    assert session.project.stage == "dataset" and "I have a file" in buttons(events)
    assert not {"Judge the answers", "Try the prompt first"} & set(buttons(events))


def test_too_few_good_answers_lead_on_to_what_has_to_win_them(home):
    session = answered_at(home, "dataset")
    list(session.send("Judge the answers"))
    events = mark_all(session, "fails", "passes", "fails")
    assert "Failed: 1, 3" in only(events, Worked)[-1].text
    assert "I have a file" in buttons(events) and only(events, Said)


def test_a_verdict_may_wait_and_is_found_again(home):
    session = answered_at(home, "dataset")
    list(session.send("Judge the answers"))
    mark_all(session, "passes")
    events = list(session.send("Later"))
    assert not tools(events) and "I have a file" in buttons(events)
    events = list(session.send("Judge the answers"))
    assert "Case 1?" in only(events, Worked)[-1].card
    assert session.project.read(Baseline).marked == 1


@pytest.mark.parametrize(
    ("typed", "passed"),
    [("yes", True), ("it passes", True), ("no", False), ("过了", True), ("不行", False)],
)
def test_a_verdict_may_be_typed_in_plain_words(home, typed, passed):
    language = "en" if typed.isascii() else "zh"
    session = answered_at(home, "dataset", language)
    list(session.send(label("mark_answers", language)))
    assert tools(list(session.send(typed))) == ["plan_mark_answer"]
    assert session.project.read(Baseline).answers[0].passed is passed


def test_words_in_between_are_no_verdict(home):
    session = answered_at(home, "dataset")
    list(session.send("Judge the answers"))
    for between in ("what is overfitting?", "yes", "why?", "no"):
        events = list(session.send(between))
        assert buttons(events) and not only(events, Failed)
    assert session.project.read(Baseline).marked == 0


@pytest.mark.parametrize("between", ["how far is it?", "that one is odd", "it must be shorter"])
def test_a_verdict_that_is_awaited_keeps_its_buttons(home, between):
    session = answered_at(home, "dataset")
    asked = buttons(list(session.send("Judge the answers")))
    assert buttons(list(session.send(between))) == asked
    assert session.project.read(Baseline).marked == 0


@pytest.mark.parametrize(
    "typed",
    [
        "先试提示词",
        "试一下提示词",
        "那就先试试提示词吧",
        "try the prompt first",
        "Try a prompt then",
    ],
)
@pytest.mark.parametrize("stage", ["dataset", "workflow", "base_model"])
def test_plain_words_do_what_the_button_does(home, stage, typed):
    session = answered_at(home, stage, "en" if typed.isascii() else "zh")
    assert tools(list(session.send(typed))) == ["plan_try_prompt"]


@pytest.mark.parametrize("typed", ["why should I try the prompt first?", "为什么要先试提示词？"])
def test_a_question_about_it_is_answered_and_asks_no_model(home, typed):
    language = "en" if typed.isascii() else "zh"
    session = answered_at(home, "dataset", language)
    events = list(session.send(typed))
    assert only(events, Said)[-1].text == say("agent.topic.try_prompt", language)
    assert not tools(events)


@pytest.mark.parametrize("route", [Route.REFUSE, Route.OUT_OF_SCOPE])
def test_a_wish_that_ends_there_has_no_such_button(home, route):
    project = project_at(home, "workflow")
    project.write(decision(route))
    session = Session(project, Settings(home=home))
    assert "Try the prompt first" not in buttons(list(session.send("what next?")))
    worked = only(list(session.send("try the prompt first")), Worked)
    assert [each.ok for each in worked] == [False] and project.read(Baseline) is None


def test_after_a_switch_of_language_the_verdicts_buttons_still_work(home):
    session = answered_at(home, "dataset")
    list(session.send("Judge the answers"))
    session.project.note(language="zh")
    redrawn = buttons(session.history())
    assert redrawn == labels("zh", "passes", "fails", "mark_later")
    list(session.send(redrawn[1]))
    assert session.project.read(Baseline).answers[0].passed is False


def test_a_job_under_way_can_be_stopped_by_its_button(home):
    tiny_model(home / "models" / STARTER)
    session = Session(project_at(home, "dataset"), Settings(home=home))
    list(session.send("Try the prompt first"))
    assert tools(list(session.send("Stop asking"))) == ["train_stop"]
    *_, last = jobs.follow(session.project.folder / "plan/baseline", 0.05)
    assert not last.alive
    assert "I have a file" in buttons(list(session.notice()))


# --- led by a connected model


@pytest.fixture
def talk(home):
    """A session whose model is a script on the strict server, at the data step."""
    opened = []

    def start(script):
        server = strict_server(script)
        known = server.__enter__()
        opened.append(server)
        connection = connect(known.url, "sk-test-canary", "scripted")
        return Session(project_at(home, "dataset"), Settings(home=home), connection), known

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def leader(body):
    """Answers cases plainly; in the conversation it calls what the person's words ask for."""
    last = body["messages"][-1]
    if "tools" not in body:
        return {"text": f"Kindly, {last['content']}"}
    if last["role"] == "tool":
        return {"text": "Does it pass?"}
    if last["content"] in ("Passes", "Fails"):
        state = json.loads(body["messages"][0]["content"].rsplit("\n", 1)[-1])
        number = state["baseline"]["marked"] + 1
        given = {"number": number, "passed": last["content"] == "Passes"}
        return {"tool": "plan_mark_answer", "arguments": given}
    return {"tool": "plan_try_prompt"}


def test_a_connected_model_is_asked_and_the_person_judges_by_buttons(talk):
    session, server = talk(leader)
    events = list(session.send("try the prompt first"))
    assert tools(events) == ["plan_try_prompt"] and "Case 0?" in only(events, Worked)[-1].card
    assert "2 of 3 answered" in [each.text for each in only(events, Working)]
    assert buttons(events) == ["Passes", "Fails"] == buttons(session.history())
    for name in ("Passes", "Passes", "Fails"):
        events = list(session.send(name))
        assert only(events, Worked)[-1].ok
    assert "2 of 3 passed by your marks" in only(events, Worked)[-1].text
    assert buttons(events) == ["Stop here with the prompt"]
    assert server.refused == [] and session.project.read(Baseline).enough


def test_the_answers_to_cases_are_no_part_of_the_conversation(talk):
    session, _ = talk(leader)
    events = list(session.send("try the prompt first"))
    assert not [each for each in only(events, Said) if "Kindly" in each.text]
    assert not [each for each in session.history() if "Kindly" in getattr(each, "text", "")]


def test_stop_in_the_middle_keeps_what_was_answered(talk):
    held = {}

    def script(body):
        if "tools" not in body and body["messages"][-1]["content"] == "Case 1?":
            held["session"].stop()
        return leader(body)

    session, server = talk(script)
    held["session"] = session
    list(session.send("try the prompt first"))
    assert len(session.project.read(Baseline).answers) == 2
    list(session.send("try the prompt first"))
    asked = [b["messages"][-1]["content"] for b in server.requests if "tools" not in b]
    assert asked == ["Case 0?", "Case 1?", "Case 2?"] and server.refused == []


def test_a_small_models_result_can_be_tried_again_with_the_connected_one(talk):
    session, _ = talk(leader)
    brief = session.project.read(Brief)
    list(ask_cases(session.project, brief, Asked("SmolLM2", True, lambda _: "no"), ()))
    events = list(session.call("learn_show", {"what": "decision"}))
    assert buttons(events)[-2:] == labels("en", "mark_answers", "try_prompt")


# --- what others see of it


def test_page_and_model_see_how_it_stands_each_in_its_size(home):
    session = answered_at(home, "dataset")
    list(session.call("plan_mark_answer", {"number": 2, "passed": True}))
    seen, told = view(session._context())["baseline"], snapshot(session._context())["baseline"]
    assert seen["answers"][1]["passed"] and seen["current"] and seen["passed"] == 1
    counts = {"answered": 3, "marked": 1, "passed": 1, "current": True}
    assert told == {"model": "SmolLM2", "local": True, **counts}
