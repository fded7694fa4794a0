"""Tool: rows from a file that the person uploaded."""

from pathlib import Path

from data.errors import BadInput, Missing
from data.project import Project
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.read_file import Reading, read_file


@tool(stage="dataset")
def import_file(context: Context, file: str) -> Outcome:
    """Add the rows of an uploaded file (Alpaca JSON, JSONL or CSV) to the table.

    file: its name inside the project's uploads, never a path. Rows that can't be used are kept
    aside with their reasons and named in the answer. The critic runs by itself afterwards.
    """
    path = upload(context.project, file)
    context.report(0.1, say("dataset.reading", context.language))
    reading = read_file(path)
    if not reading.rows:
        table.keep_dropped(context.project, reading.dropped, file)
        raise _nothing(reading, context.language)
    added = table.add(context, reading.rows, f"file:{path.name}", reading.dropped, path.name)
    said = say("dataset.imported", context.language, file=path.name, count=len(added.new))
    if reading.unused:
        names = ("、" if context.language == "zh" else ", ").join(reading.unused[:6])
        unused = say("dataset.unused_columns", context.language, names=names)
        said = table.join([said, unused], context.language)
    return table.outcome(context, said, added)


def upload(project: Project, name: str) -> Path:
    """The uploaded file of that name. Raises BadInput for a path, Missing where there is none."""
    if not name or name != Path(name).name or any(mark in name for mark in "/\\:\x00"):
        raise BadInput("upload_name", name=name[:80])
    path = project.uploads / name
    inside = path.resolve().is_relative_to(project.uploads.resolve())
    if not inside or path.is_symlink() or not path.is_file():
        raise Missing("upload_missing", name=name[:80])
    return path


def _nothing(reading: Reading, language: str) -> BadInput:
    """No row at all: the first reason says what is wrong with the file."""
    if not reading.dropped:
        return BadInput("file_no_rows")
    first = table.line_and_reason(reading.dropped[0], language)
    return BadInput("file_all_dropped", count=len(reading.dropped), first=first)
