"""Tool: the connected chat model writes rows, some twenty at a time; each batch is kept at once."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from data.errors import BadInput, NotReady, TunePathError
from data.say import say
from tools.contract import Context, Outcome, Quote, tool
from tools.dataset import table
from tools.dataset.read_reply import LONGEST, add_made, rows_in
from tools.dataset.writer import write
from tools.services.ask import ask, name_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

BATCH = 20
"""Rows asked for in one call; more and models begin to repeat themselves."""
FREE = 20
"""Rows up to which nothing is asked beforehand: the round that is read closely."""
_GIVE_UP = 2
"""Batches in a row without a row, after which the rest is not paid for."""
_ROW_TOKENS = 60
"""Tokens of a row where the table has none to measure."""


def quote(context: Context, count: int = 20) -> Quote | None:
    """What many rows take; nothing to ask for a first round, or for what can't be done anyway."""
    if count <= FREE or context.model is None:
        return None
    asked = write(context, count).text
    calls = math.ceil(count / BATCH)
    tokens = calls * _tokens(asked) + count * _row_tokens(context)
    numbers = {"count": count, "calls": calls, "tokens": round(tokens, -2)}
    action = say("dataset.quote.action", context.language, count=count)
    text = say(
        "dataset.quote.text", context.language, count=count, calls=calls, tokens=numbers["tokens"]
    )
    return Quote(action, text, numbers)


@dataclass
class _Made:
    """What the batches have brought so far."""

    added: table.Added = field(default_factory=lambda: table.Added([], []))
    faults: list[TunePathError] = field(default_factory=list)
    batches: int = 0
    barren: int = 0
    """Batches in a row that brought nothing."""

    def take(self, added: table.Added) -> None:
        self.added.items = added.items
        self.added.new += added.new
        self.added.copies += added.copies
        self.added.dropped += added.dropped
        self.barren = 0 if added.new else self.barren + 1

    def fail(self, fault: TunePathError) -> None:
        self.faults.append(fault)
        self.barren += 1


@tool(stage="dataset", asks=quote)
def generate_rows(context: Context, count: int = 20) -> Outcome:
    """Have the connected chat model write `count` more rows like the person's own.

    Start with 20 and let the person read them; only then make many. Needs a connected model:
    without one use dataset_write_prompt.
    """
    if context.model is None:
        raise NotReady("needs_model")
    made = _Made()
    while len(made.added.new) < count and made.barren < _GIVE_UP and _worth_it(made, count):
        try:
            made.take(_batch(context, context.model, made, count))
        except TunePathError as fault:
            if isinstance(fault, NotReady) or fault.code in ("count_range", "disk_full"):
                raise
            made.fail(fault)
        made.batches += 1
        _tell(context, made, count)
    if not made.added.new:
        raise made.faults[0] if made.faults else BadInput("made_nothing")
    return _outcome(context, made, count)


def _worth_it(made: _Made, count: int) -> bool:
    """One batch beyond the quoted ones may fill up what copies and short replies left open."""
    return made.batches <= math.ceil(count / BATCH)


def _batch(context: Context, model: "BaseChatModel", made: _Made, count: int) -> table.Added:
    wanted = min(BATCH, count - len(made.added.new))
    if made.batches == 0:
        write(context, count)  # an odd count is refused before anything is paid
    there = [item.row.question for item in made.added.items or context.project.items()]
    asked = write(context, wanted, avoid=there).text
    reply = ask(model, [{"role": "user", "content": asked}])
    reading = rows_in(reply[:LONGEST])
    if not reading.rows:
        raise BadInput("made_nothing")
    reading.rows = reading.rows[:wanted]
    return add_made(context, reading, f"model:{name_of(model)}")


def _tell(context: Context, made: _Made, count: int) -> None:
    have = len(made.added.new)
    text = say("dataset.writing", context.language, count=have, wanted=count)
    context.report(min(have / count, 1.0), text)


def _outcome(context: Context, made: _Made, count: int) -> Outcome:
    language, have = context.language, len(made.added.new)
    said = [say("dataset.generated", language, count=have)]
    if have < count:
        said.append(say("dataset.generated_short", language, wanted=count, count=have))
    if made.faults:
        reason = made.faults[0].sentence(language).rstrip("。.")
        failed, total = len(made.faults), made.batches
        said.append(
            say("dataset.batches_failed", language, total=total, failed=failed, reason=reason)
        )
    outcome = table.outcome(context, table.join(said, language), made.added)
    outcome.facts["failed_batches"] = len(made.faults)
    return outcome


def _row_tokens(context: Context) -> float:
    rows = [item.row for item in context.project.items()[-50:]]
    sizes = [_tokens(row.question) + _tokens(row.output) + 4 for row in rows]
    return sum(sizes) / len(sizes) if sizes else _ROW_TOKENS


def _tokens(text: str) -> int:
    """A careful guess: a Chinese character is about one token, four other letters are one."""
    ascii_letters = sum(letter.isascii() for letter in text)
    return len(text) - ascii_letters + ascii_letters // 4
