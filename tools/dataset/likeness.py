"""Rows that say nearly the same: Jaccard over short character runs, found through an index.

Exact, not estimated: the index follows the prefix filter of similarity joins (Chaudhuri et al.,
2006). What it does not know: the same thought in other words.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from data.alpaca import Row

SAME, NEAR, ASKED = 1.0, 0.72, 0.5
"""Likeness of a copy; from which two rows count as near; that their questions must have too."""
LEAK, ANSWER = 0.6, 12
"""Likeness that keeps two rows on one side of the split; letters from which equal answers do."""
_PART = 6
"""Part of the shared runs that must turn up among the rarest: more is stricter and longer."""
_COMMON = 0.2
"""Share of the rows that may have a text in common before it stops telling rows apart."""


def bare(text: str) -> str:
    """Letters and digits only, lower case: what is left when spelling habits are taken away."""
    folded = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(letter for letter in folded if letter.isalnum())
    return kept or folded.strip()


def shingles(text: str) -> frozenset[str]:
    """Runs of two characters for Chinese, of four for alphabets, of the bare text."""
    text = bare(text)
    size = 4 if text.isascii() else 2
    return frozenset(text[i : i + size] for i in range(max(len(text) - size + 1, 1)))


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    """Shared runs over all runs, 0 to 1."""
    shared = len(one & two)
    return shared / (len(one) + len(two) - shared)


def alike(texts: Sequence[str], least: float) -> Iterator[tuple[int, int, float]]:
    """(earlier, later, likeness) of every pair of texts at or above `least`.

    Of equal texts only the pairs with the first of them are given.
    """
    first: dict[str, int] = {}
    for place, text in enumerate(texts):
        before = first.setdefault(bare(text), place)
        if before != place:
            yield before, place, SAME
    places = list(first.values())
    for one, two, score in _near([shingles(texts[place]) for place in places], least):
        yield min(places[one], places[two]), max(places[one], places[two]), score


def _near(sets: list[frozenset[str]], least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs at or above `least`. Two sets that share `c` members share `k` of them among the
    `size - c + k` rarest of each, for any k up to c: only pairs that do are compared in full."""
    rarity = Counter(run for each in sets for run in each)
    index: dict[str, list[int]] = defaultdict(list)
    shared = [max(1, -int(-least * len(each) // 1)) for each in sets]
    asked = [max(1, share // _PART) for share in shared]
    for place in sorted(range(len(sets)), key=lambda p: len(sets[p])):
        own = sets[place]
        runs = sorted(own, key=lambda run: (rarity[run], run))
        prefix = runs[: len(runs) - shared[place] + asked[place]]
        hits = Counter(chain.from_iterable(index[run] for run in prefix if run in index))
        for other, count in hits.items():
            if count >= asked[other] and len(sets[other]) >= least * len(own):
                score = jaccard(own, sets[other])
                if score >= least:
                    yield other, place, score
        for run in prefix:
            index[run].append(place)


def repeated(rows: Sequence[Row]) -> Iterator[tuple[int, int, float]]:
    """(earlier, later, likeness) of rows that ask and answer nearly the same, copies included."""
    common = _common([bare(row.question) for row in rows])
    texts = [_whole(row, common) for row in rows]
    questions: dict[int, frozenset[str]] = {}

    def asked(place: int) -> frozenset[str]:
        if place not in questions:
            questions[place] = shingles(rows[place].question)
        return questions[place]

    for one, two, score in alike(texts, NEAR):
        if jaccard(asked(one), asked(two)) >= ASKED:
            yield one, two, score


def leaking(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Pairs of rows that must not stand on both sides of a split.

    The same question, a like question, a like row, or a long answer word for word. A question or
    an answer that a fifth of the rows share is a form, not a leak.
    """
    questions = [bare(row.question) for row in rows]
    answers = [bare(row.output) for row in rows]
    asked, told = _common(questions), _common(answers)
    own = [place for place, text in enumerate(questions) if text not in asked]
    for one, two, _ in alike([rows[place].question for place in own], LEAK):
        yield own[one], own[two]
    for one, two, _ in alike([_whole(row, asked) for row in rows], LEAK):
        yield one, two
    first: dict[str, int] = {}
    for place, text in enumerate(answers):
        if len(text) >= ANSWER and text not in told:
            before = first.setdefault(text, place)
            if before != place:
                yield before, place


def _whole(row: Row, common: set[str]) -> str:
    """What tells a row from the others: the answer alone where all have the same question."""
    earlier = "\n".join(part for turn in row.history for part in turn)
    asked = "" if bare(row.question) in common else row.question
    return "\n".join((earlier, asked, row.output))


def _common(texts: list[str]) -> set[str]:
    least = max(5, _COMMON * len(texts))
    return {text for text, count in Counter(texts).items() if count >= least}
