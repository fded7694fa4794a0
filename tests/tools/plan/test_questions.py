"""The interview: few questions, in order, none twice, each with answers to press."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Facts, Need
from tools.plan.hear import hear
from tools.plan.questions import ORDER, missing, next_question, short

GRANDMA = Facts(
    aim="我想做一个说话像我奶奶的聊天机器人，给家里人用", need="manner", audience="家里人"
)


def test_an_empty_start_asks_for_the_aim_first() -> None:
    asked = next_question(Facts(), "en")
    assert asked is not None
    assert asked.id == "aim"
    assert len(asked.options) >= 3


def test_what_was_said_is_not_asked_again() -> None:
    asked = next_question(GRANDMA, "zh")
    assert asked is not None
    assert asked.id == "data_at_hand"
    assert "说话像我奶奶的聊天机器人" in asked.text


def test_rows_at_hand_are_not_asked_where_nothing_would_be_trained() -> None:
    facts = Facts(aim="answer from our price list", need="facts")
    assert missing(facts) == ["audience", "expected"]


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
def test_pressing_the_default_ends_the_interview_within_five(language: str, facts: Facts) -> None:
    asked = []
    while question := next_question(facts, language):
        value, label = question.options[question.default]
        assert value and label
        assert not getattr(facts, question.id)
        facts = Facts.model_validate({**facts.model_dump(), question.id: value})
        asked.append(question.id)
    assert asked == [name for name in ORDER if name in asked]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_aim_to_press_is_heard_as_a_need(language: str) -> None:
    question = next_question(Facts(), language)
    assert question is not None
    kinds = ("manner", "labels", "facts", "hidden_prompt")
    for (_, label), need in zip(question.options, kinds, strict=True):
        assert hear(label, language)["need"] == need, label


def test_a_long_aim_is_cut_where_a_clause_ends_and_loses_its_first_words() -> None:
    assert short(GRANDMA.aim, "zh") == "说话像我奶奶的聊天机器人，给家里人用"
    long = (
        "I want to make a bot that answers mails, keeps my calendar, and never forgets a birthday"
    )
    assert short(long, "en") == "a bot that answers mails, keeps my calendar"
