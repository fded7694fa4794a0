"""Flaws that show in one row alone: characters, remains, personal data, talk of the writing model.

What it does not know: whether an answer is true, and whether it is any good.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from re import Match, Pattern

from data.alpaca import Row
from data.records import Finding
from tools.dataset.likeness import bare

SHOWN = 24
"""Characters of a flaw that its sentence repeats."""
_REPEATS_IN = 2_000
"""Characters that are searched for repeats; the search is quadratic."""

# word list: what a flaw looks like, in both languages
_PHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
_ID = re.compile(r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![\dA-Za-z])")
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@(?!example\.)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]"
    "|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001ffff])\u200d"  # joins pictures, and nothing else
)
_MOJIBAKE = re.compile(
    "\ufffd+|锟斤拷|烫烫烫|â€[\u0080-\u00ff\u0152-\u2122]?|Ã[\u0080-\u00bf\u0192]|Â[\u00a0-\u00bf]"
    "|(?:[ä-é][\u0080-\u00bf\u0152-\u2122]{2}){2,}"
)
_TAG = re.compile(
    r"</?(?:p|div|br|span|a|img|li|ul|ol|table|tr|td|th|b|i|strong|em|script|style|font|h[1-6])"
    r"(?:\s[^<>]*)?/?>|&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6}|#x[0-9a-fA-F]{1,5});",
    re.IGNORECASE,
)
_MARKUP_TALK = re.compile(r"html|css|xml|网页|标签|前端|&nbsp|代码|markdown", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"<\|[a-zA-Z_]{2,20}\|>|\[/?INST\]|<</?SYS>>|</s>|<(?:start|end)_of_turn>"
    r"|^#{2,3} ?(?:Instruction|Response|Human|Assistant):",
    re.MULTILINE,
)
_AI_TALK = re.compile(
    r"作为(?:一个|一名|一款|一位)?\s?(?:AI|人工智能|大?语言模型|智能助手)|我(?:只)?是(?:一个|一款)?\s?(?:AI|人工智能|大?语言模型)"
    r"|\bas an? (?:AI|artificial intelligence|(?:large )?language model)\b"
    r"|\bI(?:'m| am) (?:just |only )?an? (?:AI|(?:large )?language model)\b",
    re.IGNORECASE,
)
_HANDING_OVER = re.compile(
    r"^\s*(?:(?:当然|好的|没问题)[^。！!\n]{0,8}[，,：:！!。]\s*)?"
    r"(?:以下是|下面是|这里(?:有|是)\s*[\d一二三四五六七八九十几]+|根据(?:您|你)的要求)"
    r"|^\s*当然可以[，,：:！!。]\s*(?=以下|下面|这里|我来为|我会为)"
    r"|^\s*(?:sure|certainly|of course|absolutely|great)[,!.]\s*"
    r"(?:here(?:'s| is| are)|I(?:'ll| will| can) (?:write|give you|generate))"
    r"|^\s*here(?:'s| is| are) (?:\d+|some|a few|the|your|an?)\s[^.\n]{0,40}"
    r"(?::|examples?|questions?|list)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^\s*(?:\d{1,3}[.、)）](?!\d)\s*|[①-⑳]\s*|第[一二三四五六七八九十百\d]{1,4}[条题][、：:.]?\s*|[-*•]\s+"
    r"|(?:问题?|答案?|Q|A|Question|Answer)\s?\d{0,3}\s?[:：]\s*)",
    re.IGNORECASE,
)
_HANGING = re.compile(r"[，、,：:；;（(「《“]\s*$")
_REPEAT = re.compile(r"((?=\w)[^\n]{2,16}?)\1{3,}")


def fields(row: Row) -> Iterator[tuple[str, str]]:
    """(name, text) of every text of a row that the critic reads."""
    for name in ("instruction", "input", "output", "system"):
        if text := getattr(row, name):
            yield name, text
    if row.history:
        yield "history", "\n".join(part for turn in row.history for part in turn)


def flaws(row: Row) -> Iterator[Finding]:
    """All findings that need no other row."""
    for field, text in fields(row):
        for code, pattern, holds in _EVERYWHERE:
            if (match := _first(pattern, text, holds)) and not _is_subject(code, row):
                yield found(code, field, match)
    for code, pattern in _IN_ANSWERS:
        if match := pattern.search(row.output):
            yield found(code, "output", match)
    yield from _structure(row)


def found(code: str, field: str, match: Match[str]) -> Finding:
    """A finding over the span that matched. History has many texts, so it has no span."""
    start, end = (0, 0) if field == "history" else match.span()
    return Finding(code=code, field=field, start=start, end=end, values=_shown(match.group()))


def _shown(text: str) -> dict[str, str]:
    seen = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return {"found": seen if len(seen) <= SHOWN else seen[:SHOWN] + "…"}


def _structure(row: Row) -> Iterator[Finding]:
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in row.output):
        yield Finding(code="empty", field="output")
    elif bare(row.output) == bare(row.question) and len(bare(row.output)) > 1:
        yield Finding(code="output_equals_instruction", field="output", end=len(row.output))
    for field, text in (("instruction", row.instruction), ("output", row.output)):
        one_line = "\n" not in text.strip()
        if one_line and (match := _LEADING.match(text)) and match.end() < len(text):
            yield found("leading_mark", field, match)
    if row.output.count("```") % 2:
        place = row.output.rindex("```")
        yield Finding(code="truncated", field="output", start=place, end=len(row.output))
    elif match := _HANGING.search(row.output):
        yield found("truncated", "output", match)
    repeat = _REPEAT.search(row.output[:_REPEATS_IN])
    if repeat and len(set(repeat.group(1))) > 1:
        yield found("repeated", "output", repeat)


def _first(pattern: Pattern[str], text: str, holds: Callable[[str], bool]) -> Match[str] | None:
    return next((match for match in pattern.finditer(text) if holds(match.group())), None)


def _is_subject(code: str, row: Row) -> bool:
    """A row about markup may hold markup."""
    return code == "html_remains" and _MARKUP_TALK.search(row.question) is not None


def _always(text: str) -> bool:
    return True


def id_number_holds(number: str) -> bool:
    """Check digit of a Chinese resident identity number (GB 11643-1999)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


_EVERYWHERE: tuple[tuple[str, Pattern[str], Callable[[str], bool]], ...] = (
    ("pii_phone", _PHONE, _always),
    ("pii_id_number", _ID, id_number_holds),
    ("pii_email", _EMAIL, _always),
    ("control_chars", _CONTROL, _always),
    ("zero_width", _INVISIBLE, _always),
    ("mojibake", _MOJIBAKE, _always),
    ("html_remains", _TAG, _always),
    ("chat_template_in_text", _TEMPLATE, _always),
)
_IN_ANSWERS = (("ai_talk", _AI_TALK), ("format_leak", _HANDING_OVER))
