"""Tool: the prompt to copy into any chat service, for people without a connected model."""

import re

from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.writer import MADE, Written, write


@tool(stage="dataset")
def write_prompt(context: Context, count: int = 20) -> Outcome:
    """Write the whole prompt that asks any chat service for `count` more rows, to copy and paste.

    The person pastes the service's reply back, and dataset_read_reply takes it. Start with 20.
    """
    items = context.project.items()
    made = [i for i in items if i.source.startswith(MADE) and i.verdict != "dropped"]
    written = write(context, count, avoid=[item.row.question for item in made])
    language = context.language
    said = [say("dataset.prompt_ready", language, count=count), *_inside(written, language)]
    facts = {"prompt": written.text, "count": count, "flaws": list(written.flaws)}
    return Outcome(table.join(said, language), fenced(written.text), facts)


def _inside(written: Written, language: str) -> list[str]:
    key = "dataset.prompt_examples" if written.examples else "dataset.prompt_no_examples"
    sentences = [say(key, language, count=len(written.examples))]
    if written.flaws:
        glue = "、" if language == "zh" else ", "
        names = glue.join(table.flaw_name(code, language) for code in written.flaws)
        sentences.append(say("dataset.prompt_flaws", language, names=names))
    return sentences


def fenced(text: str) -> str:
    """The text in a Markdown fence longer than any row of backticks inside it."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"
