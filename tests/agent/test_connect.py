"""Connecting: addresses, what a server is tried for, and every way in which one can be wrong."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import pytest

from agent import connect as connecting
from agent.connect import connect, from_environment, providers
from agent.events import Failed, Piece, Said, Settled, Worked
from agent.session import Session
from data.errors import BadInput
from data.project import Project
from data.settings import read_settings
from tests.rigs.odd_server import odd_server
from tests.rigs.strict_openai import strict_server
from tools.services.try_connection import Check

KEY = "sk-test-canary"


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def everything_on_disk(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


FAULTS = {
    "cut_in_a_word": "server_cut",
    "cut_in_a_call": "server_cut",
    "a_page": "not_a_server",
    "no_json": "not_a_server",
    "nothing": "not_a_server",
    "null": "not_a_server",
    "error_in_stream": "server_fault",
    "redirect": "server_refused",
    "too_big": "server_refused",
    "come_back_in_a_day": "server_busy",
}


@pytest.mark.parametrize(("fault", "code"), FAULTS.items())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_server_that_answers_wrongly_is_one_sentence_and_the_talk_goes_on(
    settings, fault, code, language
):
    project = Project.create(settings.home)
    with odd_server(fault) as (url, asked):
        session = Session(project, settings, connect(url, KEY, "m"), language)
        events = list(session.send("你好，帮我做一个模型" if language == "zh" else "hello there"))
    failed = only(events, Failed)
    assert [each.code for each in failed] == [code]
    assert failed[0].text and failed[0].next_step and "canary" not in failed[0].text
    assert isinstance(events[-1], Settled) and not only(events, Worked)
    assert "/inside" not in asked, "a redirect could lead into the machine's own network"
    assert not (project.folder / "errors.txt").exists(), "a known fault is not an unforeseen one"
    assert b"canary" not in everything_on_disk(project.folder)
    offline = Session(project, settings, language=language)
    assert only(list(offline.send("help")), Said)


@pytest.mark.parametrize("fault", ["no_choices", "filtered"])
def test_an_empty_reply_is_said_to_be_one(settings, fault):
    with odd_server(fault) as (url, _):
        session = Session(Project.create(settings.home), settings, connect(url, KEY, "m"))
        events = list(session.send("hello there"))
    assert "empty" in only(events, Said)[-1].text and not only(events, Failed)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_or_broken_server_is_tried_again_before_it_is_said(settings, status):
    replies = iter([{"status": status}, {"text": "Here I am."}])
    with strict_server(lambda body: next(replies)) as server:
        session = Session(Project.create(settings.home), settings, connect(server.url, KEY, "m"))
        events = list(session.send("hello there"))
    assert only(events, Said)[-1].text == "Here I am." and len(server.requests) == 2
    assert "".join(piece.text for piece in only(events, Piece)) == "Here I am."


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_a_refusal_that_will_not_change_is_not_tried_again(settings, status):
    with strict_server(lambda body: {"status": status}) as server:
        session = Session(Project.create(settings.home), settings, connect(server.url, KEY, "m"))
        list(session.send("hello there"))
    assert len(server.requests) == 1


# --- Test connection


def tried(script, **extra) -> list[Check]:
    with strict_server(script) as server:
        return connecting.test_connection(server.url, extra.get("key", KEY), "m", "en")[1]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 400, 429, 500])
def test_a_test_that_fails_says_why_in_one_sentence(status):
    checks = tried(lambda body: {"status": status})
    assert [(check.name, check.ok) for check in checks] == [("greeting", False)]
    assert checks[0].text.endswith(".") and "\n" not in checks[0].text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_test_of_something_that_is_no_model_server_fails_with_a_sentence(fault):
    with odd_server(fault) as (url, _):
        connection, checks = connecting.test_connection(url, KEY, "m", "en")
    assert connection is None and len(checks) == 1 and not checks[0].ok
    assert "canary" not in checks[0].text


def test_a_wrong_key_is_named_as_such_and_never_repeated():
    checks = tried(lambda body: {"text": "never"}, key="sk-wrong-canary")
    assert "key" in checks[0].text and "canary" not in checks[0].text


def test_a_model_that_calls_with_the_wrong_arguments_does_not_pass():
    def script(body):
        return {"tool": "add", "arguments": {"x": 1}} if body.get("tools") else {"text": "Hi."}

    assert [check.ok for check in tried(script)] == [True, False]


def test_a_model_that_only_talks_where_a_form_was_asked_is_usable_with_a_warning():
    def script(body):
        tools = body.get("tools") or []
        if any(tool["function"]["name"] == "add" for tool in tools):
            return {"tool": "add", "arguments": {"a": 2, "b": 3}}
        return {"text": "It is five, I would say."}

    with strict_server(script) as server:
        connection, checks = connecting.test_connection(server.url, KEY, "m", "en")
    assert connection and [check.ok for check in checks] == [True, True, False]


def test_json_in_words_is_taken_where_a_form_can_not_be_called():
    def script(body):
        if body.get("response_format"):
            return {"text": '{"total": 5}'}
        tools = body.get("tools") or []
        if any(tool["function"]["name"] == "add" for tool in tools):
            return {"tool": "add", "arguments": {"a": 2, "b": 3}}
        return {"text": "Hello."}

    assert [check.ok for check in tried(script)] == [True, True, True]


def test_the_same_call_can_be_made_whole_where_streaming_loses_it(settings):
    def script(body):
        if body.get("tools") and body.get("stream"):
            return {"text": "I would call a tool."}
        if any(message["role"] == "tool" for message in body["messages"]):
            return {"text": "Noted."}
        names = [tool["function"]["name"] for tool in body.get("tools") or []]
        if "add" in names:
            return {"tool": "add", "arguments": {"a": 2, "b": 3}}
        if "plan_note_facts" in names:
            return {"tool": "plan_note_facts", "arguments": {"aim": "tea", "need": "manner"}}
        return {"text": "Hello."}

    with strict_server(script) as server:
        connection, _ = connecting.test_connection(server.url, KEY, "m", "en")
        session = Session(Project.create(settings.home), settings, connection)
        events = list(session.send("hello there"))
    assert only(events, Worked)[0].ok and only(events, Said)[-1].text == "Noted."
    assert server.refused == []


# --- from the environment, and the list


@pytest.mark.parametrize(
    "address", ["", "ftp://x/v1", "http://", "deepseek.com", "javascript:alert(1)"]
)
def test_an_address_that_can_be_none_is_refused(address):
    with pytest.raises(BadInput):
        connect(address, KEY, "m")


def test_the_environment_connects_only_where_it_names_both(home):
    found = {"TUNEPATH_HOME": str(home), "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    assert from_environment(read_settings(found)) is None
    connection = from_environment(read_settings({**found, "TUNEPATH_MODEL": "m"}))
    assert connection and connection.name == "m"
    assert "canary" not in repr(connect("http://127.0.0.1:9/v1", KEY, "m"))


def test_every_provider_has_an_address_a_model_and_a_page_for_keys():
    listed = providers()
    assert len(listed) >= 11 and len({str(each["id"]) for each in listed}) == len(listed)
    for each in listed:
        base = str(each.get("base_url", ""))
        assert not base or base.startswith(("https://", "http://localhost", "http://127.0.0.1"))


def test_what_a_listed_provider_wants_is_sent_for_the_environments_model_too(home):
    found = {
        "TUNEPATH_HOME": str(home),
        "OPENAI_BASE_URL": "https://api.deepseek.com/v1/",
        "TUNEPATH_MODEL": "deepseek-v4-flash",
    }
    connection = from_environment(read_settings(found))
    assert getattr(connection.model, "extra_body", None) == {"thinking": {"type": "disabled"}}
