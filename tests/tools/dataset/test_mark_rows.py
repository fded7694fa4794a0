"""The person's verdict: by number, by range, or on all that is marked; and back again."""

import pytest

from data.errors import Missing, NotReady
from tests.tools.dataset.rows import GRANDMA, rows
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.mark_rows import mark_rows


@pytest.fixture
def table(context: Context) -> Context:
    """Sixteen honest rows and two flawed ones, numbered 17 and 18."""
    bad = ["你是谁|作为一个人工智能，我没有名字。", "借钱|抱歉，我无法帮你这个忙。"]
    add_rows(context, rows=[row.alpaca() for row in rows([*GRANDMA, *bad])])
    return context


def verdicts(context: Context) -> dict[str, str]:
    found = {item.id: item.verdict for item in context.project.items()}
    return {name: verdict for name, verdict in found.items() if verdict != "open"}


def test_rows_are_dropped_by_number_and_by_range(table: Context) -> None:
    outcome = mark_rows(table, ids=["3", 5, "7-9"], verdict="drop")
    assert verdicts(table) == dict.fromkeys(("3", "5", "7", "8", "9"), "dropped")
    assert outcome.facts["changed"] == 5 and "Dropped: 5" in outcome.text


def test_flagged_means_open_rows_with_a_flaw(table: Context) -> None:
    mark_rows(table, ids=["17"], verdict="accept")
    mark_rows(table, ids=["flagged"], verdict="drop")
    assert verdicts(table) == {"17": "accepted", "18": "dropped"}


def test_undo_reopens_what_was_decided(table: Context) -> None:
    mark_rows(table, ids=["flagged"], verdict="drop")
    mark_rows(table, ids=["unflagged"], verdict="accept")
    mark_rows(table, ids=["flagged"], verdict="undo")
    assert set(verdicts(table).values()) == {"accepted"}
    mark_rows(table, ids=["all"], verdict="undo")
    assert verdicts(table) == {}


def test_a_verdict_makes_no_new_marks_elsewhere(table: Context) -> None:
    before = [item.findings for item in table.project.items()]
    mark_rows(table, ids=["1-16"], verdict="drop")
    assert [item.findings for item in table.project.items()] == before


@pytest.mark.parametrize("name", ["99", "abc", "", "40-50", "-1", "9999999"])
def test_a_row_that_is_not_there_is_named_and_nothing_changes(table: Context, name: str) -> None:
    with pytest.raises(Missing, match="row_missing"):
        mark_rows(table, ids=["1", name], verdict="drop")
    assert verdicts(table) == {}


def test_an_empty_table_says_what_to_do_first(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_rows"):
        mark_rows(context, ids=["all"], verdict="drop")
