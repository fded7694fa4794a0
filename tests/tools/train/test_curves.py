"""Shapes of curves: made by seed in every kind and length, real ones, and anything at all."""

import json
import math
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadInput, Missing
from data.records import Label
from tests.tools.train.shapes import LENGTHS, MAKERS, SEEDS, curve
from tools.train.curves import shape_of
from tools.train.points import Point, points_of, read_points

KINDS = [(label, kind) for label, (_, kinds) in MAKERS.items() for kind in range(kinds)]
# Two runs of this trainer on the starter model, twelve and eleven steps an epoch: a hundred replies
# in a person's manner, and a hundred answers after one pattern, which is learnt to the last token.
MANNER = """3.38 3.48 2.98 2.61 2.55 2.43 2.16 2.01 2.1 2.15 1.8 1.97 1.53 1.73 1.63 1.57 1.69 1.49
1.61 1.54 1.7 1.59 1.48 1.63 1.31 1.37 1.52 1.41 1.28 1.36 1.29 1.39 1.45 1.35 1.43 1.35"""
MANNER_HELD = {0: 3.4521, 6: 2.2125, 12: 1.7886, 18: 1.6669, 24: 1.6146, 30: 1.5962, 36: 1.5945}
PATTERN = """4.9 4.6 3.93 3.15 2.5 1.84 1.25 0.726 0.313 0.0997 0.0462 0.0142 0.0137 0.00744 0.00633
0.00455 0.00341 0.0021 0.00171 0.00152 0.00144 0.00125 0.00118 0.00105 0.00101 0.000923 0.00078
0.000732 0.000831 0.000754 0.00076 0.000661 0.000644"""
PATTERN_HELD = {0: 4.9073, 6: 1.2489, 12: 0.0117, 18: 0.0018, 24: 0.001, 30: 0.0007, 33: 0.0007}


@pytest.mark.parametrize("length", [*LENGTHS[:-1], pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("label", "kind"), KINDS)
def test_a_made_curve_is_named_after_how_it_was_made(label: Label, kind: int, length: int) -> None:
    seeds = SEEDS if length < 2000 else SEEDS[:6]
    found = Counter(shape_of(curve(label, kind, seed, length)).label for seed in seeds)
    # Twelve losses of pure wild noise can look like anything.
    allowed = 8 if (label, kind, length) == ("oscillating", 2, 12) else 1
    assert len(seeds) - found[label] <= allowed, found


@pytest.mark.parametrize(
    ("text", "held", "per_epoch"), [(MANNER, MANNER_HELD, 12), (PATTERN, PATTERN_HELD, 11)]
)
def test_short_real_runs_whose_unseen_rows_follow_are_healthy_however_low(
    text: str, held: dict[int, float], per_epoch: int
) -> None:
    losses = [float(loss) for loss in text.split()]
    rows = [{"step": i, "loss": loss, "epoch": i / per_epoch} for i, loss in enumerate(losses, 1)]
    rows += [{"step": step, "held_out_loss": loss} for step, loss in held.items()]
    shape = shape_of(points_of(rows))
    assert (shape.label, shape.best_step) == ("healthy", min((v, k) for k, v in held.items())[1])


def test_a_low_loss_is_judged_by_what_unseen_rows_say() -> None:
    def fall(end: float, i: int) -> float:
        return end + (2.4 - end) * math.exp(-i / 8)

    def label(held: float | None) -> str:
        points = [Point(i, fall(0.15, i), held and fall(held, i)) for i in range(60)]
        return shape_of(points).label

    assert label(0.2) == "healthy"
    assert label(1.6) == "too_low_memorised"
    assert label(None) == "too_low_memorised"


def test_noise_of_small_batches_is_not_called_an_oscillation() -> None:
    for seed in range(20):
        dice = random.Random(seed)
        losses = [(0.9 + 2 * math.exp(-i / 30)) * math.exp(dice.gauss(0, 0.16)) for i in range(200)]
        assert shape_of([Point(i, loss) for i, loss in enumerate(losses)]).label == "healthy"


def test_one_nan_or_one_sudden_zero_is_enough_to_be_broken_and_names_its_step() -> None:
    good = [Point(i, 2 - i / 20) for i in range(1, 31)]
    for bad in (math.nan, math.inf, 0.0):
        shape = shape_of([*good[:14], Point(15, bad), *good[15:]])
        assert (shape.label, shape.numbers["broken_step"]) == ("broken_nan_zero", 15)


def test_broken_numbers_are_told_even_in_a_run_of_three_steps() -> None:
    assert shape_of([Point(1, 2.0), Point(2, math.nan)]).label == "broken_nan_zero"
    assert shape_of([Point(i, 0.0) for i in range(1, 4)]).label == "broken_nan_zero"


def test_a_tiny_loss_that_was_rounded_to_zero_is_not_broken() -> None:
    points = [Point(i, round(3 * math.exp(-i / 3), 4)) for i in range(1, 60)]
    assert points[-1].loss == 0.0
    assert shape_of(points).label == "too_low_memorised"


def test_gradients_that_end_as_nan_are_broken_but_one_skipped_step_is_not() -> None:
    def norms(bad: set[int]) -> str:
        points = [
            Point(i, 1 + math.exp(-i / 9), norm=math.nan if i in bad else 1.0) for i in range(40)
        ]
        return shape_of(points).label

    assert norms(set(range(20, 40))) == "broken_nan_zero"
    assert norms({3}) == "healthy"


def test_the_best_step_is_the_earliest_of_the_lowest_and_never_the_one_before_training() -> None:
    held = {0: 1.0, 10: 1.4, 20: 1.3, 30: 1.3, 39: 1.9}
    points = [Point(i, 2 - i / 40, held.get(i)) for i in range(40)]
    assert shape_of(points).best_step == 20
    assert shape_of([Point(i, 1.0) for i in range(40)]).best_step is None


def test_a_rise_is_measured_by_its_ratio_to_the_best() -> None:
    for last, label in ((1.1, "healthy"), (1.35, "overfit_gap")):
        looks = {0: 2.0, 10: 1.4, 20: 1.0, 30: (1 + last) / 2, 39: last}
        points = [Point(i, 0.5 + 1.5 * math.exp(-i / 8), looks.get(i)) for i in range(40)]
        assert shape_of(points).label == label


def test_only_a_held_out_curve_is_read_too() -> None:
    points = [Point(i, None, 0.8 + 2 * math.exp(-i / 8)) for i in range(40)]
    assert shape_of(points).label == "healthy"


losses = st.none() | st.floats(allow_nan=True, allow_infinity=True)
points = st.builds(
    Point, st.integers(-(10**18), 10**18), losses, losses, losses, st.none() | st.floats()
)


@given(st.lists(points, max_size=60))
def test_any_points_have_a_label_and_only_finite_figures(given_points: list[Point]) -> None:
    shape = shape_of(given_points)
    assert shape.label in get_args(Label)
    assert all(math.isfinite(number) for number in shape.numbers.values())


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
names = st.sampled_from(["step", "loss", "eval_loss", "held_out_loss", "epoch", "grad_norm", "x"])


@given(st.lists(plain | st.dictionaries(names, plain | st.lists(plain, max_size=2)), max_size=30))
def test_any_entries_become_points_in_order_each_step_once(rows: list[object]) -> None:
    steps = [point.step for point in points_of(rows)]
    assert steps == sorted(set(steps))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_file_gives_points_or_one_clear_error(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "curve.bin"
        path.write_bytes(content)
        try:
            assert read_points(path)
        except BadInput as error:
            assert error.code in ("no_curve", "no_loss_column")


# --- files


def test_steps_that_a_resumed_run_wrote_again_count_once_and_the_later_value_wins() -> None:
    rows = [{"step": s, "loss": 1.0} for s in range(1, 9)]
    rows += [{"step": s, "loss": 0.5} for s in range(6, 12)]
    found = points_of(rows)
    assert [point.step for point in found] == list(range(1, 12))
    assert [point.loss for point in found] == [1.0] * 5 + [0.5] * 6


def test_points_out_of_order_strings_and_nulls_are_read() -> None:
    rows = [
        {"step": "3", "loss": "0.5", "held_out_loss": None},
        {"step": 1, "loss": None},
        {"step": 2.0, "loss": "nan", "grad_norm": "inf"},
        {"step": 1, "loss": True},
        {"step": 1, "eval_loss": 0.9},
    ]
    first, second, third = points_of(rows)
    assert (first.step, first.loss, first.held_out) == (1, None, 0.9)
    assert second.loss is not None and math.isnan(second.loss) and second.norm == math.inf
    assert (third.step, third.loss) == (3, 0.5)


def test_a_trainer_state_is_read_without_its_closing_summary(tmp_path: Path) -> None:
    history = [{"loss": 2.0, "grad_norm": 1.1, "epoch": 0.5, "step": 10}]
    history += [{"eval_loss": 1.9, "eval_runtime": 3.0, "epoch": 0.5, "step": 10}]
    history += [{"train_runtime": 9.0, "train_loss": 1.5, "epoch": 1.0, "step": 20}]
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"global_step": 20, "best_metric": None, "log_history": history}))
    assert read_points(path) == [Point(10, 2.0, 1.9, 1.1, 0.5)]


@pytest.mark.parametrize(
    "text",
    [
        "step,loss\n1,2.5\n2,2.0\n",
        "\ufeffStep;Train Loss\r\n1;2.5\r\n2;2.0\r\n",
        "Wall time,Step,Value\n1.5,1,2.5\n1.6,2,2.0\n",
        "Step\tTraining Loss\tValidation Loss\n1\t2.5\tNo log\n2\t2.0\tNo log\n",
        "epoch,loss\n1,2.5\n2,2.0\n",
        "步数,训练损失,学习率\n1,2.5,0.1\n2,2.0,0.1\n",
        "轮次,损失值\n1,2.5\n2,2.0\n",
        "2.5\n2.0\n",
        "1,2.5\n2,2.0\n",
        '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 2.0}\n{"step": 3, "lo',
        '{"current_steps": 1, "total_steps": 9, "loss": 2.5}\n{"current_steps": 2, "loss": 2.0}',
        '[{"step": 1, "loss": 2.5}, {"step": 2, "loss": 2.0}]',
        "[2.5, 2.0]",
        '{"loss": [2.5, 2.0]}',
        '{"run": 3, "metrics": [{"iter": 1, "train/loss": 2.5}, {"iter": 2, "train/loss": 2.0}]}',
    ],
)
def test_curves_of_other_tools_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "curve.txt"
    path.write_text(text, encoding="utf-8")
    found = read_points(path)
    assert [(point.step, point.loss) for point in found] == [(1, 2.5), (2, 2.0)]


@pytest.mark.parametrize("text", ["", "\n\n", "{}", "[]", "null", "hello", "a,b\n1,x\n", "\x00"])
def test_a_file_without_a_curve_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_points(path)
    for language in ("zh", "en"):
        assert "odd.csv" in caught.value.text(language)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("item,price\napple,3.5\npear,2.9\n", "item · price"),
        ("品名,损失金额\n苹果,3.5\n梨,2.9\n", "品名 · 损失金额"),
        ("item,value\napple,3.5\npear,2.9\n", "item · value"),
        ("step,price\n1,3.5\n2,2.9\n", "step · price"),
        ("amount\n3.5\n2.9\n", "amount"),
        ("apple,3.5\npear,2.9\n", "apple · 3.5"),
        ("1,3.5,7\n2,2.9,8\n", "1 · 3.5 · 7"),
        ('[{"item": "apple", "price": 3.5}]', "item · price"),
    ],
)
def test_a_table_without_a_loss_is_no_curve_and_its_columns_are_named(
    tmp_path: Path, text: str, columns: str
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_points(path)
    for language in ("zh", "en"):
        assert columns in caught.value.text(language)
        assert "prices.csv" in caught.value.text(language)


def test_columns_that_a_terminal_would_obey_are_not_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("\x1b[2J,price\napple,3.5\n")
    with pytest.raises(BadInput) as caught:
        read_points(path)
    assert "\x1b" not in caught.value.text("en")


@pytest.mark.parametrize(
    "name", ["验证损失", "验证集loss", "评估损失", "val_loss", "Held-out loss"]
)
def test_a_loss_on_unseen_rows_is_told_by_its_name_in_both_languages(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(f"步,损失,{name}\n1,2.5,2.6\n", encoding="utf-8")
    assert read_points(path) == [Point(1, 2.5, 2.6)]


def test_a_missing_file_and_a_folder_are_told_apart_from_a_bad_one(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Missing):
            read_points(path)
