"""Tool: rows out of a chat service's reply that the person pasted."""

from data.errors import BadInput
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import reply, table
from tools.dataset.parse import Parsed
from tools.dataset.read_file import Reading, to_rows

LONGEST = 400_000
"""Characters; some hundreds of long rows."""


@tool(stage="dataset")
def read_reply(context: Context, text: str) -> Outcome:
    """Take the rows out of a reply that the person pasted from another chat service.

    text: the whole reply, unchanged, in any shape: numbered, labelled, JSON, a table.
    """
    reading = rows_in(text)
    if not reading.rows:
        raise BadInput("reply_no_rows")
    added = add_made(context, reading, "paste")
    said = say("dataset.pasted", context.language, count=len(added.new))
    return table.outcome(context, said, added)


def rows_in(text: str) -> Reading:
    """The rows of a reply; numbers of dropped ones are its lines."""
    if len(text) > LONGEST:
        raise BadInput("reply_too_long", most=LONGEST)
    found = reply.read(text)
    return to_rows(Parsed("reply", [(pair.line, pair.record) for pair in found]))


def add_made(context: Context, reading: Reading, source: str) -> table.Added:
    """Put made rows on the table, under the system prompt that the rows before them share."""
    prompts = {item.row.system for item in context.project.items()}
    system = prompts.pop() if len(prompts) == 1 else ""
    rows = [
        (line, row if row.system or not system else row.model_copy(update={"system": system}))
        for line, row in reading.rows
    ]
    return table.add(context, rows, source, reading.dropped)
