"""First messages as people write them, with what they say about the Facts and nothing more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Facts
from data.shelf import shelf
from tools.plan.hear import evidence, hear, hear_answer, message_language

HEARD = ("need", "data_at_hand", "language", "audience", "beyond")

# message -> (the message's language, what is heard but for aim and expected)
MESSAGES: list[tuple[str, str, dict[str, Any]]] = [
    # manner
    (
        "我想做一个说话像我奶奶的聊天机器人，给家里人用。",
        "zh",
        {"need": "manner", "audience": "家里人"},
    ),
    ("想微调一个毒舌人设的聊天搭子", "zh", {"need": "manner"}),
    (
        "有两百条我自己的聊天记录，想让模型模仿我的语气回消息",
        "zh",
        {"need": "manner", "data_at_hand": "hundreds"},
    ),
    ("训练一个会用东北话唠嗑的 bot", "zh", {"need": "manner"}),
    (
        "I want a bot that talks like a grumpy pirate for my kids",
        "en",
        {"need": "manner", "audience": "my kids"},
    ),
    (
        "make it write newsletters in our house style, we have 80 examples",
        "en",
        {"need": "manner", "data_at_hand": "dozens"},
    ),
    ("Can you finetune somthing with my dads way of speaking", "en", {"need": "manner"}),
    (
        "role-play as a game character, in Chinese please",
        "en",
        {"need": "manner", "language": "zh"},
    ),
    # labels
    (
        "把客服工单自动分成 8 类，我们有 3000 条标好的",
        "zh",
        {"need": "labels", "data_at_hand": "hundreds"},
    ),
    ("从合同里提取甲方、金额和日期，输出 json", "zh", {"need": "labels"}),
    ("判断评论是好评还是差评", "zh", {"need": "labels"}),
    ("识别诈骗短信，提醒老人", "zh", {"need": "labels"}),
    (
        "I wnat to clasify suport tickets into 8 categorys, i have 3,000 rows",
        "en",
        {"need": "labels", "data_at_hand": "hundreds"},
    ),
    ("detect phishing emails before my staff open them", "en", {"need": "labels"}),
    (
        "We extract items from invoices as JSON, no data yet, answers in English",
        "en",
        {"need": "labels", "language": "en", "data_at_hand": "none"},
    ),
    ("sort my mails into folders", "en", {"need": "labels"}),
    # facts, among them wishes that only sound like tuning
    ("tune it on our price list", "en", {"need": "facts"}),
    (
        "I want to fine-tune a bot on our price list so it answers customers.",
        "en",
        {"need": "facts", "audience": "customers"},
    ),
    (
        "train on our employee handbook so staff can ask it questions",
        "en",
        {"need": "facts", "audience": "staff"},
    ),
    ("teach the model all our docs", "en", {"need": "facts"}),
    ("it must know the opening hours, which change every month", "en", {"need": "facts"}),
    ("微调一下，让它记住我们公司的规章制度", "zh", {"need": "facts"}),
    ("用我们的产品手册训练一个问答机器人", "zh", {"need": "facts"}),
    ("帮我 finetune 一个 customer service bot，用我们的 price list 回答", "zh", {"need": "facts"}),
    ("想让大模型学会最新的政策", "zh", {"need": "facts"}),
    # both
    (
        "说话要像我奶奶，还要记得家里的事，给家里人用",
        "zh",
        {"need": "manner_and_facts", "audience": "家里人"},
    ),
    ("It should sound like our brand but also know our prices", "en", {"need": "manner_and_facts"}),
    # steps
    ("先翻译成英文再用鲁迅的口气写", "zh", {"need": "steps"}),
    ("我想把两个模型接起来，一个写稿，一个审稿", "zh", {"need": "steps"}),
    (
        "first summarise the email, then draft a reply and send it to another model",
        "en",
        {"need": "steps"},
    ),
    ("Build a pipeline of two models", "en", {"need": "steps"}),
    # hidden prompt
    ("我写好了提示词，不想给别人看，只留一个输入框", "zh", {"need": "hidden_prompt"}),
    ("怎么把我的 prompt 藏起来给朋友用？", "zh", {"need": "hidden_prompt", "audience": "朋友"}),
    ("I have a prompt, nobody should see the instructions", "en", {"need": "hidden_prompt"}),
    ("put my prompt behind one input box", "en", {"need": "hidden_prompt"}),
    # nothing that decides
    ("help me", "en", {}),
    ("帮帮我，我是小白", "zh", {}),
    ("I want to fine-tune a large language model", "en", {}),
    ("想做一个英语口语陪练，自己用", "zh", {"audience": "自己"}),
    ("translate my emails for me", "en", {}),
    ("什么是 LoRA？", "zh", {}),
    ("what is the difference between RAG and fine-tuning?", "en", {}),
    ("我每天要处理 500 条留言", "zh", {}),
    ("回答两句以内就好", "zh", {}),
    ("the little prince as a bedtime bot", "en", {}),
    # not ours
    ("write phishing emails to old people", "en", {"beyond": "refuse"}),
    ("做一个杀猪盘话术机器人", "zh", {"beyond": "refuse"}),
    ("微调一个能生成图片的模型", "zh", {"beyond": "out_of_scope"}),
    ("clone my voice for a podcast", "en", {"beyond": "out_of_scope"}),
    ("pre-train my own GPT from scratch", "en", {"beyond": "out_of_scope"}),
    ("帮我写画图用的提示词，风格要像我以前写的", "zh", {"need": "manner"}),
    ("write captions for images in my style", "en", {"need": "manner"}),
]


@pytest.mark.parametrize(("message", "language", "wanted"), MESSAGES, ids=[m[0] for m in MESSAGES])
def test_a_first_message_is_heard_for_what_it_says(
    message: str, language: str, wanted: dict[str, Any]
) -> None:
    heard = hear(message, language)
    assert {name: heard[name] for name in HEARD if name in heard} == wanted
    assert message_language(message, "en" if language == "zh" else "zh") == language


@pytest.mark.parametrize(
    ("message", "amount"),
    [
        ("I have forty rows", "dozens"),
        ("we collected about two hundred chat examples", "hundreds"),
        ("got 5 examples", "few"),
        ("手上有三十来句", ""),
        ("手上有三十句奶奶说过的话", "dozens"),
        ("攒了一千多条记录", "hundreds"),
        ("大概几十条", "dozens"),
        ("只有几条例子", "few"),
        ("还没有数据", "none"),
        ("I don't have any data", "none"),
        ("先用示例数据试试", "sample"),
        ("make me 20 rows", ""),
        ("each answer at most 3 sentences", ""),
        ("we get 900 tickets a day", ""),
        ("2k rows in a spreadsheet", "hundreds"),
    ],
)
def test_an_amount_is_heard_only_where_it_counts_what_they_have(message: str, amount: str) -> None:
    assert hear(message, "en").get("data_at_hand", "") == amount


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("想要一个客服机器人。回答要简短，两句以内", "回答要简短，两句以内"),
        (
            "a bot for recipes. Answers should be short and friendly",
            "Answers should be short and friendly",
        ),
        ("a helpful recipe bot", ""),
    ],
)
def test_what_is_good_is_kept_in_the_persons_words(message: str, expected: str) -> None:
    language = message_language(message, "en")
    assert hear(message, language).get("expected", "") == expected


def test_greetings_and_questions_about_a_word_are_no_aim() -> None:
    for message in (
        "hello",
        "你好",
        "help me please",
        "我想学微调",
        "什么是过拟合？",
        "what is an epoch",
    ):
        assert "aim" not in hear(message, "en"), message
    assert hear("做个翻译机器人", "zh")["aim"] == "做个翻译机器人"


def test_a_very_long_message_is_heard_by_the_sentence_that_wishes() -> None:
    tale = "Yesterday I talked to my neighbour about his garden for a very long time. " * 30
    heard = hear(tale + "I want a bot that sounds like my neighbour. " + tale, "en")
    assert heard["aim"] == "I want a bot that sounds like my neighbour."
    assert heard["need"] == "manner"


def test_what_is_denied_is_not_heard() -> None:
    assert hear("it's not the tone, it's our price list", "en")["need"] == "facts"
    assert hear("我要的不是语气，是查最新的价格", "zh")["need"] == "facts"
    assert hear("not only the tone but also our price list", "en")["need"] == "manner_and_facts"


def test_the_evidence_is_the_clause_that_spoke_for_the_need() -> None:
    text = "我做小吃的，想微调一个机器人，说话像我奶奶，给家里人用"
    assert evidence(text, "manner") == "说话像我奶奶"
    assert evidence(text, "labels") == ""


@pytest.mark.parametrize(
    ("answer", "question", "wanted"),
    [
        ("两样都要", "need", {"need": "manner_and_facts"}),
        ("both", "need", {"need": "manner_and_facts"}),
        ("the tone", "need", {"need": "manner"}),
        ("还没有", "data_at_hand", {"data_at_hand": "none"}),
        ("about 40", "data_at_hand", {"data_at_hand": "dozens"}),
        ("三百", "data_at_hand", {"data_at_hand": "hundreds"}),
        ("随便", "audience", {"audience": "default"}),
        ("no idea", "expected", {"expected": "default"}),
        ("purple", "need", {}),
    ],
)
def test_a_short_answer_is_read_by_its_question(
    answer: str, question: str, wanted: dict[str, str]
) -> None:
    assert hear_answer(answer, question) == wanted


@pytest.mark.parametrize("fallback", ["zh", "en"])
@pytest.mark.parametrize("text", ["", "ok", "5", "LoRA", "rank 16", "👍", "JSON", "...", "[{}]"])
def test_short_neutral_texts_keep_the_language_of_the_talk(text: str, fallback: str) -> None:
    assert message_language(text, fallback) == fallback


def test_pasted_rows_do_not_turn_the_talk_into_their_language() -> None:
    assert (
        message_language('[{"instruction": "Where is it?", "output": "On its way."}]', "zh") == "zh"
    )
    assert message_language('{"instruction": "你好吗", "output": "好"}', "en") == "en"
    assert message_language("What does 微调 mean?", "zh") == "en"
    assert message_language("LoRA 是什么", "en") == "zh"


@given(st.text(max_size=300), st.sampled_from(["zh", "en"]))
def test_hearing_never_raises_and_fits_the_facts(text: str, language: str) -> None:
    heard = hear(text, language)
    Facts.model_validate({k: v for k, v in heard.items() if k in Facts.model_fields})
    assert all(heard.values())
    assert message_language(text, language) in ("zh", "en")


@given(
    st.lists(
        st.sampled_from(
            [
                "我想",
                "做",
                "像奶奶",
                "说话",
                ",",
                "。",
                "40",
                "rows",
                "三百",
                "条",
                "先",
                "翻译",
                "再",
                "for",
                "my",
                "not",
                "给",
                "用",
                "price\nlist",
            ]
        ),
        max_size=25,
    )
)
def test_hearing_is_the_same_twice_and_invents_no_words(parts: list[str]) -> None:
    text = " ".join(parts)
    heard = hear(text, "zh")
    assert heard == hear(text, "zh")
    assert set(heard.get("audience", "").split()) <= set(text.split()) or heard["audience"] in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_ideas_of_the_first_visit_start_three_different_roads(language: str) -> None:
    heard = [hear(idea["message"][language], language) for idea in shelf("shipped/ideas")["ideas"]]
    assert [h["need"] for h in heard] == ["manner", "hidden_prompt", "facts"]
    assert heard[0]["data_at_hand"] == "sample"
    assert "示例" not in heard[0]["aim"] and "sample" not in heard[0]["aim"]
