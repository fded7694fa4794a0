"""Tool: the table becomes the training set: two strict Alpaca files that no row stands in twice."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from pydantic import ValidationError

from data.alpaca import Row
from data.errors import BadInput, NotReady
from data.files import write_atomically
from data.project import Project
from data.records import Dataset, Item, Language
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.language import main_language
from tools.dataset.split import SEED, split
from tools.shared.plain import plain

_CHAT = 400
"""Characters of each turn of the row that is shown."""


@tool(stage="dataset", leaves="Dataset")
def freeze(context: Context) -> Outcome:
    """Freeze the rows into the training set, keeping about a tenth aside that is never trained on.

    Takes accepted rows and open rows without flaws; open rows with flaws stay out. Needs ten.
    """
    items = context.project.items()
    kept = table.ready(items)
    if len(kept) < table.FEWEST_ROWS:
        waiting = len(table.flagged(items))
        code = "rows_too_few_flagged" if waiting else "rows_too_few"
        raise NotReady(code, have=len(kept), need=table.FEWEST_ROWS, flagged=waiting)
    rows = [_valid(item) for item in kept]
    context.report(0.3, say("dataset.splitting", context.language))
    train, held_out = split(rows)
    record = _record(context, items, kept, train, held_out)
    _write(context.project, train, held_out, record)
    return _outcome(context, items, record, train[0])


def _valid(item: Item) -> Row:
    """The row, checked once more as a trainer would read it. Raises BadInput with its number."""
    try:
        row = Row.model_validate(item.row.alpaca())
        row.model_dump_json().encode("utf-8")
    except (ValidationError, ValueError):
        raise BadInput("row_invalid", id=item.id) from None
    if not row.question.strip() or not row.output.strip():
        raise BadInput("row_invalid", id=item.id)
    return row


def _lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(r.alpaca(), ensure_ascii=False) + "\n" for r in rows).encode("utf-8")


def _record(
    context: Context,
    items: Sequence[Item],
    kept: Sequence[Item],
    train: Sequence[Row],
    held_out: Sequence[Row],
) -> Dataset:
    digest = hashlib.sha256(_lines(train) + b"\n" + _lines(held_out))
    return Dataset(
        title=context.project.title,
        language=_language(context, kept),
        train_rows=len(train),
        held_out_rows=len(held_out),
        dropped_rows=len(items) - len(kept),
        seed=SEED,
        sources=dict(Counter(item.source for item in kept)),
        fingerprint=digest.hexdigest(),
    )


def _language(context: Context, kept: Sequence[Item]) -> Language:
    found = main_language((item.row.output for item in kept), share=0.5)
    if found not in ("zh", "en"):
        found = table.brief_language(context) or context.language
    return "zh" if found == "zh" else "en"


def _write(
    project: Project, train: Sequence[Row], held_out: Sequence[Row], record: Dataset
) -> None:
    """The record last: while it is there, both files are whole."""
    (project.folder / Dataset.FILE).unlink(missing_ok=True)
    write_atomically(project.train_file, _lines(train))
    write_atomically(project.held_out_file, _lines(held_out))
    project.write(record)


def _outcome(context: Context, items: Sequence[Item], record: Dataset, row: Row) -> Outcome:
    language = context.language
    numbers = {"train": record.train_rows, "held_out": record.held_out_rows}
    out = {
        "dropped": sum(item.verdict == "dropped" for item in items),
        "flagged": len(table.flagged(items)),
    }
    said = [say("dataset.frozen", language, **numbers)]
    if any(out.values()):
        said.append(say("dataset.frozen_out", language, count=record.dropped_rows, **out))
    facts = {**numbers, **out, "language": record.language, "fingerprint": record.fingerprint[:12]}
    return Outcome(table.join(said, language), chat_card(row, language), facts)


def chat_card(row: Row, language: str) -> str:
    """One row as the talk that a model sees, and which part of it is learnt."""
    lines = [say("dataset.chat.title", language), ""]
    for place, turn in enumerate(row.turns):
        graded = "graded" if place == len(row.turns) - 1 else "not_graded"
        name = say(f"dataset.chat.{turn['role']}", language)
        mark = say(f"dataset.chat.{graded}", language)
        head = say("dataset.chat.turn", language, name=name, mark=mark)
        lines += [f"> {head}", ">", f"> {plain(turn['content'], _CHAT)}", ">"]
    return "\n".join([*lines[:-1], "", say("dataset.chat.meaning", language)])
