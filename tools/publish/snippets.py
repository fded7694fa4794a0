"""Ready-made calls of the served model in curl, Python and JavaScript; they work as pasted."""

import json
from pathlib import Path
from string import Template

from data.say import say

_TEMPLATES = Path(__file__).resolve().parents[2] / "data/shipped/snippets"
KINDS = {
    "curl": "bash",
    "python_openai": "python",
    "python_plain": "python",
    "javascript": "javascript",
}
"""File below data/shipped/snippets, and the name of its language in a Markdown fence."""

LONGEST = 200
"""Characters of a question that still reads well inside a line of code."""


def snippets(url: str, model: str, language: str, question: str = "") -> dict[str, str]:
    """Each kind's code, with the address, the model's name and a question filled in.

    `url` is the server's root, such as http://127.0.0.1:8000. Without a question of the project
    a general one is asked. The texts are quoted for each language, whatever is in them.
    """
    asked = " ".join(question.split())
    if not 0 < len(asked) <= LONGEST:
        asked = say("publish.snippet.question", language)
    body = {"model": model, "messages": [{"role": "user", "content": asked}]}
    values = {
        "url": url.rstrip("/"),
        "model": _quoted(model),  # a JSON string is a string in Python and JavaScript too
        "question": _quoted(asked),
        "body": _quoted(body).replace("'", "'\\''"),  # inside single quotes of a shell
    }
    return {kind: _load(kind).substitute(values) for kind in KINDS}


def snippets_card(url: str, model: str, language: str, question: str = "") -> str:
    """All of them as Markdown, each with a line that says where to paste it."""
    parts = [
        f"**{say(f'publish.snippet.{kind}', language)}**\n\n{fenced(code, KINDS[kind])}"
        for kind, code in snippets(url, model, language, question).items()
    ]
    return "\n\n".join(parts)


def fenced(code: str, name: str = "") -> str:
    """Code in a Markdown fence longer than any row of backticks inside it."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{name}\n{code.rstrip()}\n{fence}"


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _load(kind: str) -> Template:
    return Template((_TEMPLATES / f"{kind}.txt").read_text("utf-8"))
