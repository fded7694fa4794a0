"""The interview: few questions, at most three at once, none twice, each with answers to press."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Facts, Need
from tools.plan.hear import hear
from tools.plan.questions import FREE, MOST, ORDER, missing, next_questions, short

GRANDMA = Facts(
    aim="我想做一个说话像我奶奶的聊天机器人，给家里人用", need="manner", audience="家里人"
)


def test_an_empty_start_asks_for_the_aim_first() -> None:
    (asked,) = next_questions(Facts(), "en")
    assert asked.id == "aim"
    assert len(asked.options) >= 3


def test_what_was_said_is_not_asked_again() -> None:
    asked = next_questions(GRANDMA, "zh")
    assert [each.id for each in asked] == ["data_at_hand", "expected"]
    assert "说话像我奶奶的聊天机器人" in asked[0].text


def test_rows_at_hand_are_not_asked_where_nothing_would_be_trained() -> None:
    facts = Facts(aim="answer from our price list", need="facts")
    assert missing(facts) == ["expected"]


def test_who_uses_it_is_asked_only_where_it_decides_between_a_prompt_and_a_box() -> None:
    assert missing(Facts(aim="a weekly report", need="general")) == ["audience", "expected"]
    assert "audience" not in missing(Facts(aim="like my gran", need="manner"))


def test_two_readings_are_asked_with_both_as_answers() -> None:
    facts = Facts(aim="mails", need="general", other_need="labels", expected="short")
    (asked,) = next_questions(facts, "en")
    assert asked.id == "need"
    assert [value for value, _ in asked.options] == ["general", "labels"]


@pytest.mark.parametrize("language", ["zh", "en"])
@given(
    facts=st.builds(
        Facts,
        aim=st.sampled_from(["", "a bot", "做一个客服"]),
        need=st.sampled_from(get_args(Need)),
        data_at_hand=st.sampled_from(["", "none", "dozens"]),
        audience=st.sampled_from(["", "me"]),
        expected=st.sampled_from(["", "short"]),
    )
)
def test_pressing_the_defaults_ends_the_interview_within_four_turns(
    language: str, facts: Facts
) -> None:
    turns = []
    while questions := next_questions(facts, language):
        assert len(questions) <= MOST
        assert sum(each.id in FREE for each in questions) <= 1
        for each in questions:
            value, label = each.options[each.default]
            assert value and label
            assert not getattr(facts, each.id)
            facts = Facts.model_validate({**facts.model_dump(), each.id: value})
        turns.append([each.id for each in questions])
    asked = [name for turn in turns for name in turn]
    assert asked == [name for name in ORDER if name in asked]
    assert len(turns) <= 4


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_aim_to_press_is_heard_as_a_need(language: str) -> None:
    (question,) = next_questions(Facts(), language)
    kinds = ("manner", "labels", "facts", "hidden_prompt")
    for (_, label), need in zip(question.options, kinds, strict=True):
        assert hear(label, language)["need"] == need, label


def test_a_long_aim_is_cut_where_a_clause_ends_and_loses_its_first_words() -> None:
    assert short(GRANDMA.aim, "zh") == "说话像我奶奶的聊天机器人，给家里人用"
    long = (
        "I want to make a bot that answers mails, keeps my calendar, and never forgets a birthday"
    )
    assert short(long, "en") == "a bot that answers mails, keeps my calendar"
