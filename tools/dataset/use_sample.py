"""Tool: rows from a shipped sample set."""

from pathlib import Path

import data
from data.errors import Missing
from data.say import has, say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.read_file import read_file

_SHIPPED = Path(data.__file__).parent / "shipped/samples"


@tool(stage="dataset")
def use_sample(context: Context, name: str) -> Outcome:
    """Add a shipped sample set to the table: grandma_zh, luck_zh or support_en.

    Rows that are on the table already are not added again.
    """
    files = samples()
    if name not in files:
        raise Missing("sample_missing", name=name[:40], names=" · ".join(files))
    added = table.add(context, read_file(files[name]).rows, f"sample:{name}")
    named = title(name, context.language)
    said = say("dataset.sampled", context.language, title=named, count=len(added.new))
    return table.outcome(context, said, added)


def title(name: str, language: str) -> str:
    """A sample set's name for people."""
    return say(f"dataset.sample.{name}", language) if has(f"dataset.sample.{name}") else name


def samples() -> dict[str, Path]:
    """Name to file of every shipped set."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.json*"))}
