"""Chinese and English are equals: same files, same keys, same {placeholders}, no key missing."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter, Template
from typing import Any

import pytest

from data import errors
from data.say import LANGUAGES, has, say

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "data" / "words"
PROMPTS = ROOT / "data" / "prompts"


def leaves(table: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All entries of a TOML tree with dotted keys. A list of plain words is one entry: languages
    need not have equally many ways to say yes."""
    items = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in items:
        here = f"{path}.{key}" if path else str(key)
        tables = isinstance(value, list) and any(isinstance(item, dict) for item in value)
        if isinstance(value, dict) or tables:
            yield from leaves(value, here)
        else:
            yield here, value


def placeholders(text: object) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(str(text)) if name is not None}


def entries(language: str) -> dict[str, Any]:
    """Every sentence of a language by its full key."""
    found: dict[str, Any] = {}
    for path in sorted((WORDS / language).glob("*.toml")):
        found.update(leaves(tomllib.loads(path.read_text("utf-8")), path.stem))
    return found


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the code whose first argument is a literal string, and where it stands."""
    for folder in ("data", "tools", "agent", "ui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args and literal(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def literal(call: ast.Call) -> str:
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def lacks(where: str, call: ast.Call, key: str, zh: dict[str, Any]) -> Iterator[str]:
    """What is missing for a sentence to be said there: itself, or a value that it names."""
    if not all(has(key, language) for language in LANGUAGES):
        yield f"{where}: no sentence {key}"
        return
    given = {word.arg for word in call.keywords}
    missing = placeholders(zh.get(key, "")) - given
    if missing and None not in given:  # with **values, not all can be seen there
        yield f"{where}: {key} needs {sorted(missing)}"


def test_both_languages_have_the_same_keys() -> None:
    zh, en = (set(entries(language)) for language in LANGUAGES)
    assert zh == en, f"only in one language: {sorted(zh ^ en)}"


def test_a_sentence_names_the_same_values_in_both_languages() -> None:
    zh, en = (entries(language) for language in LANGUAGES)
    for key in zh.keys() & en.keys():
        if isinstance(zh[key], str):
            assert placeholders(zh[key]) == placeholders(en[key]), key


def test_no_sentence_is_empty_or_shouts() -> None:
    for language in LANGUAGES:
        for key, text in entries(language).items():
            assert str(text).strip() or text == "", f"{language}: {key}"
            assert not re.search(r"[!！](?:\s|$)", str(text)), f"{language}: {key}"


def test_every_key_the_code_says_exists_and_gets_its_values() -> None:
    zh = entries("zh")
    said = [(where, call) for where, call in calls() if called(call) == "say"]
    plain = [(where, call) for where, call in said if isinstance(call.func, ast.Name)]
    faults = [fault for where, call in plain for fault in lacks(where, call, literal(call), zh)]
    assert not faults, "\n".join(faults)


def test_every_error_has_a_sentence_and_a_next_step_that_get_their_values() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.TunePathError)
    }
    zh = entries("zh")
    faults: list[str] = []
    for where, call in calls():
        if called(call) in kinds and re.fullmatch(r"\w+", literal(call)):
            for part in ("what", "next"):
                faults += lacks(where, call, f"errors.{literal(call)}.{part}", zh)
    assert not faults, "\n".join(faults)


def test_prompts_come_in_both_languages_with_the_same_values() -> None:
    for path in sorted(PROMPTS.rglob("*.md")):
        stem, language = path.name.removesuffix(".md").rsplit(".", 1)
        assert language in LANGUAGES, path.name
        twin = path.with_name(f"{stem}.{'en' if language == 'zh' else 'zh'}.md")
        assert twin.exists(), f"{path.relative_to(PROMPTS)} has no twin"
        own, other = (Template(each.read_text("utf-8")) for each in (path, twin))
        assert set(own.get_identifiers()) == set(other.get_identifiers()), path.name


def test_set_up_speaks_both_languages_alike() -> None:
    words = tomllib.loads((ROOT / "ui" / "setup_words.toml").read_text("utf-8"))
    zh, en = (dict(leaves(words[language])) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    for key in zh:
        assert placeholders(zh[key]) == placeholders(en[key]), key


def test_values_from_a_person_are_never_read_as_a_template() -> None:
    found = ((key, placeholders(text)) for key, text in entries("en").items())
    key, names = next(((key, names) for key, names in found if names), ("", set[str]()))
    if not key:
        pytest.skip("no sentence takes a value yet")
    assert "{evil}" in say(key, "en", **dict.fromkeys(names, "{evil}"))
