"""Rows typed by hand, sample sets, and the table they come to."""

import pytest

from data.errors import BadInput, Missing
from tests.tools.dataset.rows import GRANDMA, rows
from tools.contract import Context
from tools.dataset import table
from tools.dataset.add_rows import add_rows
from tools.dataset.critic import criticised
from tools.dataset.mark_rows import mark_rows
from tools.dataset.read_file import read_file
from tools.dataset.use_sample import samples, use_sample


def test_rows_are_taken_down_in_either_form_and_language(context: Context) -> None:
    outcome = add_rows(
        context,
        rows=[
            {"question": "a?", "answer": "b"},
            {"问题": "c?", "答案": "d"},
            {"instruction": "e", "input": "f", "output": "g", "history": [["h", "i"]]},
        ],
    )
    items = context.project.items()
    assert [item.id for item in items] == ["1", "2", "3"]
    assert items[2].row.question == "e\nf" and {item.source for item in items} == {"hand"}
    assert outcome.facts["added"] == 3 and "| 1 | a? | b |" in outcome.card


def test_an_unusable_row_among_good_ones_is_named_by_its_number(context: Context) -> None:
    outcome = add_rows(context, rows=[{"question": "a?", "answer": "b"}, {"question": "c?"}])
    assert outcome.facts["added"] == 1 and "line 2: no answer" in outcome.text


@pytest.mark.parametrize("given", [[], [{}], [{"question": "a?"}], ["text"], [{"x": 1}]])
def test_rows_that_are_all_unusable_say_why(context: Context, given: list[dict[str, str]]) -> None:
    with pytest.raises(BadInput, match="rows_unusable") as caught:
        add_rows(context, rows=given)
    assert caught.value.text("zh") and context.project.items() == []


def test_numbers_are_never_given_twice_and_a_dropped_row_does_not_come_back(
    context: Context,
) -> None:
    add_rows(context, rows=[{"question": "a?", "answer": "b"}, {"question": "c?", "answer": "d"}])
    mark_rows(context, ids=["2"], verdict="drop")
    outcome = add_rows(
        context, rows=[{"question": "c?", "answer": "d"}, {"question": "e?", "answer": "f"}]
    )
    assert outcome.facts["copies"] == 1
    assert [(i.id, i.verdict) for i in context.project.items()] == [
        ("1", "open"),
        ("2", "dropped"),
        ("3", "open"),
    ]


def test_what_does_not_fit_on_the_table_is_kept_aside(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    outcome = add_rows(context, rows=[row.alpaca() for row in rows(GRANDMA)])
    assert outcome.facts["added"] == 3 and outcome.facts["not_usable"] == len(GRANDMA) - 3


def test_an_unknown_sample_names_those_that_there_are(context: Context) -> None:
    with pytest.raises(Missing, match="sample_missing"):
        use_sample(context, name="nothing")


@pytest.mark.parametrize("name", ["grandma_zh", "luck_zh", "support_en"])
def test_a_shipped_sample_is_large_varied_and_clean(name: str, context: Context) -> None:
    reading = read_file(samples()[name])
    assert len(reading.rows) >= 60 and not reading.dropped
    use_sample(context, name=name)
    items = criticised(context.project.items())
    assert sum(bool(item.findings) for item in items) <= len(items) // 20
