"""Which language a text or a whole set is in, by its script.

What it does not know: one Latin language from another; all of them count as English.
"""

import re
from collections import Counter
from collections.abc import Iterable

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
_ELSE = re.compile("[\u0370-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\uac00-\ud7af]")
_CODE = re.compile(r"`[^`]*`|https?://\S+|\S+@\S+|<[^<>]*>")
LEAST = 3
"""Characters, or twice the words; below it no language is claimed."""
SURE = 0.65
"""Share of a text that must be in one script; what lies below is mixed."""


def language_of(text: str) -> str:
    """zh, en, ja, other, or an empty string where it can't be told."""
    text = _CODE.sub(" ", text)
    weights = {
        "zh": len(_HAN.findall(text)),
        "en": 2 * len(_WORD.findall(text)),  # a word says about as much as two characters
        "ja": len(_KANA.findall(text)),
        "other": len(_ELSE.findall(text)),
    }
    if weights["ja"] * 5 > weights["zh"]:
        weights["ja"] += weights.pop("zh")
    total = sum(weights.values())
    best = max(weights, key=lambda name: weights[name])
    return best if total >= LEAST and weights[best] >= SURE * total else ""


def main_language(texts: Iterable[str], share: float = 0.8) -> str:
    """The language of most texts, if that share of those with a language has it."""
    counts = Counter(filter(None, map(language_of, texts)))
    if not counts:
        return ""
    language, count = counts.most_common(1)[0]
    return language if count >= share * counts.total() else ""
