"""Asking for the map, for a term, for a difference; and what only sounds like it is left alone."""

import pytest

from agent.events import Worked
from agent.session import Session
from data.records import Facts, Learnt
from data.settings import Settings
from tests.agent.test_guide import buttons, offered_at, only
from tests.rigs.stages import project_at


def tools_of(events):
    return [each.tool for each in only(events, Worked)]


def begin(home, stage="dataset", language="en"):
    session, _ = offered_at(home, stage, language)
    return session


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("zh", "学习地图"),
        ("zh", "看看路线图"),
        ("zh", "我学到哪了？"),
        ("zh", "我学到了什么"),
        ("en", "learning map"),
        ("en", "Show me the roadmap"),
        ("en", "roadmap"),
        ("en", "what have I learned so far?"),
    ],
)
@pytest.mark.parametrize("stage", ["plan", "dataset"])
def test_the_map_is_shown_when_it_is_asked_for_and_the_way_on_stays(home, stage, language, asked):
    session, offered = offered_at(home, stage, language)
    events = list(session.send(asked))
    assert tools_of(events) == ["learn_show_map"]
    assert only(events, Worked)[0].card.count("**") == 8
    assert buttons(events) == offered


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ("what is an agent?", ("agent",)),
        ("what are tokens?", ("token",)),
        ("什么是过拟合？", ("overfitting",)),
        ("LoRA 是啥", ("lora",)),
        ("batch size 指什么", ("batch",)),
        ("epoch", ("epoch",)),
        ("LoRA 和全量微调有什么区别", ("lora", "full-tuning")),
        ("difference between RAG and fine-tuning", ("rag", "fine-tuning")),
        ("微调和提示词哪个好", ("fine-tuning", "prompt")),
        ("智能体和工作流怎么选？", ("agent", "workflow")),
        ("微调好还是提示词好", ("fine-tuning", "prompt")),
        ("How does LoRA differ from full fine-tuning?", ("lora", "full-tuning")),
        ("Should I use RAG or fine-tuning?", ("rag", "fine-tuning")),
        ("What is the difference between LoRA and QLoRA, and which is better?", ("lora", "qlora")),
    ],
)
@pytest.mark.parametrize("stage", ["", "dataset"])
def test_a_term_or_a_difference_is_answered_first_thing_and_later(home, stage, asked, terms):
    project = project_at(home, stage or "plan")
    if not stage:
        (project.folder / Facts.FILE).unlink()
    session = Session(project, Settings(home=home, language="en"))
    events = list(session.send(asked))
    assert tools_of(events) == ["learn_explain"]
    learnt = project.read(Learnt)
    assert learnt and learnt.explained == terms
    assert buttons(events)


@pytest.mark.parametrize(
    "wish",
    [
        "I want a bot that explains loss",
        "I want a roadmap maker",
        "a learning map for my pupils",
        "做一个学习路线规划助手",
        "我想做一个讲 RAG 和微调区别的机器人",
    ],
)
def test_a_first_wish_that_speaks_of_such_things_is_a_wish(project, settings, wish):
    session = Session(project, settings)
    assert "plan_note_facts" in tools_of(list(session.send(wish)))
    facts = project.read(Facts)
    assert facts and facts.aim


@pytest.mark.parametrize("answer", ["output JSON", "it draws a learning map", "persona", "答案"])
def test_an_answer_to_an_open_question_is_kept_as_one(project, settings, answer):
    session = Session(project, settings, language="en")
    events = list(session.send("I want a bot that talks like my grandmother"))
    while True:
        messages, _ = session._remembered()
        if messages[-1].additional_kwargs.get("questions") == ["expected"]:
            break
        events = list(session.send(buttons(events)[0]))
    assert not {"learn_explain", "learn_show_map"} & set(tools_of(list(session.send(answer))))
    facts = project.read(Facts)
    assert facts and facts.expected == answer


@pytest.mark.parametrize("typed", ["which is better?", "这两个有什么区别", "purple monkeys differ"])
def test_without_two_known_terms_no_difference_is_told(home, typed):
    session = begin(home)
    assert "learn_explain" not in tools_of(list(session.send(typed)))
