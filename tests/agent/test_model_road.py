"""A connected model on a server that checks message order strictly and streams tool calls."""

import json

import pytest

from agent import connect as connecting
from agent.connect import connect
from agent.events import Asked, Failed, Heard, Offered, Said, Settled, Worked
from agent.session import Session
from data.project import Project
from data.records import BaseModelChoice, Brief, Decision, Facts, TrainPlan
from tests.rigs.strict_openai import strict_server
from tests.tools.train.ready import ready_project

KEY = "sk-test-canary"


def last_user(body):
    return next(m["content"] for m in reversed(body["messages"]) if m["role"] == "user")


def results(body):
    """Tool answers since the person last spoke."""
    found = []
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            break
        if message["role"] == "tool":
            found.append(json.loads(message["content"]))
    return found


def kinds(events):
    return [type(event).__name__ for event in events]


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def talk(settings):
    """A session whose model is a script on the strict server."""
    opened = []

    def start(script, project=None, key=KEY):
        server = strict_server(script)
        known = server.__enter__()
        opened.append(server)
        connection = connect(known.url, key, "scripted")
        project = project or Project.create(settings.home)
        return Session(project, settings, connection), known

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def planner(body):
    """Notes the idea, writes a brief, decides, then speaks."""
    done = len(results(body))
    if done == 0:
        arguments = {"aim": "answers in our tone", "need": "manner", "data_at_hand": "dozens"}
        return {"tool": "plan_note_facts", "arguments": arguments}
    if done == 1:
        cases = [{"question": f"q{n}", "passes": "p", "fails": "f"} for n in range(3)]
        return {"tool": "plan_write_brief", "arguments": {"cases": cases}, "id": "call_2"}
    if done == 2:
        return {"tool": "plan_decide", "arguments": {}, "id": "call_3"}
    return {"text": "That is settled. Next comes the data."}


def test_a_model_walks_the_plan_with_streamed_tool_calls(talk):
    session, server = talk(planner)
    events = list(session.send("I want answers in our tone"))
    assert [w.tool for w in only(events, Worked)] == [
        "plan_note_facts",
        "plan_write_brief",
        "plan_decide",
    ]
    assert all(worked.ok for worked in only(events, Worked))
    assert only(events, Said)[-1].text == "That is settled. Next comes the data."
    assert session.project.read(Facts) and session.project.read(Brief)
    assert session.project.read(Decision) and session.project.stage == "dataset"
    assert server.refused == []
    assert only(events, Settled)[-1].stage == "dataset"
    assert only(events, Offered)[-1].choices, "a model's reply gets buttons from where we are"


def test_the_model_is_offered_only_what_is_due(talk):
    session, server = talk(lambda body: {"text": "Hello."})
    list(session.send("Hello"))
    names = {tool["function"]["name"] for tool in server.requests[-1]["tools"]}
    assert "plan_note_facts" in names and "train_start" not in names


def test_a_tool_that_is_not_due_is_refused_even_when_it_is_named(talk):
    def script(body):
        return {"text": "All right."} if results(body) else {"tool": "train_start"}

    session, server = talk(script)
    worked = only(list(session.send("Train now")), Worked)[0]
    assert not worked.ok and worked.facts["error"].startswith("needs_")
    assert server.refused == []


def starter(body):
    return {"text": "It runs."} if results(body) else {"tool": "train_start"}


@pytest.fixture
def ready(home):
    """A project in which training could start."""
    project = ready_project(home, model=False)
    choice = project.read(BaseModelChoice)
    assert choice
    project.write(
        TrainPlan(
            base_model=choice.name,
            epochs=1,
            learning_rate=1e-3,
            rank=2,
            alpha=4,
            batch_rows=8,
            max_length=128,
            steps=3,
            warmup_steps=1,
            evaluate_every=1,
            save_every=1,
            train_rows=24,
            held_out_rows=4,
        )
    )
    return project


def test_nothing_runs_before_a_yes_even_when_the_model_insists(talk, ready):
    session, _ = talk(starter, ready)
    events = list(session.send("Start it, I already said yes, yes, yes"))
    assert "Asked" in kinds(events) and not only(events, Worked)
    assert ready.runs() == []


def test_a_yes_to_another_id_is_refused(talk, ready):
    session, _ = talk(starter, ready)
    list(session.send("Start"))
    events = list(session.answer("call_of_yesterday", True))
    assert only(events, Failed)[0].code == "ask_stale"
    assert ready.runs() == [] and session.pending()


def test_a_no_runs_nothing_and_the_talk_goes_on(talk, ready):
    session, server = talk(starter, ready)
    asked = only(list(session.send("Start")), Asked)[0]
    events = list(session.answer(asked.id, False))
    assert ready.runs() == [] and session.pending() is None
    assert only(events, Said)[-1].text == "It runs."
    assert server.refused == []


def test_words_typed_while_a_yes_is_awaited_leave_no_call_unanswered(talk, ready):
    def script(body):
        return {"text": "Of course."} if "why" in last_user(body) else starter(body)

    session, server = talk(script, ready)
    list(session.send("Start"))
    events = list(session.send("why should I?"))
    assert only(events, Said)[-1].text == "Of course."
    assert session.pending() is None and ready.runs() == []
    assert server.refused == []


def test_a_turn_that_was_abandoned_midway_is_repaired_by_the_next(talk):
    session, server = talk(planner)
    events = session.send("I want answers in our tone")
    for event in events:
        if isinstance(event, Worked):
            break
    events.close()
    again = list(session.send("go on"))
    assert not only(again, Failed), only(again, Failed)
    assert server.refused == []


def test_stop_ends_a_turn_and_keeps_what_was_said(talk):
    session, server = talk(planner)
    for event in session.send("I want answers in our tone"):
        if isinstance(event, Worked):
            session.stop()
    assert not only(list(session.send("and now?")), Failed)
    assert server.refused == []
    assert only(session.history(), Heard)[0].text == "I want answers in our tone"


def test_a_call_that_is_no_json_is_asked_for_once_more_and_never_kept(talk):
    def script(body):
        if "valid JSON" in last_user(body):
            return {"text": "Sorry, once more in words."}
        return {"tool": "plan_note_facts", "arguments": '{"aim": "tea'}

    session, server = talk(script)
    events = list(session.send("Hello there"))
    assert only(events, Said)[-1].text == "Sorry, once more in words."
    assert not only(events, Failed) and server.refused == []
    list(session.send("And again"))
    assert "tea" not in json.dumps(
        [m for m in server.requests[-1]["messages"] if m["role"] != "system"]
    )


def test_a_number_that_no_store_can_keep_is_asked_for_again(talk):
    def script(body):
        if "valid JSON" in last_user(body):
            return {"text": "Once more in words."}
        return {"tool": "dataset_write_prompt", "arguments": f'{{"count": {10**30}}}'}

    session, server = talk(script)
    events = list(session.send("Hello there"))
    assert only(events, Said)[-1].text == "Once more in words." and not only(events, Failed)
    assert server.refused == []


def test_an_endless_loop_of_calls_comes_to_an_end(talk):
    session, server = talk(lambda body: {"tool": "learn_what_next", "id": f"c{len(server_calls)}"})
    server_calls = server.requests
    events = list(session.send("loop"))
    assert only(events, Said)[-1].text
    assert len(server.requests) < 20


def test_wrong_arguments_come_back_to_the_model_as_a_sentence(talk):
    def script(body):
        found = results(body)
        return (
            {"text": "I see."}
            if found
            else {
                "tool": "dataset_mark_rows",
                "arguments": {"ids": "all", "colour": "red"},
            }
        )

    session, server = talk(script)
    worked = only(list(session.send("mark")), Worked)[0]
    assert not worked.ok and worked.facts["error"] == "bad_argument"
    assert server.refused == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "key_refused"),
        (402, "key_forbidden"),
        (403, "key_forbidden"),
        (404, "model_missing"),
        (400, "server_refused"),
        (422, "server_refused"),
    ],
)
def test_each_refusal_of_a_server_has_its_own_sentence(talk, status, code):
    session, _ = talk(lambda body: {"status": status})
    failed = only(list(session.send("Hello")), Failed)[0]
    assert failed.code == code and failed.text and failed.next_step


def test_a_wrong_key_is_one_sentence_and_the_key_is_nowhere_on_disk(talk):
    session, _ = talk(lambda body: {"text": "never"}, key="sk-wrong-canary")
    failed = only(list(session.send("Hello")), Failed)[0]
    assert failed.code == "key_refused"
    assert "canary" not in failed.text + failed.next_step
    for path in session.project.folder.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


def test_a_server_that_is_not_there_is_one_sentence(settings):
    connection = connect("http://127.0.0.1:9/v1", "", "nobody")
    session = Session(Project.create(settings.home), settings, connection)
    failed = only(list(session.send("Hello")), Failed)[0]
    assert failed.code == "server_unreachable" and "127.0.0.1" in failed.text


def test_after_a_failure_the_offline_guide_goes_on_with_the_same_talk(talk, settings):
    session, _ = talk(lambda body: {"status": 401})
    list(session.send("I want a bot that talks like my grandma"))
    offline = Session(session.project, settings)
    assert only(list(offline.send("what next?")), Said)


# --- Test connection


def good(body):
    if body.get("tools"):
        name = body["tools"][0]["function"]["name"]
        return {"tool": name, "arguments": {"a": 2, "b": 3} if name == "add" else {"total": 5}}
    return {"text": "Hello."}


def test_a_good_server_passes_all_three_checks():
    with strict_server(good) as server:
        connection, checks = connecting.test_connection(server.url, KEY, "m", "en")
    assert connection and [(c.name, c.ok) for c in checks] == [
        ("greeting", True),
        ("tool_call", True),
        ("structured", True),
    ]


def test_a_server_that_calls_tools_only_unstreamed_is_used_that_way():
    def script(body):
        if body.get("tools") and body.get("stream"):
            return {"text": "I would add them."}
        return good(body)

    with strict_server(script) as server:
        connection, checks = connecting.test_connection(server.url, KEY, "m", "zh")
        assert connection and checks[1].ok
        assert getattr(connection.model, "disable_streaming", None) == "tool_calling"


def test_a_model_without_tools_is_no_connection():
    with strict_server(lambda body: {"text": "Five."}) as server:
        connection, checks = connecting.test_connection(server.url, KEY, "m", "en")
    assert connection is None and [c.ok for c in checks] == [True, False]


@pytest.mark.parametrize(
    ("url", "key", "model", "code_words"),
    [
        ("not an address", "k", "m", "http"),
        ("http://127.0.0.1:9/v1", "k", "", "name"),
        ("http://127.0.0.1:9/v1", "k with space", "m", "key"),
    ],
)
def test_what_can_be_no_connection_is_said_before_anything_is_sent(url, key, model, code_words):
    connection, checks = connecting.test_connection(url, key, model, "en")
    assert connection is None and len(checks) == 1
    assert code_words in checks[0].text.lower()
