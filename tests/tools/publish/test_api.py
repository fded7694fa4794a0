"""The HTTP face of a served model, on a real loopback server with a scripted voice behind it."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.publish.parrot import PATH, Parrot, Served, serving
from tools.publish.line import WAITING
from tools.publish.voice import Said, trimmed, until_stop


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Parrot()) as each:
        yield each


def text_of(events: list[str]) -> str:
    chunks = [json.loads(event) for event in events[:-1]]
    return "".join(
        choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]
    )


def test_the_list_of_models_names_the_one_model(served: Served) -> None:
    status, text = served.call(None, "/v1/models", "GET")
    assert status == 200
    assert [model["id"] for model in json.loads(text)["data"]] == ["grandma-001"]


def test_an_answer_has_openai_s_shape_with_counts_and_a_reason(served: Served) -> None:
    reply = served.ask("good morning dear", model="grandma-001")
    assert reply["object"] == "chat.completion"
    assert reply["choices"][0]["message"]["content"] == "good morning dear "
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert reply["usage"] == {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}


def test_a_streamed_answer_is_the_same_text_and_ends_with_done(served: Served) -> None:
    events = served.events("one two three", stream_options={"include_usage": True})
    assert events[-1] == "[DONE]"
    assert text_of(events) == served.ask("one two three")["choices"][0]["message"]["content"]
    last, counts = json.loads(events[-3]), json.loads(events[-2])
    assert last["choices"][0]["finish_reason"] == "stop"
    assert counts["choices"] == [] and counts["usage"]["completion_tokens"] == 4


def test_an_answer_cut_by_max_tokens_says_length(served: Served) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        choice = served.ask("one two three", **{name: 2})["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("one two ", "length")


def test_greedy_is_the_default_and_wishes_are_passed_on(served: Served) -> None:
    served.ask("hi")
    assert served.parrot.asked[-1] == (40, 0.0, 1.0)
    served.ask("hi", temperature=0.7, top_p=0.9, max_tokens=5000)
    assert served.parrot.asked[-1] == (57, 0.7, 0.9)  # 60 less the three words of the question


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_text_ends_the_answer_even_across_pieces(served: Served, stream: bool) -> None:
    asked = {"stop": ["three fo"]}
    if stream:
        assert text_of(served.events("one two three four", **asked)) == "one two "
    else:
        choice = served.ask("one two three four", **asked)["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("one two ", "stop")


def test_text_held_back_for_a_stop_text_that_never_comes_is_said_in_the_end() -> None:
    pieces = [Said("ab", 1), Said("cd", 2), Said("x", 3, ended=True)]
    assert "".join(p.text for p in until_stop(iter(pieces), ("cdy", "zz"))) == "abcdx"


@pytest.mark.parametrize("text", ["", "  ", "\n a  b\n\nc \n", "a", " 奶奶 "])
def test_white_space_around_an_answer_is_dropped_while_it_streams(text: str) -> None:
    pieces = [Said(letter, at) for at, letter in enumerate(text, 1)]
    said = list(trimmed(iter([*pieces, Said("", len(text) + 1, ended=True)])))
    assert "".join(piece.text for piece in said) == text.strip()
    assert said[-1].ended and said[-1].tokens == len(text) + 1


def test_the_rows_system_prompt_is_added_only_where_the_caller_sends_none(served: Served) -> None:
    served.ask("hi")
    assert served.parrot.heard[-1][0] == {"role": "system", "content": "Be kind."}
    own = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    served.call({"messages": own})
    assert served.parrot.heard[-1][0] == {"role": "system", "content": "Be brief."}
    assert len(served.parrot.heard[-1]) == 2


def test_content_may_come_as_text_parts(served: Served) -> None:
    parts = [{"type": "text", "text": "good "}, {"type": "text", "text": "day"}]
    status, text = served.call({"messages": [{"role": "user", "content": parts}]})
    assert status == 200
    assert json.loads(text)["choices"][0]["message"]["content"] == "good day "


USER = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("body", "param", "says"),
    [
        (b"{", None, "not a valid JSON object"),
        (b"[1]", None, "not a valid JSON object"),
        (b"[" * 100_000, None, "not a valid JSON object"),
        (b'{"messages": "\xff"}', None, "not a valid JSON object"),
        ({}, "messages", "missing"),
        ({"messages": []}, "messages", "must not be empty"),
        ({"messages": [{"role": "king", "content": "hi"}]}, "messages.0.role", "a role is"),
        ({"messages": [{"role": "tool", "content": "hi"}]}, "messages.0.role", "a role is"),
        ({"messages": [{"role": "user"}]}, "messages.0.content", "must be text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content",
            "must be text",
        ),
        ({"messages": [USER], "temperature": 3}, "temperature", "too large"),
        ({"messages": [USER], "temperature": "hot"}, "temperature", "a number"),
        ({"messages": [USER], "top_p": 0}, "top_p", "too small"),
        ({"messages": [USER], "max_tokens": 0}, "max_tokens", "too small"),
        ({"messages": [USER], "max_tokens": 1.5}, "max_tokens", "whole number"),
        ({"messages": [USER], "n": 2}, "n", "only 1"),
        ({"messages": [USER], "stream": "yes"}, "stream", "true or false"),
        ({"messages": [USER], "stop": 5}, "stop", "wrong type"),
        ({"messages": [USER], "tools": [{"type": "function"}]}, "tools", "does not support"),
        (
            {"messages": [USER], "response_format": {"type": "json_object"}},
            "response_format",
            "does not support",
        ),
        ({"messages": [{"role": "user", "content": "refuse"}]}, "messages", "take turns"),
        ({"messages": [{"role": "user", "content": "a " * 70}]}, None, "at most 60"),
    ],
)
def test_a_bad_request_gets_one_sentence_in_openai_s_error_shape(
    served: Served, body: Any, param: str | None, says: str
) -> None:
    status, text = served.call(body)
    error = json.loads(text)["error"]
    assert status == 400
    assert says in error["message"]
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"


def test_a_request_without_end_is_refused(served: Served) -> None:
    status, text = served.call(b'{"messages": "' + b"a" * 2_000_000 + b'"}')
    assert (status, json.loads(text)["error"]["code"]) == (413, "too_large")


def test_half_a_character_does_no_harm(served: Served) -> None:
    status, _ = served.call(b'{"messages": [{"role": "user", "content": "a \\ud800"}]}')
    assert status == 200


def test_other_addresses_and_methods_answer_in_the_same_shape(served: Served) -> None:
    status, text = served.call(None, "/v1/embeddings", "GET")
    assert (status, json.loads(text)["error"]["code"]) == (404, "unknown_url")
    assert served.call(None, PATH, "GET")[0] == 405
    assert served.call(None, "/v1/models/other", "GET")[0] == 404
    status, text = served.call(None, "/", "GET")
    assert status == 200 and "grandma-001" in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "[::1"},
    ],
)
def test_another_page_or_a_borrowed_host_name_is_refused(
    served: Served, headers: dict[str, str]
) -> None:
    before = len(served.parrot.heard)
    status, text = served.call({"messages": [USER]}, **headers)
    assert status == 403 and "another web page" in json.loads(text)["error"]["message"]
    assert len(served.parrot.heard) == before


def test_pages_of_the_same_address_and_local_names_are_welcome(served: Served) -> None:
    for host in (f"127.0.0.1:{served.port}", f"localhost:{served.port}", f"[::1]:{served.port}"):
        own = {"Host": host, "Origin": f"http://{host}"}
        assert served.call({"messages": [USER]}, **own)[0] == 200


def test_a_fault_inside_shows_a_sentence_and_no_detail(served: Served) -> None:
    status, text = served.call({"messages": [{"role": "user", "content": "break"}]})
    assert status == 500
    assert "secret" not in text and "log" in json.loads(text)["error"]["message"]
    assert served.ask("still there")["choices"][0]["message"]["content"] == "still there "


def test_past_the_line_a_caller_is_told_to_come_back_and_the_others_are_served() -> None:
    parrot = Parrot()
    parrot.gate.clear()
    with serving(parrot) as served:
        found: list[tuple[int, str]] = []
        body = {"messages": [{"role": "user", "content": "a b"}]}
        callers = [
            threading.Thread(target=lambda: found.append(served.call(body)))
            for _ in range(WAITING + 4)
        ]
        for caller in callers:
            caller.start()
        while len(found) < 3:
            time.sleep(0.02)
        assert {status for status, _ in found} == {503}
        assert "try again" in json.loads(found[0][1])["error"]["message"]
        parrot.gate.set()
        for caller in callers:
            caller.join()
        assert [status for status, _ in found].count(200) == WAITING + 1
        assert [status for status, _ in found].count(503) == 3


def test_a_caller_who_leaves_in_the_middle_of_a_stream_frees_the_place() -> None:
    parrot = Parrot()
    with serving(parrot) as served:
        line = served.open()
        words = {"messages": [{"role": "user", "content": "w " * 50}], "stream": True}
        parrot.gate.clear()
        line.request("POST", PATH, json.dumps(words), {"Content-Type": "application/json"})
        reply = line.getresponse()
        reply.close()
        line.close()
        threading.Timer(0.3, parrot.gate.set).start()
        assert served.ask("next please")["choices"][0]["message"]["content"] == "next please "
        assert parrot.closed == 2
