"""Flaws that show only against the set: its own lengths, language, openings, endings and manner.

What it does not know: a set in which the flaw is the manner; what a fifth of the rows do is let be.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from data.alpaca import Row
from data.records import Finding
from tools.dataset.language import language_of, main_language
from tools.dataset.rules import found

FEWEST = 8
"""Rows from which a set has habits."""
RARE = 0.2
"""Share of the rows up to which a manner counts as a slip."""
SHARED = 0.7
"""Share of the rows from which an opening, an ending or a full stop counts as the set's manner."""
OUTLIER, TIMES = 3.5, 2.5
"""Robust z-score (Iglewicz and Hoaglin's bound) and factor by which a length must be off; both."""
_OPENING, _TOGETHER = 24, 0.95
"""Longest opening looked for; share of its rows that must go along with one letter more."""
_SPREAD = 0.15
"""Least spread of log lengths, so that an even set does not call every small step an outlier."""
SHORT = {"zh": 24, "en": 90}
"""Characters of the median question up to which questions are meant to be short."""

# word list: manners of writing, in both languages
_END = re.compile(
    r"[。！？!?.…~～♪」』”’\"')）】\]》*`;；\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]\s*$"
)
_LIST = re.compile(
    r"^\s*(?:[-*•]|\d{1,2}[.、)）])\s?\S[^\n]*\n+\s*(?:[-*•]|\d{1,2}[.、)）])\s?\S"
    r"|^#{1,6}\s|\*\*[^*\n]+\*\*",
    re.MULTILINE,
)
_ASKING = re.compile(r"[？?]\s*$|[吗呢么]\s*[。~～]?$")
_SCENE = re.compile(
    r"(?<![现正存内实])在(?!什么|何|哪|等)[^，。？！,?!\s在]{1,12}(?:之中|当中|过程中|期间|时候|中|时|里|上|方面)(?=[^间]|$)"
    r"|\b(?:during|while|in the context of|in terms of|when it comes to)\b[^,.?!]{1,40}",
    re.IGNORECASE,
)
_LOUD = re.compile(
    r"绝对(?:会|是|能)?|史上最|惊天|震撼|无与伦比|前所未有|超级无敌|极其|无比|逆天|爆棚|惊人|翻天覆地|[！!]{2,}"
    r"|\b(?:incredibl[ey]|unbelievabl[ey]|game[- ]changing|life[- ]changing|mind[- ]blowing"
    r"|revolutionary|once[- ]in[- ]a[- ]lifetime|absolutely amazing|extraordinar(?:y|ily))\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"(?:抱歉|对不起|很遗憾)[，,]?\s?(?:但)?我?[^。！？\n]{0,10}(?:无法|不能|没办法|没法|不便)"
    r"|\b(?:I'm|I am) (?:really |very )?sorry,? but I (?:can(?:no|')t|cannot|am unable)"
    r"|\bI (?:cannot|can't|am (?:not able|unable) to) (?:help|assist|provide|fulfil|comply)",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^\s*(?:当然可以|当然|好的|没问题|sure|certainly|of course|absolutely|great question)[！!]"
    r"|(?:希望(?:这些|以上|对[您你])|如果[您你]?还?(?:有|需要)(?:其他|更多|任何))[^\n]{0,30}$"
    r"|(?:hope this helps|feel free to ask|let me know if you (?:need|have) any)[^\n]{0,60}$",
    re.IGNORECASE,
)
_SLIPS = (
    ("list_marks", "output", _LIST),
    ("refusal", "output", _REFUSAL),
    ("format_leak", "output", _POLITE),
    ("exaggerated", "output", _LOUD),
    ("exaggerated", "instruction", _LOUD),
)


@dataclass(frozen=True)
class Habits:
    """What the rows of a set have in common, a field at a time."""

    rows: int
    language: dict[str, str]
    """Field to its language; empty where it has no clear one."""
    length: dict[str, tuple[float, float]]
    """Field to centre and spread of its log lengths."""
    asking: dict[str, bool]
    """Fields whose texts are short questions."""
    slips: frozenset[tuple[str, str]]
    """(code, field) of manners so rare here that each counts as a slip."""
    ends: bool
    """Answers here end with a mark that ends a sentence."""
    opening: str
    ending: str
    """How most answers begin and end; empty where they vary."""


def habits(rows: Sequence[Row], language: str = "") -> Habits:
    """The habits of a set; `language` (the Brief's) counts where the rows show none."""
    fields = {name: [getattr(row, name) for row in rows] for name in ("instruction", "output")}
    answers = [text.strip() for text in fields["output"]]
    return Habits(
        rows=len(rows),
        language=_languages(fields, language),
        length={name: _lengths(texts) for name, texts in fields.items()},
        asking={name: _short_questions(texts) for name, texts in fields.items()},
        slips=frozenset(
            (code, field) for code, field, pattern in _ALL if _rare(pattern, fields[field])
        ),
        ends=_share([bool(_END.search(text)) for text in answers]) >= SHARED,
        opening=_common_start(answers),
        ending=_common_start([_core(text)[::-1] for text in answers])[::-1],
    )


def slips(row: Row, known: Habits) -> Iterator[Finding]:
    """What this row does otherwise than its set."""
    yield from _foreign(row, known)
    if known.rows < FEWEST:
        return
    for field in ("instruction", "output"):
        yield from _off_length(field, getattr(row, field), known)
    for code, field, pattern in _ALL:
        if code == "scene_modifier" and not known.asking[field]:
            continue
        if (code, field) in known.slips and (match := pattern.search(getattr(row, field))):
            yield found(code, field, match)
    yield from _ends_otherwise(row.output, known)


_ALL = (
    *_SLIPS,
    ("scene_modifier", "instruction", _SCENE),
    ("scene_modifier", "output", _SCENE),
)


def _foreign(row: Row, known: Habits) -> Iterator[Finding]:
    for field in ("instruction", "output"):
        text, wanted = getattr(row, field), known.language[field]
        language = language_of(text)
        if wanted and language and language != wanted:
            yield Finding(code="wrong_language", field=field, end=len(text))


def _off_length(field: str, text: str, known: Habits) -> Iterator[Finding]:
    centre, spread = known.length[field]
    size = math.log(len(text) + 1)
    off = 0.6745 * (size - centre) / spread
    if off < 0 and field == "instruction":
        return  # a short question is a question; a short answer may be half of one
    if abs(off) > OUTLIER and abs(size - centre) > math.log(TIMES):
        code = "too_long" if off > 0 else "too_short"
        usual = round(math.exp(centre) - 1)
        yield Finding(
            code=code, field=field, end=len(text), values={"length": len(text), "usual": usual}
        )


def _ends_otherwise(answer: str, known: Habits) -> Iterator[Finding]:
    text = answer.strip()
    if known.opening and not text.startswith(known.opening):
        yield Finding(code="missing_opening", field="output", values={"found": known.opening})
    if known.ending and not _core(text).endswith(known.ending):
        yield Finding(code="missing_ending", field="output", values={"found": known.ending})
    if known.ends and not _END.search(text) and not re.search(r"[，、,：:；;（(「《“]$", text):
        last = max(len(answer.rstrip()) - 1, 0)
        yield Finding(
            code="truncated", field="output", start=last, end=last + 1, values={"found": text[-1:]}
        )


def _languages(fields: dict[str, list[str]], wanted: str) -> dict[str, str]:
    """The language of most rows; while there are few, that of the Brief for the answers."""
    found = {name: main_language(texts) for name, texts in fields.items()}
    few = len(fields["output"]) < FEWEST
    return {**found, "output": wanted} if few and wanted else found


def _lengths(texts: list[str]) -> tuple[float, float]:
    sizes = [math.log(len(text) + 1) for text in texts]
    if not sizes:
        return 0.0, 1.0
    centre = median(sizes)
    return centre, max(median(abs(size - centre) for size in sizes), _SPREAD)


def _short_questions(texts: list[str]) -> bool:
    if not texts or _share([bool(_ASKING.search(text)) for text in texts]) < 0.6:
        return False
    return median(map(len, texts)) <= SHORT["zh" if main_language(texts) == "zh" else "en"]


def _rare(pattern: re.Pattern[str], texts: list[str]) -> bool:
    return _share([bool(pattern.search(text)) for text in texts]) <= RARE


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(len(hits), 1)


def _core(text: str) -> str:
    """The text without the marks at its end."""
    return re.sub(r"[\W_]+$", "", text)


def _common_start(texts: list[str]) -> str:
    """A beginning that most texts share, but not all, as far as those that share it go together.

    Two characters at least, four of an alphabet: less is chance.
    """
    best, first = "", 0
    for size in range(1, _OPENING + 1):
        starts = Counter(text[:size] for text in texts if len(text) >= size)
        start, count = starts.most_common(1)[0] if starts else ("", 0)
        if count < max(SHARED * len(texts), _TOGETHER * first):
            break
        if len(start) >= (4 if start.isascii() else 2):
            best, first = start, first or count
    return best if first < len(texts) else ""
