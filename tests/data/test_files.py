"""Old content or new, never a half."""

import errno
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DiskFull
from data.files import append_line, read_lines, write_atomically, write_json, write_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(rows=st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=8))
def test_rows_come_back_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows = json.loads(json.dumps(rows))
    try:
        write_lines(path, rows)
    except UnicodeEncodeError:  # a lone surrogate is no text; it is refused before anything changes
        assert not path.exists()
        return
    assert read_lines(path) == rows


@pytest.mark.parametrize("broken_step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path, monkeypatch, broken_step
):
    path = tmp_path / "record.json"
    write_json(path, {"old": True})

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken_step, no_room)
    with pytest.raises(DiskFull) as caught:
        write_json(path, {"old": False})
    assert json.loads(path.read_text()) == {"old": True}
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]
    assert "MB" in caught.value.text("zh") and "MB" in caught.value.text("en")


def test_a_torn_last_line_is_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for step in (1, 2):
        append_line(path, {"step": step})
    with path.open("ab") as stream:
        stream.write(b'{"step": 3, "lo')
    assert [row["step"] for row in read_lines(path)] == [1, 2]


def test_writing_makes_the_folders_on_the_way(tmp_path):
    write_atomically(tmp_path / "a/b/c.txt", "x")
    assert (tmp_path / "a/b/c.txt").read_text() == "x"
