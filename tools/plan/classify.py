"""How likely each route is for a message: a linear model over n-grams of signs and words.

Trained by fit.py; at run time numpy is all it needs. It weighs words it has seen and knows neither
the project nor what was said before.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from data.records import Route
from data.shelf import FOLDER
from tools.plan.match import plain

ROUTES = tuple(Route)
WEIGHTS = FOLDER / "shipped/router/weights.npz"
BUCKETS = 2**16
"""Places that the n-grams are hashed into; of 4,400 messages about as many occur twice."""
SIGNS, WORDS = range(1, 5), range(1, 3)
"""Lengths of the n-grams in signs, within a word, and in words."""
HEAD, TAIL = 1500, 500
"""Characters that are read of a long message: a wish stands at its start or at its end."""


@dataclass(frozen=True)
class Features:
    """A message as numbers: the places of its n-grams, each once, and how often they occur."""

    places: np.ndarray
    """int64 [n], sorted, below BUCKETS."""
    values: np.ndarray
    """float32 [n], 1 + log of the count; not yet weighed by rarity."""


def classify(text: str) -> dict[Route, float]:
    """The probability of each route, all of them, summing to 1."""
    model, seen = _model(), features(text)
    scores = (
        weighed(seen, model["rarity"]) @ model["ngrams"][seen.places].astype(np.float32)
        + model["bias"]
    )
    shares = np.exp(scores - scores.max())
    return dict(zip(ROUTES, map(float, shares / shares.sum()), strict=True))


def weighed(seen: Features, rarity: np.ndarray) -> np.ndarray:
    """The values by the rarity of their places, of length 1 as a vector."""
    values = seen.values * rarity[seen.places]
    return values / (np.linalg.norm(values) or 1.0)


def features(text: str) -> Features:
    """What the classifier sees of a message; see SIGNS and WORDS."""
    said = plain(text)
    said = said if len(said) <= HEAD + TAIL else f"{said[:HEAD]} {said[-TAIL:]}"
    places, counts = np.unique(np.array(_places(said), np.int64), return_counts=True)
    return Features(places, (1 + np.log(counts)).astype(np.float32))


def _places(said: str) -> list[int]:
    words = re.findall(r"[a-z0-9']+|[\u3400-\u9fff]|[^\w\s]", said)
    runs = re.findall(r"[a-z0-9']+|[\u3400-\u9fff]+|[^\w\s]", said)
    grams = [
        f" {run} "[at : at + length]
        for run in runs
        for length in SIGNS
        for at in range(len(run) + 3 - length)
    ]
    grams += ["_".join(words[at : at + n]) for n in WORDS for at in range(len(words) - n + 1)]
    return [zlib.crc32(gram.encode()) % BUCKETS for gram in grams]


@cache
def _model() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}
