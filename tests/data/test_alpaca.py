"""A row becomes chat turns in one place only."""

from hypothesis import given
from hypothesis import strategies as st

from data.alpaca import FIELDS, Row

TEXT = st.text(max_size=30)
ROWS = st.builds(
    Row,
    instruction=TEXT,
    input=TEXT,
    output=TEXT,
    system=TEXT,
    history=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
)


@given(row=ROWS)
def test_a_row_survives_its_alpaca_form(row):
    assert Row.model_validate(row.alpaca()) == row
    assert tuple(sorted(row.alpaca())) == tuple(sorted(FIELDS))


@given(row=ROWS)
def test_the_output_is_the_last_turn_and_history_comes_in_order(row):
    turns = row.turns
    assert turns[-1] == {"role": "assistant", "content": row.output}
    said = [t["content"] for t in turns if t["role"] != "system"]
    assert said[:-2] == [text for pair in row.history for text in pair]
    assert (turns[0]["role"] == "system") == bool(row.system)


def test_the_input_stands_below_the_instruction():
    row = Row(instruction="Translate.", input="你好", output="Hello")
    assert row.question == "Translate.\n你好"
    assert Row(instruction="Hi", input="  ", output="x").question == "Hi"
