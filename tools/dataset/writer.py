"""The prompt that asks any chat model for more rows: the Brief, own rows, flaws named so far.

What it does not know: whether a model will keep to it. The critic looks at what comes back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from data.errors import BadInput, NotReady
from data.prompt import prompt
from data.records import Brief, Item
from data.say import LANGUAGES
from tools.contract import Context
from tools.dataset import table
from tools.dataset.language import main_language

MOST = 500
"""Rows that can be asked for at once."""
EXAMPLES, BAD, FLAWS, KNOWN = 8, 3, 6, 40
"""Own rows shown, bad examples, kinds of flaws named, and questions listed as already there."""
_LONGEST = 300
"""Characters of one text shown in the prompt."""
_LIKE_EXAMPLES = ("missing_opening", "missing_ending")
"""Flaws whose rule points to the examples: without any it says nothing."""
MADE = ("paste", "model:")
"""How the sources of rows begin that a model has written."""


@dataclass(frozen=True)
class Written:
    """The whole prompt and what stands in it."""

    text: str
    examples: tuple[str, ...]
    """Ids of the rows shown as examples."""
    flaws: tuple[str, ...]
    """Codes of the flaws that are named."""


def write(context: Context, count: int, avoid: Sequence[str] = ()) -> Written:
    """A prompt for `count` new rows, in the language that the rows are to have.

    `avoid` lists questions that exist already. Raises BadInput for an odd count and NotReady
    where neither a Brief nor a row says what the rows are to be.
    """
    if not 1 <= count <= MOST:
        raise BadInput("count_range", most=MOST)
    brief, items = context.project.read(Brief), context.project.items()
    if brief is None and not items:
        raise NotReady("needs_brief")
    language = _language(context, brief, items)
    examples = _examples(items)
    flaws = _flaws(items, examples)
    text = prompt(
        "dataset/more_rows",
        language,
        count=str(count),
        wish=_wish(brief, language),
        manner=_part("manner", language) if examples else "",
        flaws=_flaw_lines(flaws, items, language),
        examples=_example_lines(examples, language),
        known=_known_lines(avoid, language),
    )
    text = re.sub(r"\n{3,}", "\n\n", text)
    return Written(text, tuple(item.id for item in examples), flaws)


def _language(context: Context, brief: Brief | None, items: Sequence[Item]) -> str:
    found = main_language(item.row.output for item in items)
    return brief.language if brief else found if found in LANGUAGES else context.language


def _wish(brief: Brief | None, language: str) -> str:
    """What the Brief says, a line for each of its parts that is filled in."""
    names = ("aim", "audience", "inputs", "outputs", "expected", "constraints")
    lines: list[str] = []
    for name in names:
        value = getattr(brief, name, "")
        text = _line(value if isinstance(value, str) else "; ".join(value))
        lines += [_part(name, language, text)] if text else []
    return "\n".join(lines)


def _examples(items: Sequence[Item]) -> list[Item]:
    """Up to eight rows spread over the table: accepted or unmarked, the person's own first."""
    good = table.ready(items)
    own = [item for item in good if not item.source.startswith(MADE)]
    pool = own or good
    step = max(len(pool) / EXAMPLES, 1)
    return [pool[int(place * step)] for place in range(min(EXAMPLES, len(pool)))]


def _flaws(items: Sequence[Item], examples: Sequence[Item]) -> tuple[str, ...]:
    """The kinds of flaws seen most, in rows that nobody accepted in spite of them."""
    seen = [item for item in items if item.verdict != "accepted"]
    known = _lines("flaws", "en").keys() - (() if examples else _LIKE_EXAMPLES)
    return tuple(code for code in table.finding_counts(seen) if code in known)[:FLAWS]


def _flaw_lines(codes: Sequence[str], items: Sequence[Item], language: str) -> str:
    if not codes:
        return ""
    rules = _lines("flaws", language)
    lines = [_part("flaws", language), *(f"- {rules[code]}" for code in codes)]
    lines += [f"- {_part('bad', language, bad)}" for bad in _bad_examples(codes, items)]
    return "\n" + "\n".join(lines)


def _bad_examples(codes: Sequence[str], items: Sequence[Item]) -> list[str]:
    """Places of dropped rows that show a flaw in a few words."""
    found: dict[str, str] = {}
    for item in items:
        for finding in item.findings:
            spanned = 0 < finding.end - finding.start <= 80 and finding.code in codes
            if item.verdict == "dropped" and spanned and not finding.code.startswith("pii"):
                text = str(getattr(item.row, finding.field, ""))
                found.setdefault(finding.code, _around(text, finding.start, finding.end))
    return list(found.values())[:BAD]


def _around(text: str, start: int, end: int) -> str:
    left = max(start - 12, 0)
    cut = text[left : end + 24]
    return _line(("…" if left else "") + cut + ("…" if end + 24 < len(text) else ""))


def _example_lines(examples: Sequence[Item], language: str) -> str:
    if not examples:
        return ""
    ask, tell = _part("question", language), _part("answer", language)
    glue = "" if language == "zh" else " "
    pairs = [
        f"{ask}{glue}{_short(item.row.question)}\n{tell}{glue}{_short(item.row.output)}"
        for item in examples
    ]
    return "\n" + _part("examples", language) + "\n\n" + "\n\n".join(pairs)


def _known_lines(questions: Sequence[str], language: str) -> str:
    if not questions:
        return ""
    lines = [f"- {_line(question)[:80]}" for question in questions[-KNOWN:]]
    return "\n" + "\n".join([_part("known", language), *lines])


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "…"


def _line(text: str) -> str:
    return " ".join(text.split())


def _part(name: str, language: str, text: str = "") -> str:
    return Template(_lines("parts", language)[name]).safe_substitute(text=text)


def _lines(name: str, language: str) -> dict[str, str]:
    """A prompt file of `name: sentence` lines."""
    text = prompt(f"dataset/{name}", language, text="$text")  # filled in later, line by line
    pairs = (re.split(r":\s*", line, maxsplit=1) for line in text.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
