"""Which questions are asked."""

from pathlib import Path

from data.files import write_lines
from data.records import Brief, Case
from tools.evaluate.questions import HELD_OUT, questions


def test_cases_come_first_with_the_shared_system_prompt_then_ten_unseen_rows(
    tmp_path: Path,
) -> None:
    row = {"instruction": "q", "input": "more", "output": "a", "system": "Own.", "history": []}
    write_lines(tmp_path / "held_out.jsonl", [row] * 14)
    case = Case(question="c", passes="p", fails="f")
    brief = Brief(
        aim="", audience="", language="en", inputs="", outputs="", expected="", cases=(case,)
    )
    asked = questions(tmp_path / "held_out.jsonl", brief, "Shared.")
    assert [each.kind for each in asked] == ["case"] + ["held_out"] * HELD_OUT
    assert asked[0].messages[0] == {"role": "system", "content": "Shared."}
    assert asked[0].expected == "p"
    assert asked[1].messages[0] == {"role": "system", "content": "Own."}
    assert (asked[1].text, asked[1].expected) == ("q\nmore", "a")


def test_no_rows_and_no_brief_are_no_questions(tmp_path: Path) -> None:
    assert questions(tmp_path / "none.jsonl", None, "") == []
