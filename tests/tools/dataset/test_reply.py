"""A pasted reply, whatever its shape: no row is lost and none is invented."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from data.errors import BadInput
from tests.tools.dataset.rows import GRANDMA, brief
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.read_reply import read_reply, rows_in
from tools.dataset.write_prompt import write_prompt

Pairs = list[tuple[str, str]]


def found(text: str) -> Pairs:
    return [(row.instruction, row.output) for _, row in rows_in(text).rows]


def chatter(text: str) -> str:
    return f"当然可以！以下是为您准备的数据：\n\n{text}\n\n以上就是全部内容，如果需要更多请告诉我。"


def english_chatter(text: str) -> str:
    return f"Sure! Here are the rows you asked for:\n\n{text}\n\nLet me know if you need more!"


def labelled(pairs: Pairs) -> str:
    return "\n\n".join(f"问：{q}\n答：{a}" for q, a in pairs)


def numbered_labels(pairs: Pairs) -> str:
    return "\n\n".join(f"{n}. 问：{q}\n   答：{a}" for n, (q, a) in enumerate(pairs, 1))


def bold_labels(pairs: Pairs) -> str:
    return "\n\n".join(f"**Q{n}:** {q}\n**A{n}:** {a}" for n, (q, a) in enumerate(pairs, 1))


def long_labels(pairs: Pairs) -> str:
    return "\n".join(
        f"### 第{n}条\n- **问题**：{q}\n- **答案**：{a}\n" for n, (q, a) in enumerate(pairs, 1)
    )


def question_answer(pairs: Pairs) -> str:
    return "\n---\n".join(f"Question: {q}\nAnswer: {a}" for q, a in pairs)


def one_line(pairs: Pairs) -> str:
    return "\n".join(f"问：{q} 答：{a}" for q, a in pairs)


def brackets(pairs: Pairs) -> str:
    return "\n".join(f"【问】{q}\n【答】{a}" for q, a in pairs)


def json_list(pairs: Pairs) -> str:
    rows = [{"instruction": q, "input": "", "output": a} for q, a in pairs]
    return f"```json\n{json.dumps(rows, ensure_ascii=False, indent=2)}\n```"


def json_lines(pairs: Pairs) -> str:
    return "\n".join(json.dumps({"问题": q, "答案": a}, ensure_ascii=False) for q, a in pairs)


def json_wrapped(pairs: Pairs) -> str:
    return json.dumps({"data": [{"question": q, "answer": a} for q, a in pairs]})


def json_pairs(pairs: Pairs) -> str:
    return json.dumps([list(pair) for pair in pairs], ensure_ascii=False)


def table(pairs: Pairs) -> str:
    lines = [f"| {n} | {q} | {a} |" for n, (q, a) in enumerate(pairs, 1)]
    return "\n".join(["| 序号 | 问题 | 答案 |", "|:--|---|---|", *lines])


def plain_table(pairs: Pairs) -> str:
    lines = [f"{q} | {a}" for q, a in pairs]
    return "\n".join(["Question | Answer", "--- | ---", *lines])


def dashes(pairs: Pairs) -> str:
    return "\n".join(f"{n}. {q} — {a}" for n, (q, a) in enumerate(pairs, 1))


def chinese_dashes(pairs: Pairs) -> str:
    return "\n".join(f"{n}、{q}——{a}" for n, (q, a) in enumerate(pairs, 1))


def arrows(pairs: Pairs) -> str:
    return "\n".join(f"- {q} → {a}" for q, a in pairs)


def below(pairs: Pairs) -> str:
    return "\n\n".join(f"{n}. **{q}**\n   {a}" for n, (q, a) in enumerate(pairs, 1))


SHAPES: list[Callable[[Pairs], str]] = [
    labelled,
    numbered_labels,
    bold_labels,
    long_labels,
    question_answer,
    one_line,
    brackets,
    json_list,
    json_lines,
    json_wrapped,
    json_pairs,
    table,
    plain_table,
    dashes,
    chinese_dashes,
    arrows,
    below,
]
WRAPS: list[Callable[[str], str]] = [str, chatter, english_chatter]

_LETTERS = "的一是我你他好天气在家吃饭早晚奶abcdeghxyz"
texts = st.builds(
    lambda start, middle, end: start + middle + end,
    st.sampled_from(_LETTERS),
    st.text(_LETTERS + " ，。？！'", max_size=30).map(lambda text: " ".join(text.split())),
    st.sampled_from([*_LETTERS, "。", "？", "！"]),
)
pairs_of_text = st.lists(st.tuples(texts, texts), min_size=2, max_size=12)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("wrap", WRAPS, ids=lambda wrap: wrap.__name__)
@tries(max_examples=40, deadline=None)
@given(pairs=pairs_of_text)
def test_every_shape_gives_back_exactly_its_pairs(
    shape: Callable[[Pairs], str], wrap: Callable[[str], str], pairs: Pairs
) -> None:
    assert found(wrap(shape(pairs))) == pairs


@tries(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_at_all_is_read_without_a_fault(text: str) -> None:
    for row in rows_in(text).rows:
        assert row[1].instruction.strip() and row[1].output.strip()


@pytest.mark.parametrize(
    "text", ['{"a":' * 3_000, "[" * 5_000, "{" * 50_000, '{"a": "' * 5_000, "|-|-|\n" * 3_000]
)
def test_a_hostile_text_is_over_quickly(text: str) -> None:
    assert found(text) == []


def test_an_answer_keeps_its_lines_and_its_code() -> None:
    answer = "Like this:\n```python\nprint(1)\n```\n\nIf you need more, print again."
    text = f"Q: How do I print?\nA: {answer}\n\nQ: And?\nA: Done.\n\nIf you need more, say so."
    assert found(text) == [("How do I print?", answer), ("And?", "Done.")]


def test_a_whole_reply_in_a_fence_is_read_like_any_other() -> None:
    assert found("```text\n问：a\n答：b\n\n问：c\n答：d\n```\n希望有帮助") == [
        ("a", "b"),
        ("c", "d"),
    ]


def test_a_torn_json_reply_gives_the_rows_that_are_whole() -> None:
    assert found('[{"instruction": "a?", "output": "b"}, {"instruction": "c?", "outp') == [
        ("a?", "b")
    ]


def test_bent_quotation_marks_do_not_hide_json() -> None:
    assert found("[{“question”: “a?”, “answer”: “b”}]") == [("a?", "b")]


def test_a_cell_keeps_escaped_bars_and_line_breaks() -> None:
    assert found("| 问题 | 答案 |\n|---|---|\n| a\\|b | c<br>d |") == [("a|b", "c\nd")]


def test_a_question_without_an_answer_is_counted_not_lost(context: Context) -> None:
    outcome = read_reply(context, text="问：a\n答：b\n\n问：没有答案的\n\n问：c\n答：d")
    assert outcome.facts["added"] == 2 and outcome.facts["not_usable"] == 1
    assert "line 4: no answer" in outcome.text


@pytest.mark.parametrize(
    "text", ["", "今天天气很好。", "1. 我最近运气好吗？\n2. 会发财吗？", "[]", "{}"]
)
def test_a_reply_without_pairs_gets_a_sentence_with_what_to_do(context: Context, text: str) -> None:
    with pytest.raises(BadInput, match="reply_no_rows") as caught:
        read_reply(context, text=text)
    assert "问：" in caught.value.next_step("zh") and "Q:" in caught.value.next_step("en")


def test_the_prompt_pasted_back_with_the_reply_adds_no_copies(context: Context) -> None:
    context.project.write(brief())
    given_rows = [
        dict(zip(("question", "answer"), line.split("|"), strict=True)) for line in GRANDMA
    ]
    add_rows(context, rows=given_rows)
    prompt = write_prompt(context).facts["prompt"]
    outcome = read_reply(context, text=f"{prompt}\n\n问：牙疼\n答：少吃糖，含口盐水。")
    assert outcome.facts["added"] == 1
    assert context.project.items()[-1].row.instruction == "牙疼"


def test_pasted_rows_take_over_the_system_prompt_that_all_rows_share(context: Context) -> None:
    add_rows(context, rows=[{"instruction": "a?", "output": "b", "system": "你是奶奶"}])
    read_reply(context, text="问：c?\n答：d")
    (_, item) = context.project.items()
    assert (item.row.system, item.source) == ("你是奶奶", "paste")
