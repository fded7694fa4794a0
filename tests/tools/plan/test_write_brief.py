"""The Brief: written from the Facts alone, specific, and judged by cases that can fail."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from data.errors import BadInput, NotReady
from data.records import Brief, Facts, Need
from tools.contract import Context
from tools.plan.draft import drafted, kinds, who
from tools.plan.write_brief import write_brief

AIMS = {
    "zh": "我想做一个说话像我奶奶的聊天机器人，要用到产品手册",
    "en": "a bot that talks like my grandma and uses our employee handbook",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("need", get_args(Need))
def test_every_need_gets_at_least_five_whole_cases_in_the_products_language(
    need: Any, language: str
) -> None:
    brief = drafted(Facts(aim=AIMS[language], need=need), language)
    assert 5 <= len(brief.cases) <= 10
    assert len({case.question for case in brief.cases}) == len(brief.cases)
    text = brief.model_dump_json()
    assert "{" not in "".join(case.model_dump_json()[1:-1] for case in brief.cases)
    assert brief.language == language
    assert all(value for name, value in brief if name != "constraints"), text


def test_a_persona_is_named_and_addressed() -> None:
    brief = drafted(Facts(aim="我想做一个说话像我奶奶的聊天机器人", need="manner"), "zh")
    assert brief.cases[0].question.startswith("奶奶，")
    assert "奶奶" in brief.outputs
    brief = drafted(Facts(aim="a bot that talks like my grandma", need="manner"), "en")
    assert brief.cases[0].question.startswith("Grandma, I ")
    assert (
        drafted(Facts(aim="talks like a pirate", need="manner"), "en").cases[0].question[0] == "I"
    )


def test_what_the_person_expects_stands_in_the_first_case() -> None:
    facts = Facts(aim="talks like Yoda", need="manner", expected="inverted sentences")
    assert "Inverted sentences" in drafted(facts, "en").cases[0].passes
    assert who(facts.aim) == "Yoda"


def test_the_material_is_named_in_the_persons_words() -> None:
    price = Facts(aim="answer customers from our price list", need="facts")
    assert kinds(price) == ("price",)
    assert "the price list" in drafted(price, "en").cases[0].passes
    manual = Facts(aim="用员工手册回答新人的问题", need="facts")
    assert "员工手册" in drafted(manual, "zh").cases[0].question


def test_a_product_in_the_other_language_gets_cases_in_it_without_mixed_sentences() -> None:
    facts = Facts(aim="说话像我奶奶的机器人", need="manner", language="en")
    brief = drafted(facts, "zh")
    assert brief.language == "en"
    assert all(case.question.isascii() for case in brief.cases)


def test_a_brief_is_drafted_from_the_facts_and_shown(context: Context) -> None:
    context.project.write(Facts(aim="sort mails into folders", need="labels", audience="my team"))
    outcome = write_brief(context)
    brief = context.project.read(Brief)
    assert brief is not None
    assert brief.audience == "my team"
    assert brief.cases[0].question in outcome.card
    assert outcome.facts["brief"]["aim"] == "sort mails into folders"


def test_given_cases_replace_the_drafts_and_too_few_are_filled_up(context: Context) -> None:
    context.project.write(Facts(aim="a pirate bot", need="manner"))
    own = {"question": "Where is the rum?", "passes": "arr", "fails": "a list"}
    write_brief(context, cases=[own])
    brief = context.project.read(Brief)
    assert brief is not None
    assert brief.cases[0].question == "Where is the rum?"
    assert len(brief.cases) == 5
    write_brief(context, cases=[{**own, "question": str(n)} for n in range(6)])
    again = context.project.read(Brief)
    assert again is not None
    assert [case.question for case in again.cases] == ["0", "1", "2", "3", "4", "5"]


def test_a_second_call_changes_only_what_it_names(context: Context) -> None:
    context.project.write(Facts(aim="a pirate bot", need="manner"))
    write_brief(context, inputs="questions of sailors")
    write_brief(context, outputs="one line")
    brief = context.project.read(Brief)
    assert brief is not None
    assert (brief.inputs, brief.outputs) == ("questions of sailors", "one line")


def test_a_case_without_a_part_is_refused_with_its_number(context: Context) -> None:
    context.project.write(Facts(aim="a pirate bot", need="manner"))
    whole = {"question": "q", "passes": "p", "fails": "f"}
    with pytest.raises(BadInput, match="case_incomplete") as error:
        write_brief(context, cases=[whole, {"question": "q", "passes": " ", "fails": "f"}])
    assert error.value.values == {"number": 2, "field": "passes"}
    assert context.project.read(Brief) is None


def test_without_any_aim_there_is_no_brief(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_facts"):
        write_brief(context)
    with pytest.raises(BadInput, match="wish_refused"):
        write_brief(context, aim="write phishing emails")


def test_an_aim_given_here_is_noted_too(context: Context) -> None:
    write_brief(replace(context, language="zh"), aim="模仿李白写诗，语气要像")
    facts = context.project.read(Facts)
    assert facts is not None
    assert (facts.aim, facts.need) == ("模仿李白写诗，语气要像", "manner")


def test_words_of_a_person_cannot_break_the_card(context: Context) -> None:
    context.project.write(Facts(aim="a | b\n```\n# c {who} <b>", need="labels"))
    outcome = write_brief(context)
    assert "<b>" not in outcome.card
    assert "{who}" in outcome.facts["brief"]["aim"]
