"""A model with LoRA on it, taking exact optimizer steps. For job processes: it brings torch.

Logits are computed at graded positions only: the same loss and gradients as over the whole text,
at about two thirds of the time, as nothing is spent on tokens that do not count.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers.utils import logging

from data.errors import BadInput
from data.files import read_lines
from data.records import TrainPlan
from tools.shared.answering import rows_of
from tools.shared.graded import Encoded, encode
from tools.train.batches import shared_start, together

TOKENS_AT_ONCE = 384
"""Tokens that go through the model together, padding included, a start that rows share not. 512
took a tenth less time than 256 with the starter; a hundred more take some 200 MB at the peak."""
CLIP = 1.0
"""Gradients longer than this are shortened to it, the usual bound in language-model training."""


@dataclass(frozen=True)
class Rows:
    """The rows of a run as tokens."""

    train: list[Encoded]
    held_out: list[Encoded]
    cut: int
    """Training rows left out because they are longer than max_length."""


def read_rows(tokenizer: Any, train: Path, held_out: Path, max_length: int) -> Rows:
    """Both files as tokens. Raises BadInput where nothing would be graded."""
    from datasets import Dataset  # brings pandas: only a run that reads rows pays for it

    def encoded(path: Path) -> list[Encoded]:
        rows = rows_of(read_lines(path))
        table = Dataset.from_list([{"row": i} for i in range(len(rows))])
        made: Any = table.map(
            lambda each: vars(encode(tokenizer, rows[each["row"]], max_length)),
            keep_in_memory=True,
        )
        return [Encoded(tuple(each["ids"]), tuple(each["graded"]), each["cut"]) for each in made]

    learnt, kept = encoded(train), encoded(held_out)
    whole = [row for row in learnt if not row.cut]
    if not any(any(row.graded) for row in whole):
        raise BadInput("nothing_graded")
    return Rows(whole, [row for row in kept if not row.cut], len(learnt) - len(whole))


class Learner:
    """Model, optimizer and schedule of one run."""

    def __init__(self, base: Path, plan: TrainPlan) -> None:
        quiet()
        torch.manual_seed(plan.seed)  # the adapter's first weights are drawn at random
        self.plan = plan
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            base, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        lora = LoraConfig(
            r=plan.rank,
            lora_alpha=plan.alpha,
            lora_dropout=0.0,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        self.model = get_peft_model(model, lora).to(self.device)
        self.model.config.use_cache = False
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=plan.learning_rate, weight_decay=0.0)

    def step(self, rows: Sequence[Encoded], number: int) -> tuple[float, float]:
        """One optimizer step (`number` counts from 1). Returns mean loss a graded token and the
        gradients' norm; a loss that is no number changes no weight."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.plan, number)
        self.optimizer.zero_grad(set_to_none=True)
        graded = sum(sum(row.graded[1:]) for row in rows)
        total = 0.0
        for part in self._parts(rows):
            loss = self._loss(part) / max(graded, 1)
            loss.backward()
            total += float(loss.detach())
        norm = float(torch.nn.utils.clip_grad_norm_(self.weights, CLIP))
        if math.isfinite(total) and math.isfinite(norm):
            self.optimizer.step()
        return total, norm

    @torch.inference_mode()
    def held_out_loss(self, rows: Sequence[Encoded]) -> float:
        """Mean loss a graded token over rows that are not learnt, in nats."""
        self.model.eval()
        graded = sum(sum(row.graded[1:]) for row in rows)
        return sum(float(self._loss(part)) for part in self._parts(rows)) / max(graded, 1)

    def _parts(self, rows: Sequence[Encoded]) -> list[list[Encoded]]:
        start = shared_start([row.ids for row in rows], [row.graded for row in rows])
        lengths = [len(row.ids) - start for row in rows]
        groups = together(range(len(rows)), lengths, TOKENS_AT_ONCE)
        return [[rows[place] for place in group] for group in groups]

    def _loss(self, rows: Sequence[Encoded]) -> torch.Tensor:
        """Summed loss of the graded tokens of rows that fit together."""
        longest = max(len(row.ids) for row in rows)
        start = shared_start([row.ids for row in rows], [row.graded for row in rows])
        ids = torch.tensor([_padded(row.ids, longest, 0)[start:] for row in rows]).to(self.device)
        there = torch.tensor([_padded([1] * len(row.ids), longest, 0) for row in rows])
        graded = torch.tensor([_padded(row.graded, longest, False)[start:] for row in rows])
        causal: Any = self.model.get_base_model()
        hidden = causal.base_model(
            input_ids=ids,
            attention_mask=there.to(self.device),
            past_key_values=self._read_once(rows[0].ids[:start], len(rows)) if start else None,
            use_cache=bool(start),
        ).last_hidden_state
        # A token is guessed from the place before it.
        wanted = graded[:, 1:].to(self.device)
        logits = causal.get_output_embeddings()(hidden[:, :-1][wanted])
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        if cap := getattr(causal.config, "final_logit_softcapping", None):
            logits = torch.tanh(logits / cap) * cap
        right = logits.gather(1, ids[:, 1:][wanted].unsqueeze(1)).squeeze(1)
        return (logits.logsumexp(-1) - right).sum()

    def _read_once(self, start: Sequence[int], rows: int) -> DynamicCache:
        """What the model remembers of a start that all rows share; gradients flow through it."""
        memory = DynamicCache()
        causal: Any = self.model.get_base_model()
        ids = torch.tensor([list(start)], device=self.device)
        causal.base_model(input_ids=ids, past_key_values=memory, use_cache=True)
        memory.batch_repeat_interleave(rows)
        return memory


def learning_rate(plan: TrainPlan, number: int) -> float:
    """Linear warm-up, then linearly down; `number` counts steps from 1."""
    if number <= plan.warmup_steps:
        return plan.learning_rate * number / plan.warmup_steps
    left = plan.steps - number + 1
    return plan.learning_rate * left / max(plan.steps - plan.warmup_steps, 1)


def quiet() -> None:
    """No progress bars and no advice in log.txt."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    import datasets

    datasets.disable_progress_bars()
    warnings.simplefilter("ignore", FutureWarning)


def _padded(values: Sequence[Any], length: int, filler: Any) -> list[Any]:
    return [*values, *[filler] * (length - len(values))]
