"""Question–answer pairs out of free text: a chat service's reply, in whatever shape it came.

Shapes: JSON, a Markdown table, labels (问/答, Q/A, Question/Answer …), numbered or bulleted lines.
What it does not know: pairs that nothing in the text marks as such.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tools.dataset import columns

_TRIES = 2_000
"""Places in a text where JSON may begin and turn out not to; a reply has some dozens."""


@dataclass(frozen=True)
class Pair:
    """One record found, with the line it begins on, counted from 1."""

    line: int
    record: Any
    """A dict with column names that `columns` knows; the answer may be empty."""


def read(text: str) -> list[Pair]:
    """All pairs, in order; an empty list where there are none. Never raises."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for shape in (_json, _straight_json, _tables, _labelled, _listed):
        if found := shape(text):
            return found
    return []


# --- JSON, anywhere in the text


def _json(text: str) -> list[Pair]:
    return _objects(text) or _arrays(text)


def _straight_json(text: str) -> list[Pair]:
    """JSON whose quotation marks an editor has bent."""
    if "{" not in text or not re.search("[“”]", text):
        return []
    return _objects(text.replace("“", '"').replace("”", '"'))


def _objects(text: str) -> list[Pair]:
    return [
        Pair(text.count("\n", 0, place) + 1, value)
        for place, value in _values(text, "{")
        if set(columns.roles([str(name) for name in value])) & {"instruction", "output"}
    ]


def _arrays(text: str) -> list[Pair]:
    """Pairs as ["question", "answer"]."""
    found: list[Pair] = []
    for place, value in _values(text, "["):
        if len(value) == 2 and all(isinstance(part, str) for part in value):
            found.append(Pair(text.count("\n", 0, place) + 1, _record(*value)))
    return found


def _values(text: str, opening: str) -> Iterator[tuple[int, Any]]:
    """(place, value) of JSON values; one that is no record itself is looked into."""
    place, tries = text.find(opening), 0
    while place >= 0 and tries < _TRIES:
        behind = place + 1
        try:
            value, after = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError):
            tries += 1
        else:
            yield place, value
            if _flat(value):
                behind = after
        place = text.find(opening, behind)


def _flat(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and columns.complete(columns.roles([str(n) for n in value])):
        return True
    return not any(isinstance(part, (dict, list)) for part in parts)


# --- a Markdown table

_RULE = re.compile(r"^\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)+\|?\s*$")
_BAR = re.compile(r"(?<!\\)\|")


def _tables(text: str) -> list[Pair]:
    lines, number = text.split("\n"), 1
    found: list[Pair] = []
    while number < len(lines):
        rows = []
        if _RULE.match(lines[number]) and _bars(lines[number - 1]):
            rows = _table(lines, number)
        found += rows
        number += 1 + len(rows)
    return found


def _table(lines: list[str], rule: int) -> list[Pair]:
    names = _row(lines[rule - 1])
    roles = columns.roles(names)
    if columns.complete(roles):
        places = (names.index(roles["instruction"]), names.index(roles["output"]))
    elif len(names) in (2, 3):  # nothing but a number can stand before question and answer
        places = (len(names) - 2, len(names) - 1)
    else:
        return []
    found: list[Pair] = []
    for number in range(rule + 1, len(lines)):
        cells = _row(lines[number])
        if not _bars(lines[number]) or _RULE.match(lines[number]) or len(cells) <= places[1]:
            break
        found.append(Pair(number + 1, _record(cells[places[0]], cells[places[1]])))
    return found


def _bars(line: str) -> bool:
    return _BAR.search(line) is not None


def _row(line: str) -> list[str]:
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [_cell(cell) for cell in _BAR.split(line)]


def _cell(text: str) -> str:
    return re.sub(r"<br\s*/?>", "\n", text.replace("\\|", "|")).strip()


# --- labels

# word list: what questions, answers and courtesies begin with
_ASKS = r"问题|提问|問題|问|問|题目|指令|用户|Questions?|Q|Prompt|Instruction|User|Human|Customer"
_TELLS = r"答案|回答|回复|答复|答|助手|输出|Answers?|A|Response|Reply|Output|Assistant|Agent"
_COUNT = r"(?:[(（\[【]?\s*(?:第\s*)?\d{1,4}\s*[条题组]?\s*[.、)）:：\]】]*\s*)?"
_LEAD = rf"^\s*(?:[-*•+>·]\s+|\#{{1,6}}\s*)*[*_`]{{0,3}}{_COUNT}(?:[-–—]\s+)?[*_`【\[]{{0,3}}\s*"
_CLOSE = (
    r"\s*\d{0,4}\s*[*_`】\]]{0,3}\s*(?:[:：]|(?<=\d)[.、)）](?=\s)|(?<=[】\]]))\s*[*_`]{0,3}\s*"
)
_ASK = re.compile(rf"{_LEAD}(?:{_ASKS}){_CLOSE}", re.IGNORECASE)
_TELL = re.compile(rf"{_LEAD}(?:{_TELLS}){_CLOSE}", re.IGNORECASE)
_INSIDE = re.compile(
    rf"(?:(?<=[\s？?。！!；;，,、|/→])|(?<=->))[*_`]{{0,3}}(?:{_TELLS})\d{{0,4}}[*_`]{{0,3}}\s*[:：]\s*"
)
_DIVIDER = re.compile(
    r"^\s*(?:[-*_=—]{3,}|[#*_\s]*(?:第\s*)?\d{1,4}\s*[条题组]?[.、)）:：]?[*_]*|\#{1,6}\s.*)\s*$"
)
_CHATTER = re.compile(
    r"^\s*[*_(（]*(?:以上(?:是|就是|为|内容|问答|共|\s*\d)|希望(?:这|以上|对)|需要我|要不要我|这\s*\d+|请告诉我|请随时"
    r"|如[果需].{0,12}(?:更多|调整|修改|继续|补充|其他)"
    r"|let me know|i hope|hope (?:this|these|that)|feel free|the above"
    r"|would you like|want me to|shall i"
    r"|these (?:\d+|rows|pairs|examples|questions)|i can (?:also|write|make|add)"
    r"|if you.{0,30}(?:more|adjust|change|another|further))",
    re.IGNORECASE,
)
"""What a service says for itself below its last pair."""


def _labelled(text: str) -> list[Pair]:
    found = _Labelled()
    for number, line in enumerate(text.split("\n"), 1):
        found.take(number, line)
    if not any(answer for _, _, answer in found.pairs):
        return []
    number, question, answer = found.pairs[-1]
    found.pairs[-1] = (number, question, _without_chatter(answer or []))
    pairs = [Pair(n, _record(_joined(q), _joined(a or []))) for n, q, a in found.pairs]
    return [pair for pair in pairs if not _placeholder(pair)]


class _Labelled:
    """Lines taken one by one; what belongs to no pair is left out."""

    def __init__(self) -> None:
        self.pairs: list[tuple[int, list[str], list[str] | None]] = []
        self.shut = True
        """Between two pairs: lines that have no label are not ours."""
        self.wrapped = self.in_code = False
        """The whole reply stands in a fence; a fence inside an answer is open."""

    def take(self, number: int, line: str) -> None:
        fence = line.strip().startswith("```")
        if fence and not self.pairs:
            self.wrapped = not self.wrapped
        elif self.in_code or (fence and not self.shut and not self._closes(line)):
            self.in_code ^= fence
            self._go_on(line)
        elif match := _ASK.match(line):
            question, answer = _split_inside(line[match.end() :])
            self.pairs.append((number, [question], None if answer is None else [answer]))
            self.shut = False
        elif (match := _TELL.match(line)) and self.pairs and self.pairs[-1][2] is None:
            self.pairs[-1] = (*self.pairs[-1][:2], [line[match.end() :]])
            self.shut = False
        elif fence or (_DIVIDER.match(line) and not self._awaits()):
            self.shut = True
        elif not self.shut:
            self._go_on(line)

    def _closes(self, line: str) -> bool:
        return self.wrapped and line.strip() == "```"

    def _awaits(self) -> bool:
        """A label stood alone on its line, so this line is what it announced."""
        return not self.shut and not any(part.strip() for part in self._part())

    def _go_on(self, line: str) -> None:
        self._part().append(line)

    def _part(self) -> list[str]:
        _, question, answer = self.pairs[-1]
        return question if answer is None else answer


def _split_inside(text: str) -> tuple[str, str | None]:
    parts = _INSIDE.split(text, maxsplit=1)
    return (parts[0].rstrip(" \t|/→->"), parts[1]) if len(parts) == 2 else (text, None)


def _without_chatter(lines: list[str]) -> list[str]:
    for place in range(len(lines) - 1, 0, -1):
        if not lines[place - 1].strip() and _CHATTER.match(lines[place]):
            lines = lines[:place]
    return lines


def _placeholder(pair: Pair) -> bool:
    """The empty form of a prompt that was pasted together with the reply."""
    return not pair.record["question"].strip(" .…")


# --- numbered or bulleted lines

_MARK = r"(?:(?:第\s*)?\d{1,4}\s*[条题]?\s*[.、)）:：]|[-*•+·]\s|[①-⑳])"
_ITEM = re.compile(rf"^\s*(?:(\*\*|__){_MARK}\1|(?:\*\*|__)?{_MARK})\s*(.+)$")
_BETWEEN = (
    re.compile(r"\t+|\s+[—–―]{1,2}\s+|\s*(?:→|⇒|=>|->)\s*|\s+\|\s+|\s+-{1,2}\s+"),
    re.compile(r"\s*[—―]{1,2}\s*"),
    re.compile(r"(?<=[？?])\s*[:：/]\s*"),
    re.compile(r"\s*[:：]\s+|：\s*"),
)


def _listed(text: str) -> list[Pair]:
    """`1. question — answer`, or a numbered question with its answer on the lines below."""
    items = list(_items(text))
    if len(items) < 2:
        return []
    for between in _BETWEEN:
        halves = [between.split(_joined(lines), maxsplit=1) for _, lines in items]
        good = [len(half) == 2 and all(part.strip() for part in half) for half in halves]
        if sum(good) * 2 > len(good):
            return [
                Pair(number, _record(*half) if ok else _record(_joined(lines), ""))
                for (number, lines), half, ok in zip(items, halves, good, strict=True)
            ]
    if sum(len(lines) > 1 for _, lines in items) * 2 <= len(items):
        return []
    return [Pair(number, _record(lines[0], _joined(lines[1:]))) for number, lines in items]


def _items(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, its lines) of each item; text before, between and behind is left out."""
    number, lines = 0, []
    for here, line in enumerate(text.split("\n"), 1):
        match = _ITEM.match(line)
        if not match and line.strip() and lines:
            lines.append(line)
            continue
        if lines:
            yield number, lines
        number, lines = here, [match.group(2)] if match else []
    if lines:
        yield number, lines


# --- together


def _record(question: str, answer: str) -> dict[str, str]:
    return {"question": _bold(question), "answer": _bold(answer)}


def _joined(lines: list[str]) -> str:
    """The lines as one text, without the indentation that they all share and blank ends."""
    text = "\n".join([lines[0], *_dedented(lines[1:])]) if lines else ""
    return text.strip()


def _dedented(lines: list[str]) -> list[str]:
    kept = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in kept), default=0)
    return [line[margin:].rstrip() for line in lines]


def _bold(text: str) -> str:
    """Without the stars that emphasise the whole of it."""
    text = text.strip()
    for mark in ("**", "__"):
        inner = text[len(mark) : -len(mark)]
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            text = inner if mark not in inner else text
        if text.count(mark) == 1 and (text.startswith(mark) or text.endswith(mark)):
            text = text.replace(mark, "")  # its twin stood beside the number
    return text.strip()
