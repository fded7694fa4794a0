"""Every sentence a model reads, from prompts/<stage>/<name>.<language>.md."""

from functools import cache
from pathlib import Path
from string import Template

_PROMPTS = Path(__file__).parent / "prompts"


def prompt(name: str, language: str, /, **values: str) -> str:
    """The prompt `stage/name` with its $values filled in; a missing value raises KeyError.

    A value is inserted as it is: a `$` inside it (a person's text, a row) is never filled again.
    """
    return Template(_load(name, language)).substitute(values)


@cache
def _load(name: str, language: str) -> str:
    return (_PROMPTS / f"{name}.{language}.md").read_text("utf-8").strip()
