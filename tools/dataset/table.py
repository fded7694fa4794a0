"""The working table: rows come in, copies stay out, the critic looks, a card shows the result."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.alpaca import Row
from data.files import read_lines, write_lines
from data.project import Project
from data.records import Brief, Dataset, Finding, Item
from data.say import has, say
from tools.contract import Context, Outcome
from tools.dataset.critic import criticised
from tools.shared.plain import plain

MOST_ROWS = 10_000
"""Rows a table may hold; what comes beyond is kept in dropped.jsonl."""
FEWEST_ROWS = 10
"""Rows that a set must have to be frozen; the least that hosted services train on, too."""
_SHOWN, _CELL = 5, 60
"""Rows on a card, and characters of each text there."""
_NAMED = 3
"""Dropped rows that are named one by one."""


@dataclass(frozen=True)
class Dropped:
    """Something that came in and did not become a row."""

    line: int
    """Line of the file, or number in a list, from 1; 0 where it has none."""
    reason: str
    """A key below dataset.reason."""
    record: Any
    """What was there, unchanged."""


@dataclass
class Added:
    """What became of the rows that came in."""

    items: list[Item]
    """The whole table, criticised."""
    new: list[Item]
    copies: list[Dropped] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)


def add(
    context: Context,
    rows: Sequence[tuple[int, Row]],
    source: str,
    dropped: Sequence[Dropped] = (),
    origin: str = "",
) -> Added:
    """Put rows, each with its line, on the table and have the critic look at all of it."""
    before = context.project.items()
    seen = {item.row.model_dump_json() for item in before}
    number = max((int(item.id) for item in before if item.id.isdigit()), default=0)
    addition = max((item.addition for item in before), default=0) + 1
    added = Added([], [], dropped=list(dropped))
    for line, row in rows:
        key = row.model_dump_json()
        if key in seen:
            added.copies.append(Dropped(line, "exact_duplicate", row.alpaca()))
        elif len(before) + len(added.new) >= MOST_ROWS:
            added.dropped.append(Dropped(line, "table_full", row.alpaca()))
        else:
            seen.add(key)
            number += 1
            added.new.append(Item(id=str(number), row=row, source=source, addition=addition))
    added.items = criticised([*before, *added.new], brief_language(context), context.report)
    keep_dropped(context.project, [*added.dropped, *added.copies], origin or source)
    if added.new:
        context.project.write_items(added.items)
    new = {item.id for item in added.new}
    added.new = [item for item in added.items if item.id in new]
    return added


def keep_dropped(project: Project, dropped: Iterable[Dropped], origin: str) -> None:
    """Keep what did not become a row, with its reason, in dataset/dropped.jsonl."""
    lines = [
        {"from": origin, "line": each.line, "reason": each.reason, "record": each.record}
        for each in dropped
    ]
    if lines:
        path = project.folder / "dataset/dropped.jsonl"
        write_lines(path, read_lines(path) + lines)


def brief_language(context: Context) -> str:
    """The language that the model will speak, as far as it was said."""
    brief = context.project.read(Brief)
    return brief.language if brief else ""


# --- what the person sees


def ready(items: Iterable[Item]) -> list[Item]:
    """Rows that a freeze would take: accepted, or open and without a finding."""
    return [i for i in items if i.verdict == "accepted" or (i.verdict == "open" and not i.findings)]


def flagged(items: Iterable[Item]) -> list[Item]:
    """Open rows with a finding: the person's decision is awaited."""
    return [i for i in items if i.verdict == "open" and i.findings]


def counts(items: Sequence[Item]) -> dict[str, Any]:
    """Numbers of the table, for the model and for code."""
    return {
        "rows": len(items),
        "ready": len(ready(items)),
        "flagged": len(flagged(items)),
        "dropped": sum(item.verdict == "dropped" for item in items),
        "findings": finding_counts(flagged(items)),
    }


def finding_counts(items: Iterable[Item]) -> dict[str, int]:
    """Rows by flaw, the most frequent first; a row counts once for each kind of flaw."""
    found = Counter(code for item in items for code in {f.code for f in item.findings})
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def outcome(context: Context, said: str, added: Added) -> Outcome:
    """One answer for every tool that adds rows."""
    language = context.language
    sentences = [said, *_left_out(added, language), _flag_sentence(added, language)]
    if context.project.read(Dataset):
        sentences.append(say("dataset.frozen_before", language))
    facts = {
        "added": len(added.new),
        "copies": len(added.copies),
        "not_usable": len(added.dropped),
        **counts(added.items),
    }
    return Outcome(join(sentences, language), card(added.items, added.new, language), facts)


def join(sentences: Iterable[str], language: str) -> str:
    """Sentences as one paragraph; Chinese needs no space between them."""
    return ("" if language == "zh" else " ").join(filter(None, sentences))


def _left_out(added: Added, language: str) -> list[str]:
    sentences: list[str] = []
    if added.dropped:
        named = [line_and_reason(each, language) for each in added.dropped[:_NAMED]]
        glue = "；" if language == "zh" else "; "
        key = "left_out_more" if len(added.dropped) > _NAMED else "left_out"
        sentences.append(
            say(f"dataset.{key}", language, count=len(added.dropped), named=glue.join(named))
        )
    if added.copies:
        sentences.append(say("dataset.copies", language, count=len(added.copies)))
    return sentences


def line_and_reason(dropped: Dropped, language: str) -> str:
    """Where it was and why it was left out, in half a sentence."""
    reason = say(f"dataset.reason.{dropped.reason}", language)
    if not dropped.line:
        return reason
    return say("dataset.line_reason", language, line=dropped.line, reason=reason)


def _flag_sentence(added: Added, language: str) -> str:
    count = len(flagged(added.new))
    if not added.new:
        return ""
    return say("dataset.flagged" if count else "dataset.none_flagged", language, count=count)


def card(items: Sequence[Item], shown: Sequence[Item], language: str) -> str:
    """The first rows and the flaws by number, as Markdown."""
    parts = [rows_table(shown or items, language), flaw_list(items, language)]
    return "\n\n".join(filter(None, parts))


def rows_table(shown: Sequence[Item], language: str) -> str:
    """Up to five rows with their marks. The texts are data: nothing in them is read as markup."""
    if not shown:
        return ""
    names = [say(f"dataset.column.{name}", language) for name in ("question", "answer", "marks")]
    lines = [f"| # | {' | '.join(names)} |", "|---|---|---|---|"]
    for item in shown[:_SHOWN]:
        question, answer = plain(item.row.question, _CELL), plain(item.row.output, _CELL)
        lines.append(f"| {plain(item.id)} | {question} | {answer} | {_marks(item, language)} |")
    if len(shown) > _SHOWN:
        lines.append(f"\n{say('dataset.shown', language, shown=_SHOWN, count=len(shown))}")
    return "\n".join(lines)


def _marks(item: Item, language: str) -> str:
    if item.verdict != "open":
        return say(f"dataset.verdict.{item.verdict}", language)
    names = dict.fromkeys(flaw_name(finding.code, language) for finding in item.findings)
    return ("、" if language == "zh" else ", ").join(names) or say("dataset.no_mark", language)


def flaw_name(code: str, language: str) -> str:
    """A flaw in two or three words."""
    return say(f"dataset.flaw.{code}", language) if has(f"dataset.flaw.{code}") else code


def finding_text(finding: Finding, language: str) -> str:
    """What is wrong and why it matters."""
    return say(f"dataset.finding.{finding.code}", language, **finding.values)


def flaw_list(items: Sequence[Item], language: str) -> str:
    """Each kind of flaw with its rows, and the first one explained."""
    waiting = flagged(items)
    return "\n".join(_flaw_line(code, waiting, language) for code in finding_counts(waiting))


def _flaw_line(code: str, waiting: Sequence[Item], language: str) -> str:
    hits = [(item, f) for item in waiting for f in item.findings if f.code == code]
    ids = list(dict.fromkeys(item.id for item, _ in hits))
    glue, more = ("、", "…") if language == "zh" else (", ", " …")
    return say(
        "dataset.flaw_line",
        language,
        name=flaw_name(code, language),
        count=len(ids),
        ids=plain(glue.join(ids[:6])) + (more if len(ids) > 6 else ""),
        why=plain(finding_text(hits[0][1], language)),
    )
