"""The chat is a pure function of events: how each looks, and what never gets through."""

import pytest

from agent.events import (
    Asked,
    Choice,
    Failed,
    Heard,
    Offered,
    Piece,
    Said,
    Settled,
    Worked,
    Working,
)
from ui.chat import ANSWER, Talk, safe

YES_NO = Offered((Choice("Yes, go ahead", "Yes, go ahead"), Choice("Not now", "Not now")))


def asked(ask_id: str = "call-1") -> Asked:
    return Asked(ask_id, "train_start", "Start training", "About 3 minutes.", {}, {})


def worked(ok: bool = True, **facts: object) -> Worked:
    return Worked("learn_explain", "Looking up a term", {"term": "rank"}, ok, "It is.", "", facts)


def test_a_streamed_reply_grows_and_is_replaced_by_its_whole() -> None:
    talk = Talk("en", [Heard("hi"), Piece("Hel"), Piece("lo")])
    assert talk.messages()[-1]["content"] == "Hello"
    talk.take(Said("Hello there."))
    assert [m["content"] for m in talk.messages()] == ["hi", "Hello there."]


def test_buttons_stand_on_the_last_message_and_go_once_the_person_answers() -> None:
    talk = Talk("en", [Said("Which?"), Offered((Choice("a", "The first"),))])
    assert talk.messages()[-1]["options"] == [{"value": "a", "label": "The first"}]
    talk.take(Heard("a"))
    assert not any("options" in message for message in talk.messages())


def test_an_approval_is_a_message_whose_buttons_name_the_very_question() -> None:
    talk = Talk("en", [asked("call-1"), YES_NO])
    message = talk.messages()[-1]
    assert "Start training" in message["content"] and "3 minutes" in message["content"]
    values = [option["value"] for option in message["options"]]
    assert [ANSWER.fullmatch(value)[1] for value in values] == ["yes", "no"]  # type: ignore[index]
    assert all(value.endswith(":call-1") for value in values)


def test_a_tool_shows_progress_in_place_and_folds_when_done() -> None:
    talk = Talk("en", [Working("learn_explain", "Looking up a term", "", 0.25)])
    talk.take(Working("learn_explain", "Looking up a term", "nearly", 0.5))
    (pending,) = talk.messages()
    assert pending["metadata"] == {"title": "Looking up a term", "status": "pending"}
    assert pending["content"] == "50% · nearly"
    talk.take(worked())
    done, told = talk.messages()
    assert done["metadata"]["status"] == "done" and "`rank`" in done["content"]
    assert told["content"] == "It is."


def test_a_tool_that_fails_says_so_in_its_title() -> None:
    title = Talk("en", [worked(ok=False)]).messages()[0]["metadata"]["title"]
    assert title == "Looking up a term: did not go through"


def test_a_failed_turn_leaves_nothing_spinning() -> None:
    events = [Working("t", "Trying"), Piece("half a"), Failed("x", "It broke.", "Try again.")]
    shown = Talk("en", events).messages()
    assert shown[0]["metadata"]["status"] == "done"
    assert "It broke." in shown[-1]["content"] and "Try again." in shown[-1]["content"]


def test_the_same_events_redraw_the_same_conversation() -> None:
    events = [Heard("hi"), worked(), Said("Next?"), Offered((Choice("a", "A"),))]
    live = Talk("en")
    for event in [*events, Settled("plan", None)]:
        live.take(event)
    assert live.messages() == Talk("en", events).messages()


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/p.png)",
        "![x][1]\n\n[1]: http://evil.example/p.png",
        "<img src=http://evil.example/p.png>",
        "<form action=http://evil.example><input></form>",
        "<style>body{display:none}</style>",
        "unclosed ` <img src=x>",
        "``` `not a fence` <img src=x>",
        "> ```\n<img src=x>",
        "```\ncode\n```\n<img src=x>",
    ],
)
def test_pictures_and_html_in_a_models_words_never_become_elements(text: str) -> None:
    made = safe(text)
    outside = made.split("```\ncode\n```")[-1]
    assert "<" not in outside and "![" not in made


def test_code_stays_as_it_is_written() -> None:
    text = "Use `a < b`:\n```python\nif a < b: print('![x](y)')\n```\ndone"
    assert safe(text) == text


def test_the_persons_own_words_are_shown_as_typed() -> None:
    (message,) = Talk("en", [Heard("# not *a* heading <b>", ("rows.csv",))]).messages()
    assert "\\# not \\*a\\* heading &lt;b>" in message["content"]
    assert "`rows.csv`" in message["content"]


def test_a_very_long_paste_is_shown_in_part() -> None:
    (message,) = Talk("en", [Heard("x" * 30_000)]).messages()
    assert len(message["content"]) < 2_000 and message["content"].endswith("…")


def test_code_that_calls_the_server_is_kept_for_its_own_address_only() -> None:
    talk = Talk("en", [worked(url="http://127.0.0.1:8000", snippets={"curl": "curl …"})])
    assert talk.snippets("http://127.0.0.1:8000") == {"curl": "curl …"}
    assert talk.snippets("http://127.0.0.1:9000") == {}
