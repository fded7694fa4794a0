"""The interview in the chat: several questions at once, answered one by one or together."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false

import pytest

from agent.connect import connect
from agent.events import Said, Worked
from agent.session import Session
from data.project import Project
from data.records import Brief, Decision, Facts, Route
from data.say import say
from tests.agent.test_guide import buttons, only
from tests.rigs.strict_openai import strict_server

GRANDMA = {
    "zh": "我想做一个说话像我奶奶的聊天机器人，给家里人用。",
    "en": "I want a chatbot that talks like my grandmother, for my family.",
}


def spoken(events):
    return "\n".join(each.text for each in only(events, Said))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_was_said_is_not_asked_and_the_rest_is_asked_in_one_turn(project, settings, language):
    session = Session(project, settings, language=language)
    events = list(session.send(GRANDMA[language]))
    assert spoken(events).count("1. ") == spoken(events).count("2. ") == 1
    assert "3. " not in spoken(events)
    labels = buttons(events)
    assert {label[:3] for label in labels[:-1]} == {"1. ", "2. "}
    assert labels[-1] == say("plan.ask.rest", language)
    assert project.read(Facts).audience


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_press_leaves_the_rest_to_us_and_the_brief_is_there(project, settings, language):
    session = Session(project, settings, language=language)
    events = list(session.send(GRANDMA[language]))
    list(session.send(buttons(events)[-1]))
    brief = project.read(Brief)
    assert 5 <= len(brief.cases) <= 10


@pytest.mark.parametrize(
    ("language", "answer", "data", "expected"),
    [
        ("zh", "几十条，要毒舌一点", "dozens", "要毒舌一点"),
        ("zh", "几十条", "dozens", ""),
        ("zh", "还没有", "none", ""),
        ("zh", "要毒舌一点", "", "要毒舌一点"),
        ("en", "about forty, and always in short sentences", "dozens", "short sentences"),
        ("en", "none yet", "none", ""),
        ("en", "she must never lecture", "", "she must never lecture"),
    ],
)
def test_a_typed_answer_goes_to_the_question_that_it_answers(
    project, settings, language, answer, data, expected
):
    session = Session(project, settings, language=language)
    list(session.send(GRANDMA[language]))
    list(session.send(answer))
    facts = project.read(Facts)
    assert facts.data_at_hand == data
    assert expected in facts.expected and bool(facts.expected) == bool(expected)


def test_a_question_about_a_word_is_answered_and_the_questions_stay(project, settings):
    session = Session(project, settings, language="zh")
    before = buttons(list(session.send(GRANDMA["zh"])))
    events = list(session.send("过拟合怎么回事"))
    assert [each.tool for each in only(events, Worked)] == ["learn_explain"]
    assert buttons(events) == before
    assert not project.read(Facts).expected


@pytest.mark.parametrize(
    ("language", "said", "aim"),
    [
        ("zh", "改主意了，还是猫娘", "猫娘"),
        ("zh", "改主意了，我想做一个翻译邮件的", "翻译邮件"),
        ("en", "I changed my mind, a pirate persona", "pirate"),
    ],
)
def test_another_idea_takes_the_first_one_back(project, settings, language, said, aim):
    session = Session(project, settings, language=language)
    list(session.send(GRANDMA[language]))
    list(session.send(said))
    facts = project.read(Facts)
    assert aim in facts.aim
    assert "奶奶" not in facts.aim and "grandm" not in facts.aim


def test_an_ordinary_job_ends_at_a_prompt_and_only_asks_who_will_use_it(project, settings):
    session = Session(project, settings, language="en")
    events = list(session.send("turn my notes into a weekly report"))
    while project.read(Decision) is None:
        events = list(session.send(buttons(events)[0]))
    assert project.read(Decision).route is Route.PROMPT
    assert project.stage == "workflow"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_numbered_button_answers_its_own_question_and_nothing_else(home, settings, language):
    first = Session(Project.create(home), settings, language=language)
    labels = buttons(list(first.send(GRANDMA[language])))[:-1]
    before = first.project.read(Facts).model_dump()
    for label in labels:
        session = Session(Project.create(home), settings, language=language)
        list(session.send(GRANDMA[language]))
        list(session.send(label))
        now = session.project.read(Facts).model_dump()
        changed = {name for name, value in now.items() if value != before[name]}
        assert changed == {"data_at_hand" if label.startswith("1.") else "expected"}, label


@pytest.mark.parametrize("typed", ["2", "1" * 5000])
def test_a_bare_number_presses_no_button_where_several_things_are_asked(project, settings, typed):
    session = Session(project, settings, language="en")
    list(session.send(GRANDMA["en"]))
    list(session.send(typed))
    facts = project.read(Facts)
    assert (facts.data_at_hand, facts.expected) in (("", ""), ("hundreds", ""))


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ("不超过三十个字", ""),
        ("一句话就好", ""),
        ("5 sentences at most", ""),
        ("没有，也做不出来", "unobtainable"),
    ],
)
def test_how_long_an_answer_may_be_is_no_amount_of_data(project, settings, answer, data):
    session = Session(project, settings, language="zh")
    list(session.send(GRANDMA["zh"]))
    list(session.send(answer))
    assert project.read(Facts).data_at_hand == data


def test_two_readings_never_offer_the_same_answer_twice(project, settings):
    session = Session(project, settings, language="zh")
    said = "作文打分，按我们教研组自己的五档标准，老师已经评了七千篇，只要输出档次"
    labels = buttons(list(session.send(said)))
    assert len(labels) == len(set(labels))


def test_a_model_that_reads_a_wish_otherwise_than_the_rules_leaves_the_choice_to_the_person(
    project, settings
):
    def script(body):
        if body["messages"][-1]["role"] == "tool":
            return {"text": "Which of the two is it?"}
        arguments = {"aim": "tune it on our price list", "need": "manner"}
        return {"tool": "plan_note_facts", "arguments": arguments}

    with strict_server(script) as server:
        connection = connect(server.url, "sk-test-canary", "scripted")
        session = Session(project, settings, connection, "en")
        events = list(session.send("tune it on our price list"))
    short = [say(f"plan.need_short.{need}", "en") for need in ("manner", "facts")]
    assert all(words in only(events, Worked)[0].text for words in short)
    assert buttons(events) == short
    assert project.read(Facts).other_need == "facts"
