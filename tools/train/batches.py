"""Which rows a step averages over, and which of them go through the model together. Pure."""

import random
from collections.abc import Sequence

SHORTEST_START = 8
"""Tokens that rows must share at their start for reading them apart to be worth a second pass."""


def steps_of(rows: int, batch_rows: int, epochs: int, seed: int) -> list[list[int]]:
    """Row numbers of every optimizer step, shuffled anew each epoch; an epoch may end short.

    The same arguments give the same order, so that a resumed run sees the rows it would have seen.
    """
    steps: list[list[int]] = []
    for epoch in range(epochs):
        order = list(range(rows))
        random.Random(f"{seed}-{epoch}").shuffle(order)
        steps += [order[at : at + batch_rows] for at in range(0, rows, batch_rows)]
    return steps


def steps_in_all(rows: int, batch_rows: int, epochs: int) -> int:
    """Number of optimizer steps of a run."""
    return epochs * -(-rows // batch_rows)


def together(rows: Sequence[int], lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Rows of one step in groups of like length, each at most `budget` tokens with its padding.

    Grouping inside a step changes nothing but the padding: the loss is a sum over graded tokens,
    divided by their number in the whole step. A row longer than the budget stands alone.
    """
    groups: list[list[int]] = []
    for row in sorted(rows, key=lambda row: -lengths[row]):
        longest = lengths[groups[-1][0]] if groups else 0
        if groups and longest * (len(groups[-1]) + 1) <= budget:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def shared_start(rows: Sequence[Sequence[int]], graded: Sequence[Sequence[bool]]) -> int:
    """Tokens at their start that all rows share, often a system prompt: read once for all of them.

    It ends before the place from which the first graded token is guessed. 0 where it would not pay.
    """
    if len(rows) < 2:
        return 0
    most = min(list(marks).index(True) if True in marks else len(marks) for marks in graded) - 1
    alike = next(
        (place for place, tokens in enumerate(zip(*rows, strict=False)) if len(set(tokens)) > 1),
        min(map(len, rows)),
    )
    start = min(most, alike)
    return start if start >= SHORTEST_START else 0
