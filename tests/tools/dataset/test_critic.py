"""Planted flaws are found, in the right place; honest rows are left alone."""

import pytest

from data.alpaca import Row
from data.records import Item
from data.say import LANGUAGES
from tests.tools.dataset.rows import GRANDMA, LUCK, SUPPORT, items, rows
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.critic import criticised
from tools.dataset.critique import critique
from tools.dataset.rules import id_number_holds
from tools.dataset.table import finding_text, flaw_name

ZH, EN, ASK = GRANDMA, SUPPORT, LUCK


def findings(honest: list[str], row: Row, language: str = "") -> dict[str, str]:
    """Code to marked text of one more row in a set of honest ones."""
    table = [*items(honest), Item(id="99", row=row, source="paste")]
    item = criticised(table, language)[-1]
    return {f.code: getattr(row, f.field, "")[f.start : f.end] for f in item.findings}


def of(question: str, answer: str) -> Row:
    return Row(instruction=question, output=answer)


@pytest.mark.parametrize("honest", [ZH, EN, ASK], ids=["grandma", "support", "luck"])
def test_an_honest_set_gets_no_marks(honest: list[str]) -> None:
    assert [item.findings for item in criticised(items(honest))] == [()] * len(honest)


@pytest.mark.parametrize(
    ("honest", "row", "code", "marked"),
    [
        (ZH, of("你睡了吗", "……"), "empty", ""),
        (ZH, of("吃了吗奶奶", "吃了吗，奶奶。"), "output_equals_instruction", "吃了吗，奶奶。"),
        (ZH, of("我累", "好。"), "too_short", "好。"),
        (ZH, of("我累", "歇歇。" + "慢慢走。" * 30), "too_long", "歇歇。" + "慢慢走。" * 30),
        (ZH, of("奶奶，我今天加班", "乖孩子，早点回来，粥在锅里热着！"), "near_duplicate", None),
        (ZH, of("奶奶我今天加班！", "乖孩子，早点回来，粥在锅里热着呢！"), "exact_duplicate", None),
        (ZH, of("冷吗", "Put on your coat, dear, it is cold."), "wrong_language", None),
        (EN, of("Is it cheap?", "不贵，现在买还送一个小礼物。"), "wrong_language", None),
        (
            ZH,
            of("冷吗", "当然可以！以下是我的回答：多穿点衣服。"),
            "format_leak",
            "当然可以！以下是",
        ),
        (
            EN,
            of("Help?", "Sure, here are some ways to do it for you."),
            "format_leak",
            "Sure, here are",
        ),
        (ZH, of("你是谁", "作为一个人工智能，我没有孙子可以心疼。"), "ai_talk", "作为一个人工智能"),
        (EN, of("Who are you?", "As an AI language model, I have no shop."), "ai_talk", "As an AI"),
        (ZH, of("借我钱", "抱歉，我无法提供这方面的帮助。"), "refusal", "抱歉，我无法"),
        (EN, of("Refund?", "I'm sorry, but I can't assist with that request."), "refusal", None),
        (ZH, of("1. 你冷吗", "不冷，炉子烧着呢，你多穿点。"), "leading_mark", "1. "),
        (ZH, of("你冷吗", "答：不冷，炉子烧着呢，多穿点。"), "leading_mark", "答："),
        (ZH, of("怎么做饭", "先：\n1. 洗米\n2. 开火，别走开。"), "list_marks", None),
        (ASK, of("我在工作中会顺利吗？", "会，稳着来就好。"), "scene_modifier", "在工作中"),
        (ASK, of("我在比赛的时候会赢吗？", "会，放松打就好。"), "scene_modifier", "在比赛的时候"),
        (ZH, of("我升职了", "这绝对是史上最棒的消息，奶奶乐坏了。"), "exaggerated", "绝对是"),
        (ZH, of("我的号", "打我电话13912345678，奶奶等着你呢。"), "pii_phone", "13912345678"),
        (ZH, of("证件号", "记好了，11010519491231002X，别弄丢了。"), "pii_id_number", None),
        (EN, of("Mail?", "Write to ada.l@shop.co.uk and we answer today."), "pii_email", None),
        (ZH, of("冷吗", "不冷，\x07炉子烧着呢，你多穿点衣服。"), "control_chars", "\x07"),
        (ZH, of("冷吗", "不冷，\u200b炉子烧着呢，你多穿点衣服。"), "zero_width", "\u200b"),
        (ZH, of("冷吗", "不冷，锟斤拷烧着呢，你多穿点衣服。"), "mojibake", "锟斤拷"),
        (EN, of("Open?", "Itâ€™s open from nine to five, every single day."), "mojibake", "â€™"),
        (ZH, of("冷吗", "不冷，<br/>炉子烧着呢&nbsp;你多穿点。"), "html_remains", "<br/>"),
        (ZH, of("冷吗", "不冷，炉子烧着呢，你多穿点，"), "truncated", "，"),
        (ZH, of("冷吗", "不冷，炉子烧着呢，你多穿点"), "truncated", "点"),
        (ZH, of("冷吗", "不冷的呀不冷的呀不冷的呀不冷的呀，真的。"), "repeated", None),
        (
            EN,
            of("Hi?", "Hello there, how are you?<|im_end|> Fine."),
            "chat_template_in_text",
            "<|im_end|>",
        ),
    ],
)
def test_a_planted_flaw_is_found_where_it_stands(
    honest: list[str], row: Row, code: str, marked: str | None
) -> None:
    found = findings(honest, row)
    assert code in found
    assert marked is None or found[code] == marked


@pytest.mark.parametrize(
    ("honest", "row"),
    [
        (ZH, of("手机号多少位", "11位，比如前三位是138，后面八位。")),
        (ZH, of("价钱", "1.5元一斤，3.20元两斤，便宜着呢。")),
        (ZH, of("一家人的表情", "看，👨‍👩‍👧 多好，一家人齐齐整整的。")),
        (EN, of("Where do I write?", "Write to help@example.com and we answer today.")),
        (EN, of("How do I break a line in HTML?", "Put a <br> where the line should break.")),
        (EN, of("Is it a queue?", "Sure, while stocks last it moves along quickly.")),
        (ASK, of("最近有哪些事情在等着我？", "好事两件，慢慢来。")),
        (ASK, of("我会在什么时候转运？", "入秋以后，别急。")),
        (ASK, of("我现在的运气里有贵人吗？", "有，多半是同事。")),
    ],
)
def test_what_only_looks_like_a_flaw_is_left_alone(honest: list[str], row: Row) -> None:
    assert findings(honest, row) == {}


def test_a_manner_that_the_whole_set_has_is_no_flaw() -> None:
    lists = [f"{r.instruction}|1. {r.output}\n2. 记住了。" for r in rows(ZH)]
    assert all("list_marks" not in _codes(item) for item in criticised(items(lists)))


def test_a_row_without_the_opening_and_ending_of_the_others_is_marked() -> None:
    lines = [f"{r.instruction}|乖孙，{r.output.rstrip('。')}，听话哈。" for r in rows(ZH)]
    found = findings(lines, of("饿了", "锅里有饭，自己盛，趁热吃。"))
    assert {"missing_opening", "missing_ending"} <= found.keys()
    assert not any(_codes(item) for item in criticised(items(lines)))


def test_personal_data_in_earlier_turns_is_found_too() -> None:
    row = Row(instruction="冷吗", output="不冷，炉子烧着呢。", history=(("号码", "13912345678"),))
    assert "pii_phone" in findings(ZH, row)


def test_while_rows_are_few_the_language_of_the_brief_counts() -> None:
    assert "wrong_language" in findings([], of("hi", "Hello there, my dear."), "zh")
    assert "wrong_language" not in findings([], of("hi", "Hello there, my dear."), "en")


def test_of_two_copies_the_accepted_one_is_left_alone() -> None:
    first, second = items(["你冷吗|不冷，炉子烧着呢。", "你冷吗！|不冷，炉子烧着呢。"])
    table = criticised([first, second.model_copy(update={"verdict": "accepted"})])
    assert [_codes(item) for item in table] == [{"exact_duplicate"}, set()]


def test_a_dropped_row_is_nobodys_original() -> None:
    first, second = items(["你冷吗|不冷，炉子烧着呢。", "你冷吗！|不冷，炉子烧着呢。"])
    table = criticised([first.model_copy(update={"verdict": "dropped"}), second])
    assert _codes(table[1]) == set()


def test_the_check_digit_tells_an_identity_number_from_any_other() -> None:
    assert id_number_holds("11010519491231002X")
    assert not id_number_holds("110105194912310021")


def test_every_flaw_has_a_name_and_a_sentence_that_gets_its_values() -> None:
    bad = [
        of("1. 冷吗", "当然可以！以下是<br>\u200b锟斤拷，13912345678 a@b.cn，"),
        of("借钱", "抱歉，我无法\x01帮忙。\n1. 甲\n2. 乙"),
        of("哈", "。"),
        of("奶奶我今天加班了", "乖孩子，早点回来，粥在锅里热着呢！"),
        of("我好", "I am just an AI<|im_end|>"),
    ]
    table = [*items(ZH), *(Item(id=f"{n}", row=r, source="x") for n, r in enumerate(bad, 90))]
    found = [finding for item in criticised(table) for finding in item.findings]
    assert len({finding.code for finding in found}) > 10
    for finding in found:
        for language in LANGUAGES:
            assert flaw_name(finding.code, language) != finding.code
            assert "{" not in finding_text(finding, language)


def test_the_critic_runs_by_itself_after_rows_were_added(context: Context) -> None:
    outcome = add_rows(context, rows=[{"question": "你是谁", "answer": "作为一个AI，我不知道。"}])
    assert outcome.facts["findings"] == {"ai_talk": 1}
    assert "talks as an AI" in outcome.card and "Marked as flawed: 1." in outcome.text
    again = critique(context)
    assert again.facts["findings"] == {"ai_talk": 1}
    assert _codes(context.project.items()[0]) == {"ai_talk"}


def test_an_undamaged_emoji_family_and_a_long_set_keep_ids_and_order() -> None:
    table = items([f"问题{n}号是什么|答案{n}在这里，第{n * 7919 % 997}个。" for n in range(300)])
    assert [item.id for item in criticised(table)] == [item.id for item in table]


def _codes(item: Item) -> set[str]:
    return {finding.code for finding in item.findings}
