"""What a short message is taken to want, and what is left alone."""

import pytest

from agent.guide.intents import intent, numbers, shown_thing, term
from agent.guide.talk import bare


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("what next?", "next"),
        ("What's next", "next"),
        ("WHAT NOW", "next"),
        ("下一步", "next"),
        ("接下来做什么？", "next"),
        ("练完了吗", "next"),
        ("why?", "why"),
        ("为什么要这样", "why"),
        ("go back", "back"),
        ("返回上一步", "back"),
        ("回到数据那一步", "back"),
        ("show me the data", "show"),
        ("给我看看曲线", "show"),
        ("stop training", "stop"),
        ("别练了", "stop"),
        ("resume training", "resume"),
        ("继续训练", "resume"),
        ("start training", "start"),
        ("开始训练", "start"),
        ("what is a learning rate", "explain"),
        ("过拟合是什么意思", "explain"),
        ("学习地图", "map"),
        ("我学到哪了", "map"),
        ("what have I learnt", "map"),
        ("RAG 和微调的区别", "differ"),
        ("help", "help"),
        ("你好！", "help"),
        ("?", "help"),
    ],
)
def test_a_plain_wish_is_understood_in_both_languages(text, wanted):
    assert intent(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "!!!",
        "🙂🙂🙂",
        "Grandma, dinner is ready, come and eat with us",
        "奶奶说饭好了快来吃",
        "backpack",
        "the restart button of our shop",
        "nextcloud",
        "whyte",
    ],
)
def test_what_only_looks_like_a_wish_is_left_alone(text):
    assert intent(text) == ""


def test_a_long_message_tells_something_and_is_no_command():
    assert intent("why " * 40) == ""
    assert intent("我想做一个说话像我奶奶的机器人，" * 8 + "下一步") == ""


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("show me the brief", "brief"),
        ("show me the database", ""),
        ("看看数据", "dataset"),
        ("看一下损失曲线", "curve"),
        ("show the base model", "base_model"),
        ("给我看接口", "publication"),
    ],
)
def test_the_thing_to_show_is_named(text, thing):
    assert shown_thing(text) == thing


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("what is a learning rate?", "learning rate"),
        ("What does overfitting mean?", "overfitting"),
        ("什么是学习率？", "学习率"),
        ("过拟合是什么意思", "过拟合"),
        ("LoRA 是什么", "lora"),
        ("LoRA 和 QLoRA 有什么区别？", "lora 和 qlora"),
    ],
)
def test_the_term_that_is_asked_for_is_left_when_the_asking_is_taken_away(text, wanted):
    assert term(text) == wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5 epochs", {"epochs": 5}),
        ("epochs 3, rank 16", {"epochs": 3, "rank": 16}),
        ("learning rate 0.0005", {"learning_rate": 0.0005}),
        ("lr=1e-4", {"learning_rate": 1e-4}),
        ("学习率改成 0.0003", {"learning_rate": 0.0003}),
        ("练 3 轮，秩 8，每批 4", {"epochs": 3, "rank": 8, "batch_rows": 4}),
        ("batch size 4", {"batch_rows": 4}),
        ("make it better", {}),
        ("三轮", {}),
    ],
)
def test_numbers_of_the_plan_are_read_from_a_message(text, found):
    assert numbers(text) == found


def test_a_button_is_compared_without_spaces_case_and_marks():
    assert bare(" Start  Training! ") == bare("start training")
    assert bare("好的。") == "好的"
