"""What is cited from a message is said there; what is denied, supposed or asked is not cited."""

import pytest

from tools.plan.cite import CITED, NAMES, cite

FACTS = (*CITED, "audience")
SAID = [
    ("给家长用的，客气点", {"audience": "家长", "style": "客气点"}),
    ("服务员点单的时候问它", {"audience": "服务员"}),
    ("粉丝点开输生日就出结果", {"audience": "粉丝"}),
    ("新人来问就告诉他在哪一页", {"audience": "新人"}),
    ("给学员看的", {"audience": "学员"}),
    ("for junior doctors on nights", {"audience": "junior doctors on nights"}),
    ("a little helper for the tenants", {"audience": "the tenants"}),
    ("guests can type their question", {"audience": "guests"}),
    ("六百多份文件都在电脑里", {"data_available": "六百多份文件", "data_amount": "六百多份"}),
    ("有三年的聊天记录", {"data_available": "三年的聊天记录"}),
    ("我攒了一万八千条", {"data_available": "一万八千条", "data_amount": "一万八千条"}),
    ("I have old replies from the forum", {"data_available": "old replies from the forum"}),
    ("we have the baptism records typed out", {"data_available": "baptism records typed out"}),
    ("explain it like I'm not a lawyer", {"style": "like I'm not a lawyer"}),
    ("要老师傅那股劲儿", {"style": "老师傅那股劲儿"}),
    ("讲话要像我爷爷的机器人", {"style": "像我爷爷"}),
    ("要说东北话", {"style": "东北话"}),
    ("it should answer in Tagalog", {"style": "Tagalog"}),
    ("half a page, only the code", {"output_format": "half a page; only the code"}),
    ("答案带出处，缩成五句话", {"output_format": "带出处; 五句话"}),
    ("病历不能出医院", {"privacy": "不能出医院"}),
    ("not in some cloud", {"privacy": "not in some cloud"}),
    ("家里有张8G的2070", {"hardware": "8G的2070"}),
    ("it runs on players' laptops", {"hardware": "players' laptops"}),
]
UNSAID = [
    "老板让我做个客服机器人",
    "my boss wants a chatbot",
    "不是给学生用的",
    "别给学生看",
    "nobody in my team asks it",
    "要是我有一万条聊天记录就好了",
    "if I had 500 examples, would it work",
    "I don't have any old emails",
    "要不要买4090",
    "do I need a GPU server?",
    "don't need it to sound friendly",
    "语气不用温柔",
    "我有一个想法",
    "服务器打不开",
]


@pytest.mark.parametrize(("text", "known"), SAID)
def test_a_fact_is_cited_in_the_few_words_that_state_it(text: str, known: dict[str, str]) -> None:
    found = cite(text)
    assert {name: found[name] for name in FACTS if found[name]} == known


@pytest.mark.parametrize("text", UNSAID)
def test_what_is_denied_supposed_or_asked_is_no_fact(text: str) -> None:
    found = cite(text)
    assert not {name: found[name] for name in FACTS if found[name]}


@pytest.mark.parametrize(
    "text",
    [
        "it's not confidential at all",
        "数据不是机密",
        "I run a laptop repair shop",
        "Each ticket is classified by hand",
        "要本地人的口音",
        "my T4 and TSH results",
    ],
)
def test_what_only_looks_like_a_machine_or_a_secret_is_none(text: str) -> None:
    found = cite(text)
    assert found["hardware"] is None and found["privacy"] is None


def test_curly_quotes_and_wide_signs_come_back_as_they_were_typed() -> None:
    assert cite("the data can’t leave our network")["privacy"] == "the data can’t leave our network"
    assert cite("在ＲＴＸ ３０９０上跑")["hardware"] == "ＲＴＸ ３０９０"


@pytest.mark.parametrize("text", ["1" * 6000, "一" * 6000, "㉑" * 6000, "our " * 1500, "x'" * 3000])
def test_hostile_repetition_is_read_to_the_end(text: str) -> None:
    assert set(cite(text)) == set(NAMES)
