"""The critic: rules, then statistics, then likeness, over the whole table. No model is asked.

What it does not know: whether an answer is true, kind or useful. A person must still read the rows.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from data.records import Finding, Item
from tools.dataset import habits, likeness, rules


def _quiet(fraction: float, text: str) -> None:
    """Nobody is watching."""


def criticised(
    items: Sequence[Item], language: str = "", report: Callable[[float, str], None] = _quiet
) -> list[Item]:
    """The same rows with fresh findings; verdicts stay. `language` is the Brief's.

    Habits are taken over all rows, dropped ones too, so that a verdict never makes new findings
    appear elsewhere; copies are looked for among the rows that are still in.
    """
    known = habits.habits([item.row for item in items], language)
    copies = _copies(items)
    fresh: list[Item] = []
    for place, item in enumerate(items):
        found = [*rules.flaws(item.row), *habits.slips(item.row, known), *copies[place]]
        fresh.append(item.model_copy(update={"findings": _once(found)}))
        if place % 2_000 == 1_999:
            report((place + 1) / len(items), f"{place + 1}/{len(items)}")
    return fresh


def _once(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding for each flaw of a field: the first."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in found:
        kept.setdefault((finding.code, finding.field), finding)
    return tuple(kept.values())


def _copies(items: Sequence[Item]) -> dict[int, list[Finding]]:
    """Place of a row to its finding as a copy; of two, the one that nobody has accepted yet."""
    places = [place for place, item in enumerate(items) if item.verdict != "dropped"]
    places.sort(key=lambda place: items[place].verdict != "accepted")
    best: dict[int, tuple[float, int]] = {}
    for one, two, score in likeness.repeated([items[place].row for place in places]):
        best[two] = max(best.get(two, (0.0, 0)), (score, -one))
    found: dict[int, list[Finding]] = defaultdict(list)
    for later, (score, earlier) in best.items():
        code = "exact_duplicate" if score == likeness.SAME else "near_duplicate"
        values = {"other": items[places[-earlier]].id, "percent": round(score * 100)}
        size = len(items[places[later]].row.output)
        found[places[later]].append(Finding(code=code, field="output", end=size, values=values))
    return found
