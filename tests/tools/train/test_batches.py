"""Every row once an epoch, like lengths together, nothing over budget that could be split."""

from hypothesis import given
from hypothesis import strategies as st

from tools.train.batches import SHORTEST_START, shared_start, steps_in_all, steps_of, together

SMALL = st.integers(1, 40)


@given(rows=SMALL, batch=st.integers(1, 12), epochs=st.integers(1, 5), seed=st.integers(0, 99))
def test_every_row_comes_once_an_epoch(rows, batch, epochs, seed):
    steps = steps_of(rows, batch, epochs, seed)
    assert len(steps) == steps_in_all(rows, batch, epochs)
    assert sorted(row for step in steps for row in step) == sorted(list(range(rows)) * epochs)
    assert all(1 <= len(step) <= batch for step in steps)
    assert steps == steps_of(rows, batch, epochs, seed)


def test_epochs_differ_in_their_order():
    steps = steps_of(30, 30, 2, 7)
    assert steps[0] != steps[1]


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=30), budget=st.integers(1, 400))
def test_groups_hold_every_row_once_and_keep_the_budget(lengths, budget):
    groups = together(range(len(lengths)), lengths, budget)
    assert sorted(row for group in groups for row in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or max(lengths[row] for row in group) * len(group) <= budget


@given(
    common=st.lists(st.integers(0, 3), max_size=40),
    rests=st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=9), min_size=1, max_size=5),
    data=st.data(),
)
def test_a_shared_start_is_the_same_in_all_rows_and_ends_before_what_is_graded(common, rests, data):
    rows = [[*common, *rest] for rest in rests]
    first = [data.draw(st.integers(1, len(row) - 1)) for row in rows]
    graded = [
        [place >= at for place in range(len(row))] for row, at in zip(rows, first, strict=True)
    ]
    start = shared_start(rows, graded)
    assert start == 0 or start >= SHORTEST_START
    assert all(row[:start] == rows[0][:start] for row in rows)
    assert all(start <= at - 1 for at in first)  # the place before guesses the first graded token


def test_rows_that_are_one_another_share_all_but_what_is_guessed():
    row, marks = list(range(60)), [False] * 50 + [True] * 10
    assert shared_start([row, row], [marks, marks]) == 49
    assert shared_start([row], [marks]) == 0
