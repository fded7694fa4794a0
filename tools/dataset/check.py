"""Look at a file as an import would, and write nothing: what `tunepath check FILE` prints."""

from collections import Counter
from pathlib import Path
from typing import Any

from data.errors import BadInput
from data.records import Item
from data.say import say
from tools.dataset import table
from tools.dataset.critic import criticised
from tools.dataset.read_file import Reading, read_file


def check_file(path: Path, language: str) -> dict[str, Any]:
    """A JSON-ready report on a file of rows; lines count from 1.

    A file that can't be read is a result too: `readable` is false and `error` says why.
    Raises Missing where there is no such file.
    """
    try:
        reading = read_file(path)
    except BadInput as fault:
        return _told(
            {**_report(Reading("", ""), language), "error": fault.text(language)}, language
        )
    report = _report(reading, language)
    if not reading.rows:
        first = report["dropped"][0]["text"] if report["dropped"] else ""
        code = "file_all_dropped" if first else "file_no_rows"
        fault = BadInput(code, count=len(reading.dropped), first=first)
        report["error"] = fault.text(language)
    return _told(report, language)


def _report(reading: Reading, language: str) -> dict[str, Any]:
    items, copies = _items(reading)
    dropped = sorted([*reading.dropped, *copies], key=lambda each: each.line)
    return {
        "readable": bool(reading.rows),
        "format": reading.format,
        "encoding": reading.encoding,
        "rows": {
            "total": len(reading.rows) + len(reading.dropped),
            "usable": len(items),
            "dropped": dict(Counter(each.reason for each in dropped)),
        },
        "dropped": [
            {
                "line": each.line,
                "reason": each.reason,
                "text": table.line_and_reason(each, language),
            }
            for each in dropped
        ],
        "findings": table.finding_counts(items),
        "flaws": [
            {"line": int(item.id), "code": f.code, "text": table.finding_text(f, language)}
            for item in items
            for f in item.findings
        ],
        "mapping": reading.mapping,
        "unused": reading.unused,
        "sample": items[0].row.alpaca() if items else None,
        "error": "",
    }


def _items(reading: Reading) -> tuple[list[Item], list[table.Dropped]]:
    """The rows, criticised, with their lines for ids; and copies, which an import leaves out."""
    seen: set[str] = set()
    items: list[Item] = []
    copies: list[table.Dropped] = []
    for line, row in reading.rows:
        key = row.model_dump_json()
        if key in seen:
            copies.append(table.Dropped(line, "exact_duplicate", row.alpaca()))
        else:
            seen.add(key)
            items.append(Item(id=str(line), row=row, source="file"))
    return criticised(items), copies


def _told(report: dict[str, Any], language: str) -> dict[str, Any]:
    """The report with `text`: itself in lines for a person."""
    lines = [report["error"]] if report["error"] else _lines(report, language)
    return {**report, "text": "\n".join(lines)}


def _lines(report: dict[str, Any], language: str) -> list[str]:
    rows = report["rows"]
    lines = [
        say("dataset.check.head", language, format=report["format"], encoding=report["encoding"]),
        say(
            "dataset.check.rows",
            language,
            total=rows["total"],
            usable=rows["usable"],
            dropped=sum(rows["dropped"].values()),
        ),
    ]
    lines += [f"  {each['text']}" for each in report["dropped"][:20]]
    lines += [
        f"  {table.flaw_name(code, language)}: {count}"
        for code, count in report["findings"].items()
    ]
    return lines
