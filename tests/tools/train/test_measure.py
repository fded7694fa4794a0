"""A few real steps on real rows: figures are left, weights are not."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

from pathlib import Path

import pytest

from data.alpaca import Row
from data.files import read_json, write_json, write_lines
from data.records import TrainPlan
from tests.tools.tiny import tiny_model
from tools import jobs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Measures a plan on so many rows and gives the job's end and its folder."""
    home = tmp_path_factory.mktemp("home")
    tiny_model(home / "models/tiny")

    def measure(name: str, train: int, stop=False, **changes) -> tuple[jobs.Job, Path]:
        folder = home / "projects/test/train" / name
        rows = [Row(instruction=f"Question {n}?", output=f"Answer {n}.") for n in range(train)]
        write_lines(folder / "train.jsonl", [row.alpaca() for row in rows])
        made = plan(train, **changes)
        kept = [rows[n % train] for n in range(made.held_out_rows)]
        write_lines(folder / "held_out.jsonl", [row.alpaca() for row in kept])
        write_json(folder / "plan.json", made.model_dump(mode="json"))
        jobs.start(
            "measure", "tools.train.measure", folder, locks=home / "locks", arguments=(str(home),)
        )
        if stop:
            jobs.stop(folder)
        *_, last = jobs.follow(folder, 0.05)
        return last, folder

    return measure


def plan(rows: int, **changes) -> TrainPlan:
    made = TrainPlan(
        base_model="tiny",
        epochs=2,
        learning_rate=1e-3,
        rank=4,
        alpha=8,
        batch_rows=2,
        max_length=128,
        steps=rows,
        warmup_steps=1,
        evaluate_every=2,
        save_every=2,
        train_rows=rows,
        held_out_rows=3,
    )
    return made.model_copy(update=changes)


def test_measuring_leaves_its_figures_and_no_weights(measured):
    job, folder = measured("measure", 12)
    assert job.state == "done", (folder / "log.txt").read_text()
    figures = read_json(folder / "measure.json")
    assert figures["seconds_per_step"] > 0 and figures["startup_seconds"] > 0
    assert figures["evaluate_seconds"] > 0 and figures["memory_mb"] > 100
    assert figures["cut_rows"] == 0
    assert not list(folder.rglob("*.safetensors")) and not (folder / "metrics.jsonl").exists()


def test_a_set_smaller_than_the_trial_is_measured_too(measured):
    job, folder = measured("small", 1, epochs=1, batch_rows=8)
    assert job.state == "done", (folder / "log.txt").read_text()
    assert read_json(folder / "measure.json")["seconds_per_step"] > 0


def test_rows_that_are_all_too_long_are_said_before_anybody_waits(measured):
    job, folder = measured("long", 4, max_length=32)
    assert (job.state, job.error) == ("failed", "nothing_graded")
    assert not (folder / "measure.json").exists()


def test_a_measurement_that_is_stopped_leaves_no_figures(measured):
    job, folder = measured("stopped", 12, stop=True)
    assert job.state == "stopped", (folder / "log.txt").read_text()
    assert not (folder / "measure.json").exists()
