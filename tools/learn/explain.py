"""Explain a term, or how two differ, from the glossary in data/knowledge, and lead back to the
person's own step. What was explained is noted for the learning map."""

import difflib
import re
import unicodedata
from functools import cache
from itertools import combinations
from typing import Any

from data.project import Project
from data.records import Learnt
from data.say import say
from data.shelf import shelf
from tools.contract import Context, Outcome, tool

CLOSE, NEAR = 0.86, 0.55
"""Likeness (difflib ratio) at which a term is taken for a known one mistyped, or named as close."""
NAMED = 4
"""Close terms that are named."""
_FIRST = re.compile(r".*?(?:。|\.(?=\s|$))", re.DOTALL)
"""The first sentence of an entry."""


@tool(stage="learn")
def explain(context: Context, term: str) -> Outcome:
    """Explain a term of fine-tuning in a few lines, from the product's own glossary: LoRA, epoch,
    learning rate, overfitting, Alpaca, RAG, workflow … `term`: the word alone, zh or en; or two
    words, to hear how they differ: "LoRA and full fine-tuning". Unknown terms are said to be
    unknown, with close ones named."""
    language, wanted = context.language, plain(term)
    if not wanted:
        names = ", ".join(title(key, language) for key in list(entries())[:NAMED])
        return Outcome(say("learn.explain.empty", language, names=names), facts={"found": ""})
    found = _found(term)
    if not found:
        return _unknown(term, wanted, language)
    _note(context.project, found)
    lines = _one(found[0], language) if len(found) == 1 else _two(found, language)
    text = "\n\n".join([*lines, leads_back(context)])
    facts = {"found": found[0], "terms": found, "stage": context.project.stage}
    if len(found) > 1:
        return Outcome(text, facts=facts)
    see = entries()[found[0]]["see"]
    names = ", ".join(title(key, language) for key in see)
    return Outcome(text, say("learn.explain.see", language, names=names), {**facts, "see": see})


def leads_back(context: Context) -> str:
    """The sentence that leads back to the person's own step."""
    return say(f"learn.explain.here.{context.project.stage}", context.language)


def plain(term: str) -> str:
    """A term without case, spaces, hyphens and marks, to compare it with others."""
    return "".join(sign for sign in _lower(term) if sign.isalnum())


@cache
def entries() -> dict[str, dict[str, Any]]:
    """All entries by id."""
    return {entry["id"]: entry for entry in shelf("knowledge/glossary")["entries"]}


def title(key: str, language: str) -> str:
    """The first name of an entry in that script, else the first of all."""
    names = entries()[key]["names"]
    return next((name for name in names if name.isascii() == (language != "zh")), names[0])


def terms(text: str) -> list[str]:
    """Ids of the entries that a text names, where it holds nothing but their names and what joins
    them: `LoRA`, `RAG and fine-tuning`; else none."""
    if plain(text) in _names():
        return [_names()[plain(text)]]
    rest = _inside().sub(" ", _lower(text))
    joined = re.sub(shelf("knowledge/glossary")["between"], " ", rest)
    return mentioned(text) if not plain(joined) else []


def mentioned(text: str) -> list[str]:
    """Ids of the entries whose names stand in a text, in order; of English only whole words."""
    found = (_names()[plain(match[1])] for match in _inside().finditer(_lower(text)))
    return list(dict.fromkeys(found))


def _lower(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


@cache
def _names() -> dict[str, str]:
    """Every way to write a term, with the id of its entry."""
    return {plain(name): key for key, entry in entries().items() for name in (key, *entry["names"])}


@cache
def _inside() -> re.Pattern[str]:
    """All names, longest first; a Chinese one of a single sign is found only by itself."""
    names = {name for key, entry in entries().items() for name in (key, *entry["names"])}
    long = sorted((_lower(n) for n in names if n.isascii() or len(n) > 1), key=len, reverse=True)
    parts = (r"[\s_-]*".join(map(re.escape, re.findall(r"[^\W_]+", name))) for name in long)
    return re.compile(rf"(?<![a-z0-9])({'|'.join(parts)})(?:s(?![a-z]))?(?![a-z0-9])")


def _found(term: str) -> list[str]:
    """The entry of a term as written, two that stand in it, or one by a slip of the hand."""
    names, wanted, inside = _names(), plain(term), mentioned(term)
    if wanted in names:
        return [names[wanted]]
    if len(inside) > 1:
        pairs = [list(pair) for pair in combinations(inside, 2)]
        return next((pair for pair in pairs if _versus(pair)), pairs[0])
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=CLOSE)
    return [names[close[0]]] if close else inside


def _versus(pair: list[str]) -> dict[str, Any]:
    """How two entries differ, where that is written."""
    listed = shelf("knowledge/glossary")["versus"]
    return next((each for each in listed if set(each["pair"]) == set(pair)), {})


def _one(key: str, language: str) -> list[str]:
    return [_line(key, entries()[key][language].strip(), language)]


def _two(pair: list[str], language: str) -> list[str]:
    """Both in their first sentence, and how they differ."""
    lines = []
    for key in pair:
        text = entries()[key][language].strip()
        first = _FIRST.match(text)
        lines.append(_line(key, first[0] if first else text, language))
    differ = _versus(pair)
    return [*lines, differ[language]] if differ else lines


def _line(key: str, text: str, language: str) -> str:
    name, english = title(key, language), entries()[key]["names"][0]
    if english not in name:
        name = say("learn.explain.both_names", language, name=name, english=english)
    return say("learn.explain.found", language, name=name, text=text)


def _note(project: Project, keys: list[str]) -> None:
    explained = (project.read(Learnt) or Learnt()).explained
    new = [key for key in keys if key not in explained]
    if new:
        project.write(Learnt(explained=(*explained, *new)))


def _unknown(term: str, wanted: str, language: str) -> Outcome:
    names = _names()
    near = difflib.get_close_matches(wanted, names, n=NAMED * 2, cutoff=NEAR)
    keys = list(dict.fromkeys(names[name] for name in near))[:NAMED]
    shown = term.strip()[:40]
    if not keys:
        return Outcome(say("learn.explain.unknown", language, term=shown), facts={"found": ""})
    titles = ", ".join(title(key, language) for key in keys)
    text = say("learn.explain.close", language, term=shown, names=titles)
    return Outcome(text, facts={"found": "", "close": keys})
