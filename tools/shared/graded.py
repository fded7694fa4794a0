"""The exact tokens that a row is trained on, and which of them are graded. For job processes."""

import re
from dataclasses import dataclass
from typing import Any

from data.alpaca import Row, Turn
from data.errors import BadInput


@dataclass(frozen=True)
class Encoded:
    """One row as the model reads it."""

    ids: tuple[int, ...]
    graded: tuple[bool, ...]
    """Same length as ids: True for the tokens of the answer and for its end mark."""
    cut: bool = False
    """Longer than allowed: its end is missing, so it must not be trained on."""


def question_ids(tokenizer: Any, turns: list[Turn]) -> list[int]:
    """Tokens up to where the answer begins, the same in training, evaluating and serving.

    Raises BadInput where the model's chat template refuses these turns.
    """
    return _ids(tokenizer, _rendered(tokenizer, turns, True), turns)


def encode(tokenizer: Any, row: Row, max_length: int) -> Encoded:
    """Tokens and grades of a row, cut to max_length tokens.

    Question and answer are tokenised apart, as they are when the model is asked: together, a token
    could reach over the border and be learnt in a form that never comes up again.
    Raises BadInput where the template changes the question once the answer is known.
    """
    question = _rendered(tokenizer, row.ask, True)
    whole = _rendered(tokenizer, row.turns, False)
    if not whole.startswith(question):
        raise BadInput("template_unfit")
    asked = _ids(tokenizer, question, row.ask)
    answer = _up_to_end(
        _ids(tokenizer, whole[len(question) :], row.turns[-1:]), tokenizer.eos_token_id
    )
    ids = [*asked, *answer]
    graded = [False] * len(asked) + [True] * len(answer)
    return Encoded(tuple(ids[:max_length]), tuple(graded[:max_length]), len(ids) > max_length)


def _up_to_end(ids: list[int], end: int) -> list[int]:
    """The answer with its end mark, without what a template puts after it."""
    last = max((place for place, token in enumerate(ids) if token == end), default=-1)
    return ids[: last + 1] if last >= 0 else [*ids, end]


def _rendered(tokenizer: Any, turns: list[Turn], ask: bool) -> str:
    try:
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
    except Exception as error:  # jinja's own errors, and what templates raise on purpose
        raise BadInput("template_unfit") from error


def _ids(tokenizer: Any, text: str, turns: list[Turn]) -> list[int]:
    """Tokens of a rendered text. The model's own marks inside what somebody wrote are only text:
    a row that says `<|im_end|>` must neither end its answer early nor open a turn of its own."""
    marks = [mark for mark in tokenizer.get_added_vocab() if mark.strip()]
    forged = [t["content"] for t in turns if any(mark in t["content"] for mark in marks)]
    if not forged:
        return tokenizer(text, add_special_tokens=False)["input_ids"]
    ids: list[int] = []
    written = sorted({text.strip() for text in forged} | set(forged), key=len, reverse=True)
    for part in re.split("(" + "|".join(map(re.escape, written)) + ")", text):
        plain = part in written
        ids += tokenizer(part, add_special_tokens=False, split_special_tokens=plain)["input_ids"]
    return ids
