"""Train the classifier of classify.py: `python -m tools.plan.fit` reads the messages of
data/shipped/router and writes its weights beside them. A minute, the same result every time.

Multinomial logistic regression with weight decay, by L-BFGS. The held-out messages that it is
scored by stand in tests/benchmarks and are never read here.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tools.plan.classify import BUCKETS, ROUTES, WEIGHTS, Features, features, weighed

MESSAGES = WEIGHTS.with_name("messages.jsonl")
DECAY = 0.03
"""Weight decay on the summed loss; the inverse is what other libraries call C. Chosen by folds."""
STEPS, FOLDS = 150, 5
SEEN = 2
"""Messages in which an n-gram must occur to count at all."""


@dataclass(frozen=True)
class Batch:
    """Messages as tensors for embedding_bag."""

    places: torch.Tensor
    values: torch.Tensor
    starts: torch.Tensor


def main() -> None:
    """Score by folds, then train on everything and write the weights."""
    torch.set_num_threads(1)
    lines = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    seen = [features(line["text"]) for line in lines]
    wanted = torch.tensor([ROUTES.index(line["route"]) for line in lines])
    print(json.dumps({"messages": len(lines), "folds_accuracy": round(folds(seen, wanted), 3)}))
    made_of = np.array(hashlib.sha256(MESSAGES.read_bytes()).hexdigest())
    np.savez_compressed(WEIGHTS, made_of=made_of, **fit(seen, wanted))  # pyright: ignore[reportArgumentType]


def folds(seen: Sequence[Features], wanted: torch.Tensor) -> float:
    """Accuracy on each message by a model that was trained without its fold."""
    right = 0
    for fold in range(FOLDS):
        kept = [n for n in range(len(seen)) if n % FOLDS != fold]
        left = [n for n in range(len(seen)) if n % FOLDS == fold]
        model = fit([seen[n] for n in kept], wanted[kept])
        right += int((scores(model, [seen[n] for n in left]).argmax(1) == wanted[left]).sum())
    return right / len(seen)


def fit(seen: Sequence[Features], wanted: torch.Tensor) -> dict[str, np.ndarray]:
    """The weights as classify.py reads them: rarity [BUCKETS], ngrams [BUCKETS, routes],
    bias [routes]."""
    rarity = _rarity(seen)
    batch = _batch(seen, rarity)
    ngrams = torch.zeros(BUCKETS, len(ROUTES), requires_grad=True)
    bias = torch.zeros(len(ROUTES), requires_grad=True)
    search = torch.optim.LBFGS([ngrams, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        found = _scores(batch, ngrams, bias)
        error = torch.nn.functional.cross_entropy(found, wanted, reduction="sum")
        total = error + DECAY / 2 * ngrams.square().sum()
        total.backward()
        return total

    search.step(loss)  # pyright: ignore[reportArgumentType]
    return {
        "rarity": rarity.astype(np.float32),
        "ngrams": ngrams.detach().numpy().astype(np.float16),
        "bias": bias.detach().numpy(),
    }


def scores(model: dict[str, np.ndarray], seen: Sequence[Features]) -> torch.Tensor:
    """Scores [messages, routes] by trained weights."""
    ngrams, bias = (torch.tensor(model[n], dtype=torch.float32) for n in ("ngrams", "bias"))
    return _scores(_batch(seen, model["rarity"]), ngrams, bias)


def _rarity(seen: Sequence[Features]) -> np.ndarray:
    """Inverse document frequency of each place; 0 where too few messages have it."""
    found = np.bincount(np.concatenate([each.places for each in seen]), minlength=BUCKETS)
    return np.where(found >= SEEN, 1 + np.log((1 + len(seen)) / (1 + found)), 0)


def _batch(seen: Sequence[Features], rarity: np.ndarray) -> Batch:
    lengths = [0, *(len(each.places) for each in seen)]
    return Batch(
        torch.tensor(np.concatenate([each.places for each in seen])),
        torch.tensor(np.concatenate([weighed(each, rarity) for each in seen]), dtype=torch.float32),
        torch.tensor(np.cumsum(lengths)[:-1]),
    )


def _scores(batch: Batch, ngrams: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    summed = torch.nn.functional.embedding_bag(
        batch.places, ngrams, batch.starts, mode="sum", per_sample_weights=batch.values
    )
    return summed + bias


if __name__ == "__main__":
    main()
