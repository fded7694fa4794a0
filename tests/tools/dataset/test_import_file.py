"""Whatever a beginner's file looks like: its rows, or one sentence with what to do."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from data.errors import BadInput, Missing, TunePathError
from data.files import read_lines
from tests.tools.dataset.rows import GRANDMA, SUPPORT, as_json, rows, upload
from tools.contract import Context
from tools.dataset.import_file import import_file
from tools.dataset.parse import parse
from tools.dataset.read_file import LARGEST, read_file, to_rows


def bring(context: Context, name: str, content: str | bytes) -> list[str]:
    """Questions on the table after a file was imported."""
    upload(context.project, name, content)
    import_file(context, file=name)
    return [item.row.instruction for item in context.project.items()]


def fault(context: Context, name: str, content: str | bytes) -> TunePathError:
    upload(context.project, name, content)
    with pytest.raises(TunePathError) as caught:
        import_file(context, file=name)
    for language in ("zh", "en"):
        assert caught.value.text(language)
    return caught.value


def dropped(context: Context) -> list[tuple[int, str]]:
    kept = read_lines(context.project.folder / "dataset/dropped.jsonl")
    return [(line["line"], line["reason"]) for line in kept]


def test_a_list_of_alpaca_objects_comes_in_whole(context: Context) -> None:
    row = {
        "instruction": "翻译",
        "input": "hello",
        "output": "你好",
        "system": "你是译者",
        "history": [["早", "早上好"]],
    }
    upload(context.project, "a.json", json.dumps([row], ensure_ascii=False))
    import_file(context, file="a.json")
    (item,) = context.project.items()
    assert item.row.alpaca() == row
    assert (item.source, item.verdict) == ("file:a.json", "open")


@pytest.mark.parametrize(
    "text",
    [
        '{"data": [{"question": "a?", "answer": "b"}, {"question": "c?", "answer": "d"}]}',
        '{"name": "x", "train": [{"q": "a?", "a": "b"}],\n "test": [{"q": "c?", "a": "d"}]}',
        '{"prompt": "a?", "completion": "b"}\n\n{"prompt": "c?", "completion": "d"}\n',
        '{\n "prompt": "a?",\n "response": "b"\n}\n{\n "prompt": "c?",\n "response": "d"\n}',
        '{"data":[\n{"问题":"a?","答案":"b"},\n{"问题":"c?","答案":"d"}\n]}',
        "question,answer\na?,b\nc?,d\n",
        "问题\t回答\r\na?\tb\r\nc?\td\r\n",
        "提问;回复\na?;b\nc?;d",
        "sep=;\nquestion;answer\na?;b\nc?;d",
        "id,Question,Answer (final)\n1,a?,b\n2,c?,d\n",
        "问：a?\n答：b\n\n问：c?\n答：d\n",
        "1. Q: a?\nA: b\n\n2. Q: c?\nA: d\n",
    ],
)
def test_every_common_shape_gives_the_same_two_rows(context: Context, text: str) -> None:
    assert bring(context, "rows.txt", text) == ["a?", "c?"]
    assert [item.row.output for item in context.project.items()] == ["b", "d"]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
)
def test_every_common_encoding_gives_the_same_text(context: Context, codec: str) -> None:
    text = "问题,答案\n" + "\n".join(line.replace("|", ",") for line in GRANDMA)
    assert bring(context, "rows.csv", text.encode(codec)) == [r.instruction for r in rows(GRANDMA)]


def test_traditional_and_western_files_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("問題,答案\n奶奶我今天加班,乖孩子，早點回來，粥在鍋裡熱著呢。".encode("big5"))
    assert read_file(path).rows[0][1].output == "乖孩子，早點回來，粥在鍋裡熱著呢。"
    path.write_bytes("question,answer\nIs it open?,It’s at the café, naïvely.".encode("cp1252"))
    assert read_file(path).dropped[0].reason == "too_many_cells"  # an unquoted comma
    path.write_bytes('question,answer\nOpen?,"It’s at the café, yes."'.encode("cp1252"))
    assert read_file(path).rows[0][1].output == "It’s at the café, yes."


def test_quoted_line_breaks_and_commas_stay_inside_their_cell(context: Context) -> None:
    text = 'question,answer\n"one, two?","first\nsecond ""quoted"""\nlast?,end\n'
    assert bring(context, "a.csv", text) == ["one, two?", "last?"]
    assert context.project.items()[0].row.output == 'first\nsecond "quoted"'


def test_what_can_not_become_a_row_is_kept_with_its_line_and_reason(context: Context) -> None:
    lines = [
        '{"instruction": "a?", "output": "b"}',
        '{"instruction": "no answer?"}',
        '{"instruction": "blank?", "output": "  "}',
        '["a?", "b"]',
        '{"instruction": "number?", "output": 7}',
        '{"instruction": "torn',
        '{"instruction": "", "output": "x"}',
        '{"instruction": "h?", "output": "x", "history": [["one"]]}',
        '{"messages": [{"role": "user", "content": "hi"}]}',
        '{"foo": 1}',
    ]
    upload(context.project, "a.jsonl", "\n".join(lines))
    outcome = import_file(context, file="a.jsonl")
    assert dropped(context) == [
        (2, "no_answer"),
        (3, "no_answer"),
        (4, "not_object"),
        (5, "wrong_type"),
        (6, "not_json"),
        (7, "no_question"),
        (8, "bad_history"),
        (9, "chat_shape"),
        (10, "unknown_columns"),
    ]
    kept = read_lines(context.project.folder / "dataset/dropped.jsonl")
    assert kept[4]["record"] == '{"instruction": "torn'
    assert kept[3]["record"] == {"instruction": "number?", "output": 7}
    assert "line 2: no answer" in outcome.text and "dropped.jsonl" in outcome.text
    assert outcome.facts["added"] == 1 and outcome.facts["not_usable"] == 9


def test_a_row_without_an_answer_is_refused_with_its_line_number_in_a_pretty_list(
    context: Context,
) -> None:
    text = '[\n {\n  "instruction": "a?",\n  "output": "b"\n },\n {\n  "instruction": "c?"\n }\n]'
    bring(context, "a.json", text)
    assert dropped(context) == [(6, "no_answer")]


def test_a_table_row_says_the_line_it_begins_on(context: Context) -> None:
    bring(context, "a.csv", 'question,answer\n"two\nlines?",yes\nempty?,\n')
    assert dropped(context) == [(4, "no_answer")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "file_empty"),
        ("  \n\t\n", "file_empty"),
        ("[]", "file_no_rows"),
        ('[{"instruction": "a?", "output": "b"}, {"instr', "json_broken"),
        ('[{"instruction": "a?" "output": "b"}]', "json_broken"),
        ("[" * 100_000, "json_too_deep"),
        ('{"a":' * 100_000, "json_too_deep"),
        ('[{"instruction": "a?"}]', "file_all_dropped"),
        ('question,answer\n"never closed,b\nc?,d\n', "csv_open_quote"),
        ("name,age\nAda,36\nAlan,41\n", "columns_unknown"),
        ("Once upon a time there was a file.\nIt held a story.\n", "file_no_table"),
        (b"PK\x03\x04rest of a spreadsheet", "file_kind"),
        (b"%PDF-1.7", "file_kind"),
        (bytes(range(256)) * 4, "file_not_text"),
        (b"\x80\x04\x95cos\nsystem\n", "file_not_text"),
    ],
)
def test_an_unreadable_file_gets_one_sentence_and_loses_nothing(
    context: Context, content: str | bytes, code: str
) -> None:
    bring(context, "good.json", as_json(GRANDMA))
    before = context.project.items()
    assert fault(context, "bad.file", content).code == code
    assert context.project.items() == before


def test_broken_json_names_line_and_column(context: Context) -> None:
    found = fault(context, "a.json", '[\n {"instruction": "a?",\n  "output": "b" "c"}\n]')
    assert (found.values["line"], found.values["column"]) == (3, 17)
    assert "line 3" in found.text("en") and "第 3 行" in found.text("zh")


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(context: Context) -> None:
    path = upload(context.project, "big.json", "")
    with path.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(BadInput, match="file_too_big"):
        import_file(context, file="big.json")


def test_a_text_that_is_too_long_or_nested_too_deeply_is_dropped_not_read(context: Context) -> None:
    deep: object = "x"
    for _ in range(20):
        deep = [deep]
    records = [
        {"instruction": "a?", "output": "b"},
        {"instruction": "long?", "output": "x" * 20_001},
        {"instruction": "deep?", "output": "b", "extra": deep},
        {"instruction": "digits?", "output": "b", "id": 1},
    ]
    text = json.dumps(records).replace('"id": 1', '"id": ' + "9" * 10_000)
    bring(context, "a.json", text)
    assert [reason for _, reason in dropped(context)] == ["too_long", "too_deep"]


def test_half_characters_and_control_characters_do_no_harm(context: Context) -> None:
    text = '[{"instruction": "a\\ud83d?", "output": "b\\u0000c"}]'
    assert bring(context, "a.json", text) == ["a\ufffd?"]
    codes = {finding.code for finding in context.project.items()[0].findings}
    assert codes == {"mojibake", "control_chars"}


@pytest.mark.parametrize(
    "name", ["../project.json", "/etc/passwd", "a/b.json", "..", "", "x\x00.json", "C:\\x", "a:b"]
)
def test_a_path_is_never_followed(context: Context, name: str) -> None:
    with pytest.raises((BadInput, Missing)):
        import_file(context, file=name)


def test_a_link_that_leads_outside_counts_as_absent(context: Context, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(as_json(GRANDMA), "utf-8")
    context.project.uploads.mkdir(exist_ok=True)
    (context.project.uploads / "link.json").symlink_to(secret)
    with pytest.raises(Missing, match="upload_missing"):
        import_file(context, file="link.json")


def test_the_same_file_twice_adds_no_copies_and_says_so(context: Context) -> None:
    bring(context, "a.json", as_json(SUPPORT))
    outcome = import_file(context, file="a.json")
    assert outcome.facts["added"] == 0 and outcome.facts["copies"] == len(SUPPORT)
    assert f"not added again: {len(SUPPORT)}" in outcome.text
    assert len(context.project.items()) == len(SUPPORT)


def test_columns_that_are_not_used_are_named(context: Context) -> None:
    upload(context.project, "a.csv", "question,answer,mood\na?,b,happy\n")
    assert "mood" in import_file(context, file="a.csv").text


def test_texts_of_rows_are_shown_as_data(context: Context) -> None:
    row = {"instruction": "<img src=x onerror=alert(1)> | **b**", "output": "[x](http://a.b)\n|"}
    upload(context.project, "a.json", json.dumps([row]))
    card = import_file(context, file="a.json").card
    line = next(line for line in card.splitlines() if line.startswith("| 1 "))
    assert "<img" not in card and "[x]" not in card and "**b**" not in card
    assert line.count("|") == 5


@pytest.mark.slow
@tries(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_file_gives_rows_or_one_sentence(data: st.DataObject) -> None:
    csv = "问题,答案\n" + "\n".join(line.replace("|", ",") for line in GRANDMA)
    lines = "\n".join(json.dumps(row.alpaca(), ensure_ascii=False) for row in rows(SUPPORT))
    text = data.draw(st.sampled_from([as_json(GRANDMA), csv, lines, csv.replace(",", "\t")]))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 30))
        put = data.draw(st.text('[]{}",:\\|\n\r\t\x00 a问\ud800', max_size=8))
        text = text[:place] + put + text[place + cut :]
    try:
        reading = to_rows(parse(text))
    except BadInput as found:
        assert found.text("zh") and found.text("en")
    else:
        assert all(row.output.strip() for _, row in reading.rows)


@tries(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*[st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)] * 2)))
def test_any_text_survives_the_way_through_json_lines(pairs: list[tuple[str, str]]) -> None:
    lines = [json.dumps({"instruction": q, "output": a}) for q, a in pairs]
    if not lines:
        return
    reading = to_rows(parse("\n".join(lines)))
    assert len(reading.rows) + len(reading.dropped) == len(pairs)
    for line, row in reading.rows:
        question, answer = (_newlines(text) for text in pairs[line - 1])
        assert row.instruction == question.strip() and row.output in answer


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
