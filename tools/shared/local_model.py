"""A model of ours that answers, one question at a time. For job processes: it brings torch.

Answers made together in a batch differ in the last digits from answers made alone, and then in
words; so there is no batch here, and what is evaluated is what is served.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from data.alpaca import Turn
from tools.shared.graded import question_ids

UNFINISHED = "\ufffd"
"""What a tokenizer shows for a character of which only some bytes are there."""


class LocalModel:
    """Weights and tokenizer on the CPU in float32."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.context: int = int(getattr(model.config, "max_position_embeddings", 2048))
        """Tokens that question and answer may have together."""

    def length(self, text: str) -> int:
        """Tokens of a text by itself."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(self, messages: list[Turn], max_new_tokens: int) -> str:
        """The greedy answer."""
        return "".join(self.stream(messages, max_new_tokens)).strip()

    def stream(
        self,
        messages: list[Turn],
        max_new_tokens: int,
        temperature: float = 0.0,
        top_p: float = 1.0,
    ) -> Iterator[str]:
        """The answer in pieces of whole characters; temperature 0 takes the likeliest token.

        Raises BadInput where the chat template refuses the messages.
        """
        made: list[int] = []
        told = ""
        for token in self.tokens(messages, max_new_tokens, temperature, top_p):
            made.append(token)
            text = self.tokenizer.decode(made, skip_special_tokens=True)
            if not text.endswith(UNFINISHED):
                yield text[len(told) :]
                told = text
        rest = self.tokenizer.decode(made, skip_special_tokens=True)[len(told) :]
        if rest := rest.rstrip(UNFINISHED):  # the limit may fall inside a character
            yield rest

    @torch.inference_mode()
    def tokens(
        self,
        messages: list[Turn],
        max_new_tokens: int,
        temperature: float = 0.0,
        top_p: float = 1.0,
    ) -> Iterator[int]:
        """The answer's tokens one by one, without the end mark; stops at it or at the limit."""
        ids = torch.tensor([question_ids(self.tokenizer, messages)])
        memory = None
        for _ in range(min(max_new_tokens, self.context - ids.shape[1])):
            out = self.model(
                input_ids=ids, past_key_values=memory, use_cache=True, logits_to_keep=1
            )
            memory = out.past_key_values
            token = _choose(out.logits[0, -1], temperature, top_p)
            if token == self.tokenizer.eos_token_id:
                return
            yield token
            ids = torch.tensor([[token]])


def load(folder: Path, adapter: Path | None = None) -> LocalModel:
    """A model from its folder; with an adapter, merged in memory as a saved merge would be."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )
    if adapter is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
            model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    return LocalModel(model, tokenizer)


def _choose(logits: torch.Tensor, temperature: float, top_p: float) -> int:
    if temperature <= 0:
        return int(logits.argmax())
    chances, order = (logits / temperature).softmax(-1).sort(descending=True)
    kept = chances.cumsum(-1) - chances < top_p  # the likeliest one always stays
    return int(order[torch.multinomial(chances * kept, 1)])
