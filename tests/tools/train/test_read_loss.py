"""A reading in words: in both languages, for runs and for files, with a next step."""

import math
from pathlib import Path

import pytest

from data.errors import NotReady
from data.files import append_line, write_json, write_lines
from data.project import Run
from data.records import Label, LossReading
from data.say import LANGUAGES, has
from tests.tools.train.shapes import MAKERS, curve
from tools.contract import Context
from tools.train.curves import Shape, shape_of
from tools.train.points import Point
from tools.train.read_loss import read_file, read_loss, worded

NEXT = {"zh": "下一步：", "en": "Next: "}
FEWEST = [Point(1, 2.0), Point(2, math.nan), Point(3, 0.5, 0.4)]


def shapes() -> list[Shape]:
    """Every kind of every label, and some that are odd."""
    made = [
        shape_of(curve(label, kind, 1, 80))
        for label, (_, kinds) in MAKERS.items()
        for kind in range(kinds)
    ]
    odd = [[], FEWEST[:1], FEWEST, [Point(i, 0.2, 0.2) for i in range(40)]]
    odd.append([Point(i, 3 - i / 20, 3 - i / 20) for i in range(40)])
    return made + [shape_of(points) for points in odd]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("own", [True, False])
def test_every_reading_has_evidence_and_advice_that_ends_with_the_next_step(
    language: str, own: bool
) -> None:
    for shape in shapes():
        reading = worded(shape, language, own=own)
        assert reading.evidence and all(reading.evidence)
        assert NEXT[language] in reading.advice
        text = "".join((*reading.evidence, reading.advice))
        assert not any(odd in text for odd in ("{", "}", "None", "nan ", "inf "))
        assert has(f"train.label.{reading.label}", language)


def test_a_reading_is_written_in_the_language_that_is_asked_for() -> None:
    shape = shape_of(curve("overfit_gap", 0, 1, 80))
    chinese, english = (" ".join(worded(shape, each, own=True).evidence) for each in LANGUAGES)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    assert english.isascii()


def test_our_own_run_has_kept_the_best_weights_and_a_file_of_others_may_not_have() -> None:
    shape = shape_of(curve("overfit_gap", 0, 1, 80))
    assert "are kept" in worded(shape, "en", own=True).advice
    assert "checkpoint with the lowest loss" in worded(shape, "en", own=False).advice


def logged(context: Context, label: Label = "healthy") -> Run:
    """A run that has logged a curve."""
    run = context.project.new_run()
    for point in curve(label, 0, 1, 40):
        row = {"step": point.step, "loss": point.loss, "held_out_loss": point.held_out}
        append_line(run.metrics, {k: v for k, v in row.items() if v is not None})
    return run


def test_the_newest_run_is_read_and_the_reading_is_kept_beside_it(context: Context) -> None:
    logged(context, "oscillating")
    run = logged(context)
    write_json(run.folder / "done.json", {})
    outcome = read_loss(context)
    assert outcome.facts["label"] == "healthy" and outcome.facts["run"] == "002"
    reading = run.read(LossReading)
    assert reading and reading.label == "healthy"
    assert reading.advice in outcome.card and all(line in outcome.card for line in reading.evidence)


def test_an_older_run_can_be_named_with_or_without_its_zeros(context: Context) -> None:
    logged(context, "oscillating")
    logged(context)
    for name in ("001", "1"):
        assert read_loss(context, run=name).facts["label"] == "oscillating"


def test_a_run_that_broke_at_nan_is_read_though_it_never_finished(context: Context) -> None:
    run = context.project.new_run()
    rows = [{"step": s, "loss": 2.0 - s / 9} for s in range(1, 6)]
    write_lines(run.metrics, [*rows, {"step": 6, "loss": "nan", "grad_norm": "nan"}])
    assert read_loss(context).facts["label"] == "broken_nan_zero"


def test_a_run_under_way_is_read_but_nothing_is_kept(context: Context) -> None:
    run = logged(context)
    write_json(run.folder / "job.json", {"kind": "train", "state": "running", "started": 4e9})
    outcome = read_loss(context)
    assert "still running" in outcome.text
    assert run.read(LossReading) is None


def test_without_any_logged_run_there_is_one_clear_sentence(context: Context) -> None:
    context.project.new_run()
    for name in ("", "001", "nonsense"):
        with pytest.raises(NotReady) as caught:
            read_loss(context, run=name)
        assert caught.value.text("zh") and caught.value.text("en")


def test_a_file_is_read_without_a_project(tmp_path: Path) -> None:
    path = tmp_path / "loss.csv"
    lines = [f"{p.step},{p.loss}" for p in curve("spike_or_divergence", 0, 1, 60)]
    path.write_text("step,loss\n" + "\n".join(lines))
    reading = read_file(path, "en")
    assert reading.label == "spike_or_divergence" and reading.best_step is None
    assert f"step {reading.numbers['jump_step']:.0f}" in " ".join(reading.evidence)


def test_first_and_last_are_said_to_be_medians_and_never_of_the_same_few_points() -> None:
    shape = shape_of([Point(1, 3.0), Point(2, 2.0), Point(3, 1.0)])
    chinese, english = (worded(shape, each, own=False).evidence[0] for each in LANGUAGES)
    assert "from about 3 to about 1 (medians" in english
    assert "起初约 3" in chinese and "最后约 1" in chinese and "中位数" in chinese


def short(*held: float) -> Shape:
    """A few steps of a falling training loss, with a look at unseen rows after each."""
    return shape_of([Point(step, 3 - step / 5, loss) for step, loss in enumerate(held, 1)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_run_is_told_to_train_longer_only_where_unseen_rows_do_not_object(
    language: str,
) -> None:
    longer = {"zh": "就多练几轮", "en": "train more epochs"}[language]
    for held in ((2.0, 1.9, 1.8), (2.0, 1.8, 1.81), (math.nan, 1.9, math.nan), (2.0,)):
        assert longer in worded(short(*held), language, own=True).advice
    looks = [(2.0, 2.2, 2.5), (2.0, 1.5, 1.7), (2.0, math.nan, math.nan), (math.nan, math.nan)]
    for held in looks:
        reading = worded(short(*held), language, own=True)
        assert reading.label == "too_short_to_tell"
        assert longer not in reading.advice and NEXT[language] in reading.advice


def test_a_short_run_whose_looks_end_as_nan_says_from_which_step_on() -> None:
    evidence = worded(short(2.0, math.nan, math.nan), "en", own=False).evidence
    assert "From step 2 on, the loss on unseen questions is not a number (NaN)." in evidence
