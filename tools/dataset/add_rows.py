"""Tool: rows that the person typed, or that the chat model took down for them."""

from typing import Any

from data.alpaca import Row
from data.errors import BadInput
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.columns import Refused, row_of
from tools.dataset.table import Dropped


@tool(stage="dataset")
def add_rows(context: Context, rows: list[dict[str, Any]]) -> Outcome:
    """Add rows in the person's own words to the table.

    rows: a list of {"question": …, "answer": …} or of Alpaca objects with instruction, output and
    optionally input, system, history. Never invent rows here; only take down what the person said.
    """
    good, dropped = sorted_out(rows)
    if not good:
        first = dropped[0].reason if dropped else "not_object"
        raise BadInput("rows_unusable", reason=say(f"dataset.reason.{first}", context.language))
    added = table.add(context, good, "hand", dropped)
    said = say("dataset.added", context.language, count=len(added.new))
    return table.outcome(context, said, added)


def sorted_out(records: list[Any]) -> tuple[list[tuple[int, Row]], list[Dropped]]:
    """(number from 1, row) of each good record, and the others with their reasons."""
    good: list[tuple[int, Row]] = []
    dropped: list[Dropped] = []
    for number, record in enumerate(records, 1):
        try:
            good.append((number, row_of(record)))
        except Refused as refused:
            dropped.append(Dropped(number, refused.reason, record))
    return good, dropped
