"""The bundle's model as a Voice for the server. For job processes: it brings torch."""

from collections.abc import Iterator
from pathlib import Path

from data.alpaca import Turn
from data.errors import BadInput
from tools.publish.voice import Said, trimmed
from tools.shared.graded import question_ids
from tools.shared.local_model import UNFINISHED, LocalModel, load

USUAL = 256
"""Tokens an answer may have where the bundle does not say; ours always does."""


class Speaker:
    """Answers from the `model` folder of a bundle."""

    def __init__(self, folder: Path) -> None:
        self._model: LocalModel = load(folder)
        self.context = self._model.context
        self.usual = int(self._model.model.generation_config.max_new_tokens or USUAL)

    def count(self, messages: list[Turn]) -> int:
        """Tokens of the question. Raises ValueError where the chat template refuses it."""
        try:
            return len(question_ids(self._model.tokenizer, messages))
        except BadInput as error:
            raise ValueError(str(error)) from error

    def say(
        self, messages: list[Turn], max_tokens: int, temperature: float, top_p: float
    ) -> Iterator[Said]:
        """The answer in whole characters, without white space around it, as it was compared."""
        return trimmed(self._said(messages, max_tokens, temperature, top_p))

    def _said(
        self, messages: list[Turn], max_tokens: int, temperature: float, top_p: float
    ) -> Iterator[Said]:
        made: list[int] = []
        told = ""
        for token in self._model.tokens(messages, max_tokens, temperature, top_p):
            made.append(token)
            text = self._model.tokenizer.decode(made, skip_special_tokens=True)
            if not text.endswith(UNFINISHED):
                yield Said(text[len(told) :], len(made))
                told = text
        rest = self._model.tokenizer.decode(made, skip_special_tokens=True)[len(told) :]
        ended = len(made) < max_tokens
        yield Said(rest, len(made) + ended, ended)  # the end mark is a token that was made, too
