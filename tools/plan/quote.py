"""Quotes the stretches of a plain text that state a fact, by data/knowledge/cite.toml. Pure."""

import re
from collections.abc import Iterator
from functools import cache

from data.shelf import shelf

LONGEST = 120
"""Characters of a quoted stretch."""
END = " ,.;!?，。；！？、~～"  # word list: marks


def quote(name: str, said: str) -> list[str]:
    """The stretches for an entry in the order of the text; of two that overlap, the longer one."""
    han = re.search("[\u4e00-\u9fff]", said) is not None
    for pattern in _compiled(name, "ignore", han):
        said = pattern.sub(lambda seen: " " * len(seen[0]), said)
    found = {
        _span(m) for pattern in _compiled(name, "patterns", han) for m in pattern.finditer(said)
    }
    taken, kept = bytearray(len(said)), []
    for start, end in sorted(found, key=lambda span: (span[0] - span[1], span)):
        if not any(taken[start:end]):
            taken[start:end] = b"x" * (end - start)
            kept.append((start, end))
    stretches = [_trimmed(said[start:end]) for start, end in sorted(kept)]
    never = ("", *shelf("knowledge/cite")[name].get("never", ()))
    return [each for each in dict.fromkeys(stretches) if each not in never]


def _trimmed(words: str) -> str:
    return re.sub(shelf("knowledge/cite")["words"]["joint"], "", words.strip(END))[:LONGEST]


def _span(found: re.Match[str]) -> tuple[int, int]:
    """Of a match, the group named `fact` if the pattern has one."""
    return found.span("fact" if "fact" in found.re.groupindex else 0)


@cache
def _compiled(name: str, kind: str, han: bool) -> tuple[re.Pattern[str], ...]:
    """An entry's patterns; for a text without Chinese those that can match there at all."""
    spelt = [_spelt_out(pattern) for pattern in _listed(name, kind)]
    return tuple(re.compile(pattern) for pattern in spelt if han or _has_latin(pattern))


def _has_latin(pattern: str) -> bool:
    """Whether a pattern has Latin letters of its own, apart from names of groups and escapes."""
    return re.search("[a-z]", re.sub(r"\\x..|\\.|\?P<\w+>", "", pattern)) is not None


def _listed(name: str, kind: str) -> Iterator[str]:
    """An entry's patterns; what is ignored everywhere is ignored in it too."""
    yield from shelf("knowledge/cite")[name].get(kind, ())
    if kind == "ignore":
        yield from shelf("knowledge/cite")["words"].get(kind, ())


def _spelt_out(pattern: str) -> str:
    """A pattern with its <names> replaced by their alternatives."""
    words = shelf("knowledge/cite")["words"]
    while (named := re.search(r"(?<!\?P)<([a-z]\w*)>", pattern)) is not None:
        pattern = pattern.replace(named[0], words[named[1]])
    return pattern
