"""The graph itself: repair of histories, several calls in one breath, limits, what a model sees."""

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.connect import connect
from agent.events import Asked, Failed, Said, Worked
from agent.graph import REMEMBERED, _paired, _recent
from agent.session import Session
from data.project import Project
from data.records import Facts
from tests.rigs.stages import project_at
from tests.rigs.strict_openai import complaint, strict_server

KEY = "sk-test-canary"


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def results(body):
    """Tool answers since the person last spoke."""
    found = []
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            break
        if message["role"] == "tool":
            found.insert(0, json.loads(message["content"]))
    return found


@pytest.fixture
def talk(settings):
    opened = []

    def start(script, project=None):
        server = strict_server(script)
        known = server.__enter__()
        opened.append(server)
        project = project or Project.create(settings.home)
        return Session(project, settings, connect(known.url, KEY, "scripted")), known

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def call(name, number):
    return {"name": name, "args": {}, "id": f"c{number}"}


def answer(number):
    return ToolMessage("{}", tool_call_id=f"c{number}", name="t", id=f"a{number}")


def test_a_sound_history_is_left_as_it_is():
    talk = [HumanMessage("a", id="1"), AIMessage("", tool_calls=[call("t", 1)], id="2"), answer(1)]
    assert _paired(talk) == talk


@pytest.mark.parametrize(
    "broken",
    [
        [HumanMessage("a"), AIMessage("", tool_calls=[call("t", 1)]), HumanMessage("b")],
        [HumanMessage("a"), AIMessage("", tool_calls=[call("t", 1)]), HumanMessage("b"), answer(1)],
        [HumanMessage("a"), answer(7), AIMessage("hi")],
        [AIMessage("", tool_calls=[call("t", 1), call("t", 2)]), answer(2), HumanMessage("b")],
        [AIMessage("", tool_calls=[call("t", 1), call("t", 2)]), answer(2), answer(1)],
        [AIMessage("", tool_calls=[call("t", 1)]), answer(1)] * 2,
    ],
)
def test_any_broken_history_is_made_one_that_the_strictest_server_takes(broken):
    wire = []
    for message in _paired(broken):
        if isinstance(message, ToolMessage):
            wire.append({"role": "tool", "tool_call_id": message.tool_call_id, "content": ""})
        elif isinstance(message, AIMessage):
            calls = [{"id": c["id"], "function": {"arguments": "{}"}} for c in message.tool_calls]
            wire.append({"role": "assistant", "content": "", "tool_calls": calls})
        else:
            wire.append({"role": "user", "content": str(message.content)})
    assert complaint(wire) == ""
    spoken = [m.content for m in broken if isinstance(m, HumanMessage)]
    assert [m["content"] for m in wire if m["role"] == "user"] == spoken, "no words are lost"


def test_a_long_talk_is_cut_where_the_person_speaks():
    talk = []
    for number in range(60):
        talk += [HumanMessage(str(number)), AIMessage("", tool_calls=[call("t", number)])]
        talk += [answer(number), AIMessage("so")]
    recent = _recent(talk)
    assert isinstance(recent[0], HumanMessage) and len(recent) <= REMEMBERED
    assert recent[-1] is talk[-1]
    endless = [HumanMessage("once"), *[AIMessage("x") for _ in range(90)]]
    assert _recent(endless) == endless, "the words that began it are never cut off"


def test_several_calls_in_one_breath_run_in_their_order_one_after_the_other(talk):
    cases = [{"question": f"q{n}", "passes": "p", "fails": "f"} for n in range(3)]

    def script(body):
        if results(body):
            return {"text": "All three are done."}
        return {
            "calls": [
                {"tool": "plan_note_facts", "arguments": {"aim": "our tone", "need": "manner"}},
                {"tool": "plan_write_brief", "arguments": {"cases": cases}},
                {"tool": "plan_decide"},
            ]
        }

    session, server = talk(script)
    events = list(session.send("I want answers in our tone"))
    assert [(each.tool, each.ok) for each in only(events, Worked)] == [
        ("plan_note_facts", True),
        ("plan_write_brief", True),
        ("plan_decide", True),
    ]
    assert only(events, Said)[-1].text == "All three are done."
    assert len(server.requests) == 2 and server.refused == []
    assert [bool(found["said"]) for found in results(server.requests[-1])] == [True] * 3


def test_rows_added_by_several_calls_in_one_breath_are_all_kept(talk, home):
    def rows(letter):
        return [
            {"instruction": f"What of {letter}{n}?", "output": f"Dear, {letter} is {n}."}
            for n in range(10)
        ]

    def script(body):
        if results(body):
            return {"text": "Added."}
        return {
            "calls": [{"tool": "dataset_add_rows", "arguments": {"rows": rows(x)}} for x in "abcd"]
        }

    session, server = talk(script, project_at(home, "dataset"))
    list(session.send("make some rows"))
    assert len(session.project.items()) == 40 and server.refused == []


def test_two_approvals_in_one_breath_are_asked_for_one_after_the_other(talk, home, counted):
    def script(body):
        if results(body):
            return {"text": "As you wish."}
        return {"calls": [{"tool": "train_start"}, {"tool": "learn_go_back", "arguments": BACK}]}

    session, server = talk(script, project_at(home, "train"))
    first = only(list(session.send("do both")), Asked)
    assert [each.tool for each in first] == ["train_start"] and counted == []
    second = list(session.answer(first[0].id, True))
    assert counted == ["train"]
    assert [each.tool for each in only(second, Asked)] == ["learn_go_back"]
    last = list(session.answer(only(second, Asked)[0].id, False))
    assert only(last, Said)[-1].text == "As you wish." and session.project.stage == "train"
    assert server.refused == []


BACK = {"stage": "dataset"}


def test_words_while_one_of_several_waits_drop_the_rest_too(talk, home, counted):
    def script(body):
        said = [m["content"] for m in body["messages"] if m["role"] == "user"][-1]
        if said == "never mind":
            return {"text": "Fine."}
        return {"calls": [{"tool": "train_start"}, {"tool": "plan_decide"}]}

    session, server = talk(script, project_at(home, "train"))
    list(session.send("do both"))
    events = list(session.send("never mind"))
    assert only(events, Said)[-1].text == "Fine." and not only(events, Worked)
    assert counted == [] and server.refused == []


def test_a_server_that_gives_the_same_ids_in_every_turn_mixes_nothing_up(talk, home, counted):
    def script(body):
        said = [m["content"] for m in body["messages"] if m["role"] == "user"][-1]
        if body["messages"][-1]["role"] == "tool":
            return {"text": f"That was {said}."}
        return {"tool": said, "id": "call_0"}

    session, server = talk(script, project_at(home, "train"))
    for name in ("learn_what_next", "learn_show", "train_read_loss"):
        list(session.send(name))
    drawn = [each.tool for each in only(session.history(), Worked)]
    assert drawn == ["learn_what_next", "learn_show", "train_read_loss"]
    first = only(list(session.send("train_start")), Asked)[0]
    list(session.send("learn_show"))
    second = only(list(session.send("train_start")), Asked)[0]
    assert first.id != second.id
    assert only(list(session.answer(first.id, True)), Failed)[0].code == "ask_stale"
    assert counted == [] and server.refused == []


def test_a_tool_that_does_not_exist_is_answered_as_such(talk):
    def script(body):
        return {"text": "I see."} if results(body) else {"tool": "rm_rf", "arguments": {"x": 1}}

    session, server = talk(script)
    events = list(session.send("hello"))
    assert only(events, Worked)[0].facts["error"] == "tool_missing"
    assert only(events, Said)[-1].text == "I see." and server.refused == []


def test_broken_arguments_twice_end_in_one_sentence_and_the_talk_goes_on(talk):
    session, server = talk(lambda body: {"tool": "plan_note_facts", "arguments": '{"aim": '})
    events = list(session.send("hello"))
    assert "cut off" in only(events, Said)[-1].text and not only(events, Worked)
    assert len(server.requests) == 2 and server.refused == []
    assert session.project.read(Facts) is None


@pytest.mark.parametrize("arguments", ["[1, 2]", '"words"', "3", "null"])
def test_arguments_that_are_json_but_no_object_run_nothing(talk, arguments):
    def script(body):
        if results(body):
            return {"text": "So."}
        return {"tool": "learn_explain", "arguments": arguments}

    session, server = talk(script)
    events = list(session.send("hello"))
    assert not [each for each in only(events, Worked) if each.ok]
    assert (only(events, Said) or only(events, Failed)) and server.refused == []
    assert not only(list(session.send("again")), Failed)


def test_more_than_twenty_calls_of_one_breath_are_stopped(talk, home):
    def script(body):
        if results(body):
            return {"text": "Enough."}
        return {"calls": [{"tool": "learn_what_next"} for _ in range(30)]}

    session, server = talk(script, project_at(home, "dataset"))
    events = list(session.send("go wild"))
    worked = only(events, Worked)
    assert sum(each.ok for each in worked) <= 21
    assert {each.facts.get("error") for each in worked if not each.ok} == {"too_many_calls"}
    assert server.refused == []


def test_a_model_is_told_where_the_project_stands_and_never_the_key(talk, home):
    session, server = talk(lambda body: {"text": "Hello."}, project_at(home, "publish"))
    list(session.send("hello"))
    system = server.requests[-1]["messages"][0]
    assert system["role"] == "system" and '"stage": "publish"' in system["content"]
    assert "canary" not in json.dumps(server.requests[-1]) and str(home) not in system["content"]


def test_the_end_of_a_job_is_told_to_the_model_without_a_word_put_in_the_persons_mouth(talk, home):
    from data.files import write_json

    project = project_at(home, "train")
    run = project.new_run()
    job = {"kind": "train", "state": "failed", "error": "out_of_memory", "started": 1.0}
    write_json(run.folder / "job.json", job)
    session, server = talk(lambda body: {"text": "It ran out of memory."}, project)
    events = list(session.notice())
    assert only(events, Said)[-1].text == "It ran out of memory." and server.refused == []
    assert "memory" in json.dumps(server.requests[-1]["messages"][-1])
