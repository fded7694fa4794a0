"""Explain a term from the glossary in data/knowledge, and lead back to the person's own step."""

import difflib
import unicodedata
from functools import cache
from typing import Any

from data.say import say
from data.shelf import shelf
from tools.contract import Context, Outcome, tool

CLOSE, NEAR = 0.86, 0.55
"""Likeness (difflib ratio) at which a term is taken for a known one mistyped, or named as close."""
NAMED = 4
"""Close terms that are named."""


@tool(stage="learn")
def explain(context: Context, term: str) -> Outcome:
    """Explain a term of fine-tuning in a few lines, from the product's own glossary: LoRA, epoch,
    learning rate, overfitting, Alpaca, RAG, workflow … `term`: the word alone, zh or en. Unknown
    terms are said to be unknown, with close ones named."""
    language, wanted = context.language, plain(term)
    if not wanted:
        names = ", ".join(_title(entry, language) for entry in list(entries().values())[:NAMED])
        return Outcome(say("learn.explain.empty", language, names=names), facts={"found": ""})
    found = _found(wanted)
    if not found:
        return _unknown(term, wanted, language)
    entry = entries()[found]
    name = _title(entry, language)
    text = say("learn.explain.found", language, name=name, text=entry[language].strip())
    see = [_title(entries()[each], language) for each in entry.get("see", ()) if each in entries()]
    card = say("learn.explain.see", language, names=", ".join(see)) if see else ""
    here = say(f"learn.explain.here.{context.project.stage}", language)
    facts = {"found": found, "see": list(entry.get("see", ())), "stage": context.project.stage}
    return Outcome(f"{text}\n\n{here}", card, facts)


def plain(term: str) -> str:
    """A term without case, spaces, hyphens and marks, to compare it with others."""
    kept = unicodedata.normalize("NFKC", term).lower()
    return "".join(sign for sign in kept if sign.isalnum())


@cache
def entries() -> dict[str, dict[str, Any]]:
    """All entries by id."""
    table = shelf("knowledge/glossary")
    listed = table.get("entries")
    return {entry["id"]: entry for entry in listed} if listed else table


@cache
def _names() -> dict[str, str]:
    """Every way to write a term, with the id of its entry."""
    return {plain(name): key for key, entry in entries().items() for name in (key, *entry["names"])}


def _found(wanted: str) -> str:
    """The entry of a term: as written, by a slip of the hand, or as the longest term inside it."""
    names = _names()
    if wanted in names:
        return names[wanted]
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=CLOSE)
    if close:
        return names[close[0]]
    inside = [name for name in names if len(name) >= _shortest(name) and name in wanted]
    return names[max(inside, key=len)] if inside else ""


def _shortest(name: str) -> int:
    """Letters from which a term may be found inside a longer text; two Chinese signs are a word."""
    return 4 if name.isascii() else 2


def _unknown(term: str, wanted: str, language: str) -> Outcome:
    names = _names()
    near = difflib.get_close_matches(wanted, names, n=NAMED * 2, cutoff=NEAR)
    keys = list(dict.fromkeys(names[name] for name in near))[:NAMED]
    shown = term.strip()[:40]
    if not keys:
        return Outcome(say("learn.explain.unknown", language, term=shown), facts={"found": ""})
    titles = ", ".join(_title(entries()[key], language) for key in keys)
    text = say("learn.explain.close", language, term=shown, names=titles)
    return Outcome(text, facts={"found": "", "close": keys})


def _title(entry: dict[str, Any], language: str) -> str:
    """The first name in that script, else the first of all."""
    names = entry["names"]
    fitting = [name for name in names if name.isascii() == (language != "zh")]
    return (fitting or names)[0]
