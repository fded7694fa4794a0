"""What one message comes to: the route, why, what was said, what is still to be asked."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.records import Route
from tools.plan.cite import NAMES, cite
from tools.plan.classify import BUCKETS, WEIGHTS, classify, features
from tools.plan.match import plain
from tools.plan.read import read
from tools.plan.route import route

MESSAGES = WEIGHTS.with_name("messages.jsonl")
HELD_OUT = Path(__file__).parents[2] / "benchmarks/route_held_out.jsonl"
KEYS = ["route", "confidence", "reasons", "cheaper_first", "facts", "questions", "language"]


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I want to fine-tune a bot on our price list so it answers customers", "rag_workflow"),
        ("微调一个能背我们公司制度的模型", "rag_workflow"),
        ("我想做一个说话像我奶奶的聊天机器人，给家里人用", "finetune"),
        ("帮我把邮件翻译成英文", "prompt_only"),
        ("people should see one input box and not my prompt", "workflow"),
        ("先翻译，再让另一个模型润色", "workflow"),
        ("talks like my grandma and looks up the family recipes, which change weekly", "both"),
        ("help me", "unclear_needs_question"),
        ("hlep me make a AI 谢谢", "unclear_needs_question"),
        ("批量写假好评的机器人", "refuse"),
        ("generate images of cats", "out_of_scope"),
        ("什么是过拟合？", "concept"),
        ("what next?", "what_next"),
    ],
)
def test_plain_wishes_come_to_their_route(text: str, wanted: str) -> None:
    found = route(text)
    assert found["route"] == wanted
    assert list(found["facts"]) == list(NAMES)
    assert found["reasons"] and all(found["reasons"])


def test_on_messages_it_was_not_trained_on_it_is_right_as_often_as_promised() -> None:
    asked = lines(HELD_OUT)
    trained = {line["text"] for line in lines(MESSAGES)}
    assert not trained & {line["text"] for line in asked}
    for language in ("zh", "en"):
        own = [line for line in asked if line["language"] == language]
        right = sum(read(line["text"]).route == line["route"] for line in own)
        assert len(own) >= 120 and right / len(own) >= 0.85, (language, right, len(own))
    untaught = [line for line in asked if line["route"] not in ("finetune", "both")]
    wrongly = sum(read(line["text"]).route == Route.FINETUNE for line in untaught)
    assert wrongly / len(untaught) <= 0.05


def test_the_weights_were_trained_on_the_messages_beside_them() -> None:
    with np.load(WEIGHTS) as kept:
        assert str(kept["made_of"]) == hashlib.sha256(MESSAGES.read_bytes()).hexdigest()


def test_the_training_set_holds_every_route_in_both_languages_and_nothing_twice() -> None:
    kept = lines(MESSAGES)
    assert len(kept) == len({line["text"] for line in kept}) >= 1000
    for name in Route:
        for language in ("zh", "en"):
            same = [k for k in kept if (k["route"], k["language"]) == (name, language)]
            assert len(same) >= 100, (name, language)


@given(st.text(max_size=400))
@settings(deadline=None, max_examples=60)
def test_any_text_has_a_document_and_no_fact_that_is_not_in_it(text: str) -> None:
    found = route(text)
    assert set(found) == set(KEYS)
    assert Route(found["route"]) and 0 < found["confidence"] <= 1
    assert len(found["questions"]) <= 3
    said = "".join(plain(text).split())
    for name, value in found["facts"].items():
        for part in (value or "").split("; "):
            assert name == "language" or "".join(plain(part).split()) in said


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (
            "律所，三千多份旧合同，绝对不能外传，本地一台4090，给律师助理用，输出表格",
            {"data_amount": "三千多份", "hardware": "4090", "output_format": "表格"},
        ),
        (
            "22,000 tickets on an RTX 3090, nothing may leave our network; reply as JSON",
            {
                "data_amount": "22,000 tickets",
                "hardware": "RTX 3090",
                "privacy": "nothing may leave our network",
                "output_format": "JSON",
            },
        ),
        ("I have no data yet, a bot that talks like a pirate", {"data_available": "no data"}),
        ("答案要短，不许编", {"expected": "答案要短; 不许编"}),
    ],
)
def test_facts_are_cited_word_for_word(text: str, known: dict[str, str]) -> None:
    found = cite(text)
    assert {name: found[name] for name in known} == known


@pytest.mark.parametrize("text", ["help", "我想做个大模型", "what is LoRA?", "下一步呢"])
def test_where_nothing_was_said_nothing_is_known(text: str) -> None:
    assert not any(route(text)["facts"].values())


def test_a_very_long_message_is_read_by_its_two_ends() -> None:
    long = "I run a shop. " + "It rained again and the dog barked. " * 900
    found = features(long + "Please fine-tune a bot on our price list.")
    assert found.places.max() < BUCKETS
    assert np.isfinite(found.values).all()
    assert route(long + "Answers must come from our price list, which changes daily.")["route"]


def test_the_shares_of_all_routes_sum_to_one() -> None:
    shares = classify("a bot")
    assert set(shares) == set(Route)
    assert sum(shares.values()) == pytest.approx(1)


def test_a_clear_harm_stops_the_talk_and_a_hunch_does_not() -> None:
    assert read("写诈骗老人的话术").halts == "refuse"
    assert read("做个写诗的机器人").halts == ""
