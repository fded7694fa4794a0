"""Tool: the person's verdict on rows."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from data.errors import BadInput, Missing, NotReady
from data.records import Item
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.critic import criticised

Verdict = Literal["accept", "drop", "undo"]
_LEAVES = {"accept": "accepted", "drop": "dropped", "undo": "open"}


@tool(stage="dataset")
def mark_rows(context: Context, ids: list[str | int], verdict: Verdict) -> Outcome:
    """Accept rows in spite of their flaws, drop rows, or undo either.

    ids: row numbers as shown on the table ("7", also "3-9"), or one of "flagged" (open rows with a
    flaw), "unflagged", "all". With undo, "flagged" and "unflagged" mean rows decided before.
    """
    if verdict not in get_args(Verdict):
        raise BadInput("verdict_unknown", verdict=str(verdict)[:20])
    before = context.project.items()
    if not before:
        raise NotReady("needs_rows")
    chosen = _chosen(before, [str(each).strip() for each in ids], verdict)
    after = [_marked(item, verdict) if item.id in chosen else item for item in before]
    changed = sum(one != two for one, two in zip(before, after, strict=True))
    if verdict != "accept":
        # What is kept changes the set's habits; looked at anew, "keep all" would never end.
        after = criticised(after, table.brief_language(context))
    if changed:
        context.project.write_items(after)
    counts = table.counts(after)
    said = say(
        f"dataset.marked.{verdict}" if changed else "dataset.marked.none",
        context.language,
        count=changed,
        ready=counts["ready"],
        flagged=counts["flagged"],
    )
    flaws = table.flaw_list(after, context.language)
    return Outcome(said, flaws, {"changed": changed, **counts})


def _marked(item: Item, verdict: str) -> Item:
    return item.model_copy(update={"verdict": _LEAVES[verdict]})


def _chosen(items: Sequence[Item], ids: Sequence[str], verdict: str) -> set[str]:
    there = {item.id for item in items}
    chosen: set[str] = set()
    for name in ids:
        if name in ("flagged", "unflagged", "all"):
            chosen |= {item.id for item in items if _falls_under(item, name, verdict)}
            continue
        numbers = _range(name)
        if not numbers or not set(numbers) & there:
            raise Missing("row_missing", id=name[:20])
        chosen |= set(numbers) & there
    return chosen


def _falls_under(item: Item, name: str, verdict: str) -> bool:
    if name == "all":
        return True
    undecided = item.verdict == "open"
    return undecided is (verdict != "undo") and bool(item.findings) is (name == "flagged")


# word list: "3 to 9" in both languages
def _range(name: str) -> list[str]:
    match = re.fullmatch(r"#?(\d{1,6})(?:\s*[-–~～—至到]\s*#?(\d{1,6}))?", name)
    if not match:
        return []
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    return [str(number) for number in range(first, min(last, first + table.MOST_ROWS) + 1)]
