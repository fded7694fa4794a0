"""The exact tokens that a row is trained on, and which of them are graded. For job processes."""

import re
from dataclasses import dataclass
from functools import lru_cache
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
    return _ids(tokenizer, _rendered(tokenizer, turns, True))


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
    asked = _ids(tokenizer, question)
    answer = _up_to_end(_ids(tokenizer, whole[len(question) :]), tokenizer.eos_token_id)
    ids = [*asked, *answer]
    graded = [False] * len(asked) + [True] * len(answer)
    return Encoded(tuple(ids[:max_length]), tuple(graded[:max_length]), len(ids) > max_length)


def _up_to_end(ids: list[int], end: int) -> list[int]:
    """The answer with its end mark, without what a template puts after it."""
    last = max((place for place, token in enumerate(ids) if token == end), default=-1)
    return ids[: last + 1] if last >= 0 else [*ids, end]


def _rendered(tokenizer: Any, turns: list[Turn], ask: bool) -> str:
    """The talk as the template writes it, with the marks that somebody typed put out of sight:
    a row that says `<|im_end|>` must neither end its answer early nor open a turn of its own."""
    marks = _marks(tokenizer)
    turns = [{**turn, "content": marks.hidden(turn["content"])} for turn in turns]
    try:
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
    except Exception as error:  # jinja's own errors, and what templates raise on purpose
        raise BadInput("template_unfit") from error


def _ids(tokenizer: Any, text: str) -> list[int]:
    """Tokens of a rendered text; marks out of sight come back as the plain text they are."""
    ids: list[int] = []
    for number, part in enumerate(_HIDDEN.split(text)):
        typed = number % 2 == 1
        part = _marks(tokenizer).shown(part) if typed else part
        ids += tokenizer(part, add_special_tokens=False, split_special_tokens=typed)["input_ids"]
    return ids


_FIRST = 0xF0000  # a plane of characters that no text uses
_HIDDEN = re.compile("\ufdd0([\U000f0000-\U000fffff])")


class _Marks:
    """What a tokenizer takes for more than text: the ends of turns and their like."""

    def __init__(self, marks: list[str]) -> None:
        self.marks = sorted(marks, key=len, reverse=True)
        self.numbers = {mark: number for number, mark in enumerate(self.marks)}
        self.found = re.compile("|".join(map(re.escape, self.marks)) or "(?!)")

    def hidden(self, text: str) -> str:
        """The text with a stand-in for each mark, which no template can take for its own."""
        return self.found.sub(lambda f: "\ufdd0" + chr(_FIRST + self.numbers[f.group()]), text)

    def shown(self, stand_in: str) -> str:
        """The mark behind a stand-in's second character."""
        number = ord(stand_in) - _FIRST
        return self.marks[number] if number < len(self.marks) else "\ufdd0" + stand_in


@lru_cache(maxsize=2)  # Gemma has six thousand
def _marks(tokenizer: Any) -> _Marks:
    added = tokenizer.added_tokens_decoder.values()
    return _Marks([mark.content for mark in added if mark.special and mark.content.strip()])
