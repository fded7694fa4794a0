"""Tool: the newest addition leaves the table again."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from data.errors import NotReady
from data.files import write_lines
from data.records import Dataset, Item
from data.say import has, say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.critic import criticised
from tools.dataset.use_sample import title


@tool(stage="dataset")
def take_back(context: Context) -> Outcome:
    """Take the newest rows off the table again: all that came in together last (a sample set, a
    file, pasted, typed or generated rows). For an addition the person regrets; single rows are
    dropped with dataset_mark_rows. The rows are kept in a file that can be uploaded again."""
    project, language = context.project, context.language
    items = project.items()
    if not items:
        raise NotReady("needs_rows")
    rest, taken = _parted(items)
    after = criticised(rest, table.brief_language(context), context.report)
    aside = _aside(project.folder / "dataset")
    write_lines(aside, [item.row.alpaca() for item in taken])  # first kept, and only then gone
    project.write_items(after)
    source, counts = taken[-1].source, table.counts(after)
    named = _source(source, language)
    said = [
        say("dataset.taken", language, count=len(taken), source=named, file=aside.name),
        say("dataset.left" if after else "dataset.left_none", language, **counts),
    ]
    if project.read(Dataset):
        said.append(say("dataset.frozen_before", language))
    facts = {"taken": len(taken), "source": source, "file": f"dataset/{aside.name}", **counts}
    return Outcome(table.join(said, language), table.flaw_list(after, language), facts)


def _parted(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """What stays, and the rows that came in together last."""
    newest = items[-1].addition
    rest = [item for item in items if item.addition != newest]
    return rest, [item for item in items if item.addition == newest]


def _aside(folder: Path) -> Path:
    paths = (folder / f"taken-{number}.jsonl" for number in count(1))
    return next(path for path in paths if not path.exists())


def _source(source: str, language: str) -> str:
    """Where rows came from, in a few words."""
    kind, _, name = source.partition(":")
    key = f"dataset.source.{kind}"
    name = title(name, language) if kind == "sample" else name
    return say(key, language, name=name) if has(key) else source
