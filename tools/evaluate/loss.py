"""Mean loss of a model on rows: only their answers count, as in training. For job processes."""

import math
from collections.abc import Callable
from typing import Any

import torch

from data.alpaca import Row
from data.errors import BadInput
from tools.shared.graded import Encoded, encode
from tools.shared.local_model import LocalModel


def whole_rows(tokenizer: Any, rows: list[Row], max_length: int) -> list[Encoded]:
    """The rows as tokens, without those too long to be whole; training leaves them out as well."""
    encoded = [encode(tokenizer, row, max_length) for row in rows]
    return [row for row in encoded if not row.cut]


@torch.inference_mode()
def mean_loss(voice: LocalModel, rows: list[Encoded], told: Callable[[], None]) -> float:
    """Mean negative log-likelihood a graded token, in nats, over all rows together; 0 for no rows.

    `told` is called after each row. Raises BadInput where the model gives no numbers.
    """
    total, count = 0.0, 0
    for row in rows:
        loss, graded = _row_loss(voice, row)
        total, count = total + loss, count + graded
        told()
    if not math.isfinite(total):
        raise BadInput("weights_broken")
    return total / max(count, 1)


def _row_loss(voice: LocalModel, row: Encoded) -> tuple[float, int]:
    ids = torch.tensor([row.ids])
    # The first token has nothing before it to be guessed from.
    at = torch.tensor([place for place, graded in enumerate(row.graded) if graded and place])
    if not len(at):
        return 0.0, 0
    # A token is guessed from the place before it; only those places' logits are computed.
    logits = voice.model(input_ids=ids, logits_to_keep=at - 1).logits[0].double()
    chance = logits.log_softmax(-1).gather(1, ids[0, at].unsqueeze(1))
    return float(-chance.sum()), len(at)
