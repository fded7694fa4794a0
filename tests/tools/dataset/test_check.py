"""The report on a file: JSON-ready, one document whatever the file is, and nothing written."""

import json
from pathlib import Path

import pytest

from data.errors import Missing
from data.say import LANGUAGES
from tests.tools.dataset.rows import GRANDMA, as_json
from tools.dataset.check import check_file


def test_a_good_file_is_reported_with_rows_findings_mapping_and_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [line.replace("|", "\t") for line in GRANDMA]
    bad = ["你是谁\t作为一个人工智能，我没有名字。", "没有答案\t", lines[0]]
    path.write_text("\n".join(["问题\t答案", *lines, *bad]), "utf-8")
    report = check_file(path, "en")
    assert report["readable"] and report["format"] == "tsv" and report["encoding"] == "utf-8"
    assert report["rows"] == {
        "total": 19,
        "usable": 17,
        "dropped": {"no_answer": 1, "exact_duplicate": 1},
    }
    assert [(each["line"], each["reason"]) for each in report["dropped"]] == [
        (19, "no_answer"),
        (20, "exact_duplicate"),
    ]
    assert report["findings"] == {"ai_talk": 1}
    assert report["flaws"][0]["line"] == 18
    assert report["mapping"] == {"instruction": "问题", "output": "答案"}
    assert report["sample"]["instruction"] == "奶奶我今天加班"
    assert report["error"] == "" and "Usable: 17" in report["text"]
    assert json.loads(json.dumps(report)) == report
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "[", '[{"instruction": "a?"}]', "name,age\nAda,3\n"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bad_file_is_a_result_with_one_sentence(
    tmp_path: Path, content: str, language: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, "utf-8")
    report = check_file(path, language)
    assert not report["readable"] and report["error"] and report["text"] == report["error"]
    assert report.keys() == check_file(_good(tmp_path), language).keys()


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="file_missing"):
        check_file(tmp_path / "none.json", "en")


def _good(folder: Path) -> Path:
    path = folder / "good.json"
    path.write_text(as_json(GRANDMA), "utf-8")
    return path
