"""Which column is the question, which the answer; one raw record to a Row or a reason why not.

What it does not know: columns of other names, and chat shapes (messages, conversations).
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from data.alpaca import Row

FIELD_LIMIT = 20_000
"""Characters in one text of a row; some forty times what the starter model reads."""
_LAYERS = 8
"""Nesting that an honest row may have: history needs three."""

# word list: what the columns are called
_NAMES = {
    "instruction": (
        "instruction|instructions|question|prompt|query|q|ask|user|human|userinput|request"
        "|问题|提问|问|题目|题|指令|用户|提示词|用户问题|用户输入|問題|提問|問|題目"
    ),
    "input": "input|context|inputs|输入|补充|补充内容|上下文|材料|背景|輸入",
    "output": (
        "output|outputs|answer|response|reply|completion|a|assistant|bot|target"
        "|答案|回答|回复|答复|答|输出|助手|应答|参考答案|模型回答|輸出|回覆"
    ),
    "system": "system|systemprompt|系统提示词|系统提示|系统|系统设定|角色设定|人设|系統",
    "history": "history|历史|历史对话|对话历史|历史记录|歷史",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split("|")}
CHATS = frozenset({"messages", "conversations", "conversation"})
_HALVES = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """A record that can't become a row; `reason` is a key below dataset.reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def roles(names: list[str]) -> dict[str, str]:
    """Role to column name, as far as the names tell; the first name of a role wins."""
    found: dict[str, str] = {}
    for name in names:
        role = _ROLES.get(_bare(name))
        if role:
            found.setdefault(role, name)
    if "instruction" not in found and "input" in found:
        found["instruction"] = found.pop("input")
    return found


def complete(found: Mapping[str, str]) -> bool:
    """Whether both a question and an answer are among the roles."""
    return "instruction" in found and "output" in found


def row_of(record: Any, found: Mapping[str, str] | None = None) -> Row:
    """The record as a row. Raises Refused with the reason."""
    if not isinstance(record, dict):
        raise Refused("not_object")
    if not _shallow(record):
        raise Refused("too_deep")
    found = roles([str(name) for name in record]) if found is None else found
    if not complete(found):
        raise Refused(_what_is_missing(record, found))
    value = {role: record.get(name) for role, name in found.items()}
    question, extra = _text(value.get("instruction")), _text(value.get("input"))
    answer = _text(value.get("output"), "no_answer").strip("\n").rstrip()
    if not question.strip():
        question, extra = extra, ""
    if not question.strip():
        raise Refused("no_question")
    if not answer.strip():
        raise Refused("no_answer")
    return Row(
        instruction=question.strip(),
        input=extra.strip(),
        output=answer,
        system=_text(value.get("system")).strip(),
        history=_history(value.get("history")),
    )


def _what_is_missing(record: dict[str, Any], found: Mapping[str, str]) -> str:
    if CHATS & {_bare(str(name)) for name in record}:
        return "chat_shape"
    if "output" in found:
        return "no_question"
    return "no_answer" if "instruction" in found else "unknown_columns"


def _text(value: Any, empty: str = "") -> str:
    if value is None:
        if empty:
            raise Refused(empty)
        return ""
    if not isinstance(value, str):
        raise Refused("wrong_type")
    if len(value) > FIELD_LIMIT:
        raise Refused("too_long")
    return _HALVES.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))


def _history(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):  # a table can only hold it as text
        if not value.strip():
            return ()
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Refused("bad_history") from None
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Refused("bad_history")
    return tuple(_pair(turn) for turn in value)


def _pair(turn: Any) -> tuple[str, str]:
    if not isinstance(turn, list) or len(turn) != 2:
        raise Refused("bad_history")
    question, answer = turn
    if not isinstance(question, str) or not isinstance(answer, str):
        raise Refused("bad_history")
    return _text(question), _text(answer)


def _shallow(value: Any, layers: int = _LAYERS) -> bool:
    if layers == 0:
        return not isinstance(value, (dict, list))
    parts = value.values() if isinstance(value, dict) else value
    return not isinstance(value, (dict, list)) or all(_shallow(p, layers - 1) for p in parts)


def _bare(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).lower()
    plain = re.sub(r"\(.*?\)", "", plain)
    return re.sub(r"[\s_\-\ufeff:*`]+", "", plain)
