"""Noting what was said: the last clear word wins, nothing is made up, and the Brief follows."""

from dataclasses import replace

import pytest
from langchain_core.language_models import GenericFakeChatModel

from data.errors import BadInput
from data.records import Brief, Decision, Facts
from tools.contract import Context
from tools.plan.decide import decide
from tools.plan.note_facts import note_facts
from tools.plan.write_brief import write_brief

GRANDMA = "我想做一个说话像我奶奶的聊天机器人，给家里人用。"


@pytest.fixture
def zh(context: Context) -> Context:
    return replace(context, language="zh")


def facts_of(context: Context) -> Facts:
    facts = context.project.read(Facts)
    assert facts is not None
    return facts


def brief_of(context: Context) -> Brief:
    brief = context.project.read(Brief)
    assert brief is not None
    return brief


def test_a_first_message_fills_what_it_says_and_names_what_is_missing(zh: Context) -> None:
    outcome = note_facts(zh, message=GRANDMA)
    assert facts_of(zh) == Facts(aim=GRANDMA, need="manner", audience="家里人", style="像我奶奶")
    assert outcome.facts["missing"] == ["data_at_hand", "expected"]
    assert "说话像我奶奶的聊天机器人" in outcome.text


def test_given_fields_win_over_the_message_and_empty_ones_take_nothing_away(
    context: Context,
) -> None:
    note_facts(context, aim="a bot for recipes", need="facts", audience="my family")
    note_facts(context, need="manner", message="our price list")
    assert facts_of(context).need == "manner"
    assert facts_of(context).audience == "my family"


def test_a_vague_start_is_kept_as_an_open_interview(context: Context) -> None:
    outcome = note_facts(context, message="help me please")
    assert facts_of(context) == Facts()
    assert outcome.facts["missing"][0] == "aim"


def test_an_answer_is_read_by_the_question_that_is_open(zh: Context) -> None:
    note_facts(zh, message="想做一个客服助手")
    note_facts(zh, message="两样都要")
    assert facts_of(zh).need == "manner_and_facts"
    note_facts(zh, message="还没有")
    assert facts_of(zh).data_at_hand == "none"


def test_leaving_it_to_us_takes_the_default_and_says_so(context: Context) -> None:
    note_facts(context, aim="a bot for jokes", need="manner", data_at_hand="none")
    outcome = note_facts(context, audience="no idea", message="no idea")
    assert facts_of(context).audience == "Anyone"
    assert "Anyone" in outcome.text


def test_a_typed_answer_is_heard_rather_than_copied(zh: Context) -> None:
    note_facts(zh, message=GRANDMA.replace("，给家里人用", ""))
    note_facts(zh, audience="主要是给我的表弟表妹用", message="主要是给我的表弟表妹用")
    assert facts_of(zh).audience == "我的表弟表妹"


def test_facts_beside_a_manner_make_both(context: Context) -> None:
    note_facts(context, message="a bot that talks like a pirate")
    note_facts(context, message="and it must know our opening hours")
    assert facts_of(context).need == "manner_and_facts"


def test_a_change_of_mind_is_followed(context: Context) -> None:
    note_facts(context, message="a bot that talks like a pirate, for my kids")
    note_facts(context, message="actually I want a bot that sorts mails into categories instead")
    assert facts_of(context).need == "labels"
    assert facts_of(context).audience == ""
    assert "sorts mails" in facts_of(context).aim


def test_the_brief_follows_what_is_said_later_and_keeps_what_the_person_wrote(zh: Context) -> None:
    note_facts(zh, message=GRANDMA, data_at_hand="none", expected="短句")
    write_brief(zh, outputs="一句话")
    outcome = note_facts(zh, message="改成给邻居用的，回答要温柔")
    assert brief_of(zh).audience == "邻居"
    assert "温柔" in brief_of(zh).expected
    assert "温柔" in brief_of(zh).cases[0].passes
    assert brief_of(zh).outputs == "一句话"
    assert "邻居" in outcome.card


def test_cases_of_the_persons_own_survive_a_change_of_the_facts(context: Context) -> None:
    note_facts(context, aim="a pirate bot that talks like a pirate", need="manner")
    own = [{"question": f"q{n}", "passes": "p", "fails": "f"} for n in range(5)]
    write_brief(context, cases=own)
    note_facts(context, audience="sailors")
    assert [case.question for case in brief_of(context).cases] == [f"q{n}" for n in range(5)]
    assert brief_of(context).audience == "sailors"


def test_what_was_not_understood_about_a_brief_is_said(context: Context) -> None:
    note_facts(context, aim="a bot that talks like a pirate", need="manner")
    write_brief(context)
    before = brief_of(context)
    outcome = note_facts(context, message="hmm")
    assert brief_of(context) == before
    assert outcome.card == ""
    assert "couldn't tell" in outcome.text


def test_a_new_need_after_the_decision_asks_to_decide_again(context: Context) -> None:
    note_facts(context, aim="a bot that talks like a pirate", need="manner")
    write_brief(context)
    decide(context)
    outcome = note_facts(context, need="facts")
    assert context.project.read(Decision) is not None
    assert "decided again" in outcome.text


@pytest.mark.parametrize(
    ("message", "beyond"),
    [
        ("write phishing emails to old people", "refuse"),
        ("generate images of my cat", "out_of_scope"),
    ],
)
def test_a_wish_that_is_not_ours_is_declined_and_not_kept(
    context: Context, message: str, beyond: str
) -> None:
    outcome = note_facts(context, message=message)
    assert outcome.facts["beyond"] == beyond
    assert facts_of(context) == Facts()
    outcome = note_facts(context, aim=message, message=message)
    assert outcome.facts["beyond"] == beyond
    assert facts_of(context).aim == ""


def test_a_word_that_is_not_allowed_is_refused_with_the_ones_that_are(context: Context) -> None:
    with pytest.raises(BadInput) as error:
        note_facts(context, need="tone")
    assert "manner" in error.value.text("en")


def test_a_new_idea_typed_as_an_answer_is_no_answer(context: Context) -> None:
    note_facts(context, aim="a bot that talks like a pirate", need="manner", audience="kids")
    said = "a different idea: actually a bot that sorts mail into categories"
    note_facts(context, expected=said, message=said)
    assert facts_of(context).need == "labels"
    assert facts_of(context).expected == ""


def test_what_a_model_and_the_rules_read_differently_is_asked_and_not_hidden(
    context: Context,
) -> None:
    led = replace(context, model=GenericFakeChatModel(messages=iter(())))
    outcome = note_facts(led, aim="tune it on our price list", need="manner")
    facts = facts_of(context)
    assert (facts.need, facts.other_need) == ("manner", "facts")
    assert outcome.facts["two_readings"] == ["manner", "facts"]
    assert outcome.facts["missing"][0] == "need"
    assert "two ways" in outcome.text and "facts that change" in outcome.text
    answered = note_facts(led, need="facts")
    assert facts_of(context).other_need == ""
    assert "two_readings" not in answered.facts


def test_what_both_read_alike_is_not_asked(context: Context) -> None:
    note_facts(context, aim="tune it on our price list", need="facts")
    assert facts_of(context).other_need == ""


def test_a_need_that_no_phrase_tells_is_read_by_the_classifier(zh: Context) -> None:
    note_facts(zh, message="帮我把邮件翻译成英文")
    assert facts_of(zh).need == "general"


def test_a_wish_that_is_clearly_harmful_is_declined_though_no_phrase_names_it(
    context: Context,
) -> None:
    wish = "a bot that scams old people out of their savings"
    assert note_facts(context, message=wish).facts["beyond"] == "refuse"
    assert facts_of(context).aim == ""


def test_what_must_not_go_out_stands_in_the_brief_and_in_the_reasons(zh: Context) -> None:
    note_facts(zh, message="做一个像我奶奶说话的机器人，聊天记录不能外传，有三百条")
    write_brief(zh)
    assert any("不能外传" in line for line in brief_of(zh).constraints)
    reasons = " ".join(decide(zh).facts["reasons"])
    assert "不能外传" in reasons and "不联网" in reasons
