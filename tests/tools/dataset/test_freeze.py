"""The frozen set: strict, split by a fixed seed, and nothing kept aside is trained on."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from data.alpaca import FIELDS, Row
from data.errors import BadInput, NotReady
from data.files import read_lines
from data.records import Dataset
from tests.tools.dataset.rows import GRANDMA, SUPPORT, brief, rows
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.freeze import freeze
from tools.dataset.likeness import leaking
from tools.dataset.mark_rows import mark_rows
from tools.dataset.split import LEAST, MOST, split


def add(context: Context, lines: list[str]) -> None:
    add_rows(context, rows=[row.alpaca() for row in rows(lines)])


def files(context: Context) -> tuple[list[Row], list[Row]]:
    project = context.project
    train, held_out = (read_lines(p) for p in (project.train_file, project.held_out_file))
    return [Row.model_validate(r) for r in train], [Row.model_validate(r) for r in held_out]


def test_freezing_leaves_two_strict_files_and_a_record(context: Context) -> None:
    context.project.write(brief())
    add(context, GRANDMA)
    outcome = freeze(context)
    train, held_out = files(context)
    record = context.project.read(Dataset)
    assert record and (record.train_rows, record.held_out_rows) == (12, 4)
    assert (len(train), len(held_out)) == (12, 4)
    assert sorted(r.instruction for r in train + held_out) == sorted(
        r.instruction for r in rows(GRANDMA)
    )
    for line in read_lines(context.project.train_file):
        assert tuple(line) == FIELDS
    assert record.language == "zh" and record.sources == {"hand": 16} and record.seed == 7
    assert len(record.fingerprint) == 64
    assert "12" in outcome.text and "not graded" in outcome.card


def test_the_same_rows_give_the_same_split_and_fingerprint(context: Context) -> None:
    add(context, SUPPORT)
    first = freeze(context).facts
    assert freeze(context).facts == first
    add(context, ["What is new?|A green jacket came in this week."])
    assert freeze(context).facts["fingerprint"] != first["fingerprint"]


def test_the_split_does_not_hang_on_the_order_of_rows() -> None:
    forward, backward = split(rows(SUPPORT)), split(rows(SUPPORT)[::-1])
    assert {r.question for r in forward[1]} == {r.question for r in backward[1]}


@tries(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 15)), min_size=10, max_size=150))
def test_no_row_kept_aside_has_its_like_in_training(numbers: list[tuple[int, int]]) -> None:
    pool = rows(GRANDMA) + rows(SUPPORT)
    made = [
        Row.of(pool[one].instruction + "呀" * (two % 3), f"{pool[one].output}第{two}回")
        for one, two in numbers
    ]
    try:
        train, held_out = split(made)
    except NotReady:
        return
    assert LEAST <= len(held_out) <= max(MOST, len(made) // 2)
    assert len(train) + len(held_out) == len(made)
    both = [*train, *held_out]
    for one, two in leaking(both):
        assert (one < len(train)) == (two < len(train))


@pytest.mark.parametrize(("count", "aside"), [(12, 4), (60, 6), (2_000, 100)])
def test_about_a_tenth_is_kept_aside_within_bounds(count: int, aside: int) -> None:
    made = [
        Row.of(f"{n * 7919:b}{n * 104729:x}", f"{n * 1299709:x}{n * 15485863:o}")
        for n in range(count)
    ]
    assert len(split(made)[1]) == aside


def test_flagged_rows_stay_out_until_they_are_accepted_and_the_counts_are_said(
    context: Context,
) -> None:
    add(
        context,
        [*GRANDMA, "你是谁|作为一个人工智能，我没有名字。", "借钱|抱歉，我无法帮你这个忙。"],
    )
    mark_rows(context, ids=["1"], verdict="drop")
    outcome = freeze(context)
    assert outcome.facts["train"] + outcome.facts["held_out"] == 15
    assert (outcome.facts["dropped"], outcome.facts["flagged"]) == (1, 2)
    assert "Left out: 3, of which you dropped 1 and 2 are marked" in outcome.text
    mark_rows(context, ids=["17"], verdict="accept")
    again = freeze(context)
    assert again.facts["train"] + again.facts["held_out"] == 16


def test_too_few_rows_are_refused_with_the_next_step(context: Context) -> None:
    with pytest.raises(NotReady, match="rows_too_few"):
        freeze(context)
    add(context, [*GRANDMA[:8], "你是谁|作为一个人工智能，我没有名字。"])
    with pytest.raises(NotReady, match="rows_too_few_flagged") as caught:
        freeze(context)
    assert "8" in caught.value.sentence("zh") and "1" in caught.value.sentence("zh")
    assert context.project.read(Dataset) is None


def test_rows_that_are_all_alike_are_refused_rather_than_leaked(context: Context) -> None:
    add(context, [f"今天晚上吃什么好呢奶奶{n}|面" for n in range(12)])
    mark_rows(context, ids=["all"], verdict="accept")
    with pytest.raises(NotReady, match="rows_too_alike"):
        freeze(context)


def test_a_table_damaged_by_hand_gets_a_sentence_and_the_frozen_set_stays(context: Context) -> None:
    add(context, GRANDMA)
    freeze(context)
    table = context.project.folder / "dataset/rows.jsonl"
    first, *others = table.read_text("utf-8").splitlines()
    broken = json.loads(first)
    broken["row"]["output"] = 7
    table.write_text("\n".join([json.dumps(broken), *others]), "utf-8")
    with pytest.raises(BadInput, match="rows_damaged"):
        freeze(context)
    broken["row"]["output"] = " "
    broken["verdict"] = "accepted"
    table.write_text("\n".join([json.dumps(broken), *others]), "utf-8")
    with pytest.raises(BadInput, match="row_invalid"):
        freeze(context)
    assert context.project.read(Dataset) is not None


def test_new_rows_after_a_freeze_say_that_the_frozen_set_has_not_changed(context: Context) -> None:
    add(context, GRANDMA)
    freeze(context)
    outcome = add_rows(context, rows=[{"question": "牙疼", "answer": "含口盐水，明儿去看看。"}])
    assert "freeze again" in outcome.text
