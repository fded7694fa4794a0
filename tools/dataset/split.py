"""Which rows are kept aside: by a fixed seed, and never one whose like is trained on."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from data.alpaca import Row
from data.errors import NotReady
from tools.dataset.likeness import leaking

SEED = 7
SHARE, LEAST, MOST = 0.1, 4, 100
"""Part kept aside and its bounds in rows: below four nothing can be told, past 100 little more."""


def split(rows: Sequence[Row], seed: int = SEED) -> tuple[list[Row], list[Row]]:
    """(rows to train on, rows kept aside), each in their old order.

    A row's side hangs on its text and the seed, not on its place, so that a set which grows keeps
    most of its sides. Raises NotReady where the rows are too much alike to be parted.
    """
    wanted = min(max(round(len(rows) * SHARE), LEAST), MOST)
    groups = sorted(_groups(rows), key=lambda group: _lot(rows, group, seed))
    aside: list[int] = []
    for group in groups:
        if len(aside) + len(group) <= wanted:
            aside += group
    if len(aside) < LEAST:
        aside = _smallest(groups, len(rows) // 2)
    held = set(aside)
    parted = [row for place, row in enumerate(rows) if place not in held]
    return parted, [row for place, row in enumerate(rows) if place in held]


def _smallest(groups: Sequence[list[int]], most: int) -> list[int]:
    """Whole groups from the smallest on, until there are enough, up to half of the rows."""
    aside: list[int] = []
    for group in sorted(groups, key=len):
        if len(aside) >= LEAST or len(aside) + len(group) > most:
            break
        aside += group
    if len(aside) < LEAST:
        raise NotReady("rows_too_alike", groups=len(groups))
    return aside


def _groups(rows: Sequence[Row]) -> list[list[int]]:
    """Places of rows that must stay together."""
    heads = list(range(len(rows)))

    def head(place: int) -> int:
        while heads[place] != place:
            heads[place] = heads[heads[place]]
            place = heads[place]
        return place

    for one, two in leaking(rows):
        heads[head(two)] = head(one)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(rows)):
        groups[head(place)].append(place)
    return list(groups.values())


def _lot(rows: Sequence[Row], group: Sequence[int], seed: int) -> str:
    return min(
        hashlib.sha256(f"{seed}\n{rows[place].model_dump_json()}".encode()).hexdigest()
        for place in group
    )
