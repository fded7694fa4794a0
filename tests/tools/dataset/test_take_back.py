"""An addition that was a mistake leaves the table; its rows are kept and can come in again."""

import pytest

from data.errors import NotReady
from data.project import Project
from data.records import Item
from data.say import LANGUAGES
from tests.tools.dataset.rows import GRANDMA, SUPPORT, as_json, rows, upload
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.critic import criticised
from tools.dataset.freeze import freeze
from tools.dataset.import_file import import_file
from tools.dataset.mark_rows import mark_rows
from tools.dataset.read_reply import read_reply
from tools.dataset.take_back import take_back
from tools.dataset.use_sample import use_sample


def sources(project: Project) -> list[str]:
    return list(dict.fromkeys(item.source for item in project.items()))


def test_a_sample_set_that_was_a_mistake_goes_and_the_rows_before_it_stay(context: Context) -> None:
    add_rows(context, rows=[row.alpaca() for row in rows(SUPPORT)])
    before = context.project.items()
    added = use_sample(context, name="grandma_zh").facts["added"]
    outcome = take_back(context)
    assert context.project.items() == before
    assert outcome.facts["taken"] == added and outcome.facts["rows"] == len(before)
    assert f'{added} (sample set "Grandma\'s answers (Chinese)")' in outcome.text
    assert "dataset/taken-1.jsonl" in outcome.text


def test_additions_are_taken_back_one_after_the_other_each_to_its_own_file(
    context: Context,
) -> None:
    upload(context.project, "mine.json", as_json(GRANDMA))
    use_sample(context, name="support_en")
    import_file(context, file="mine.json")
    read_reply(context, text="问：牙疼\n答：少吃糖，含口盐水。")
    taken = [take_back(context).facts for _ in range(3)]
    assert [each["source"] for each in taken] == ["paste", "file:mine.json", "sample:support_en"]
    assert [each["file"] for each in taken] == [f"dataset/taken-{n}.jsonl" for n in (1, 2, 3)]
    assert context.project.items() == []


def test_rows_of_an_earlier_addition_stay_though_they_share_the_source(context: Context) -> None:
    add_rows(context, rows=[{"question": "a?", "answer": "b"}])
    add_rows(context, rows=[{"question": "c?", "answer": "d"}, {"question": "e?", "answer": "f"}])
    assert take_back(context).facts["taken"] == 2
    assert [item.row.question for item in context.project.items()] == ["a?"]


def test_what_was_taken_back_can_be_uploaded_again_whole(context: Context) -> None:
    given = {"instruction": "a?", "input": "b", "output": "c", "history": [["d", "e"]]}
    add_rows(context, rows=[{**given, "system": "f"}, *(row.alpaca() for row in rows(GRANDMA))])
    mark_rows(context, ids=["3"], verdict="drop")
    there = [item.row for item in context.project.items()]
    file = context.project.folder / take_back(context).facts["file"]
    upload(context.project, file.name, file.read_bytes())
    outcome = import_file(context, file=file.name)
    assert [item.row for item in context.project.items()] == there
    assert outcome.facts["not_usable"] == 0 and "not used" not in outcome.text


def test_the_rows_that_stay_are_looked_at_anew(context: Context) -> None:
    add_rows(context, rows=[{"question": "Is it cheap?", "answer": "It is, and it lasts."}])
    read_reply(context, text="\n\n".join(_pair(line) for line in GRANDMA))
    assert _codes(context.project.items()[0]) == {"wrong_language"}
    assert take_back(context).facts["flagged"] == 0
    assert context.project.items() == criticised(context.project.items())


def test_a_set_that_was_frozen_is_left_as_it_is_and_that_is_said(context: Context) -> None:
    use_sample(context, name="support_en")
    freeze(context)
    frozen = context.project.train_file.read_bytes()
    assert "freeze again" in take_back(context).text
    assert context.project.train_file.read_bytes() == frozen


def test_an_empty_table_says_what_to_do_first_and_leaves_no_file(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_rows"):
        take_back(context)
    assert not list(context.project.folder.glob("dataset/taken-*"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "source", ["hand", "paste", "sample:luck_zh", "sample:gone", "file:a.csv", "model:m", "odd:x"]
)
def test_every_source_has_a_name_in_both_languages(
    context: Context, language: str, source: str
) -> None:
    context.project.write_items([Item(id="1", row=rows(["a|b"])[0], source=source)])
    text = take_back(Context(context.project, context.settings, language)).text
    bare = any(mark in text for mark in (f"({source})", f"\uff08{source}\uff09"))
    assert "{" not in text and bare is (source == "odd:x")


def _pair(line: str) -> str:
    question, answer = line.split("|")
    return f"问：{question}\n答：{answer}"


def _codes(item: Item) -> set[str]:
    return {finding.code for finding in item.findings}
