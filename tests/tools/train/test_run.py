"""The training job, a real process on a tiny model: stopped, killed, torn, still the same."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import math
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from data.alpaca import Row
from data.errors import BadInput, JobFailed
from data.files import read_json, read_lines, write_lines
from data.project import Project, Run
from data.records import TrainPlan
from tests.tools.tiny import tiny_model
from tools import jobs
from tools.evaluate.loss import mean_loss, whole_rows
from tools.shared.answering import rows_of
from tools.shared.local_model import load
from tools.train import checkpoint
from tools.train.run import Sitting

pytestmark = pytest.mark.slow

STEPS = 12
LONG = {"epochs": 40, "steps": 80, "evaluate_every": 7, "save_every": 7}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("home") / "models/tiny")


@pytest.fixture(scope="module")
def make_run(tiny):
    """A furnished run, ready to be started; all of them in one home."""
    project = Project.create(tiny.parents[1], "test")

    def make(held_out: int = 3, **changes) -> Run:
        run = project.new_run()
        rows = [Row(instruction=f"Question {n}?", output=f"Answer {n}, dear.") for n in range(11)]
        write_lines(run.folder / "train.jsonl", [row.alpaca() for row in rows[:8]])
        write_lines(run.folder / "held_out.jsonl", [row.alpaca() for row in rows[8:][:held_out]])
        plan = TrainPlan(
            base_model="tiny",
            epochs=6,
            learning_rate=5e-3,
            rank=4,
            alpha=8,
            batch_rows=4,
            max_length=128,
            steps=STEPS,
            warmup_steps=1,
            evaluate_every=3,
            save_every=3,
            train_rows=8,
            held_out_rows=held_out,
        )
        run.write(plan.model_copy(update=changes))
        return run

    return make


def sit(run: Run) -> Sitting:
    """What the job does, in this process."""
    plan = run.read(TrainPlan)
    assert plan
    return Sitting(jobs.Me(run.folder), run, plan, run.folder.parents[4] / "models/tiny")


class StopsAt(jobs.Me):
    """Wants to stop after a certain step, as a person might."""

    def __init__(self, folder: Path, step: int, sitting: Sitting) -> None:
        super().__init__(folder)
        self.step, self.sitting = step, sitting

    def stop_wanted(self) -> bool:
        return self.sitting.progress.step == self.step


def start(run: Run) -> None:
    jobs.start("train", "tools.train.run", run.folder, locks=None)


def end(run: Run) -> jobs.Job:
    *_, last = jobs.follow(run.folder, 0.05)
    return last


def until_step(run: Run, step: int) -> None:
    while not any(point["step"] >= step for point in read_lines(run.metrics)):
        job = jobs.read(run.folder)
        assert job and job.alive, (run.folder / "log.txt").read_text()
        time.sleep(0.01)


def weights(run: Run) -> bytes:
    return (run.adapter / "adapter_model.safetensors").read_bytes()


def curve(run: Run) -> list[dict[str, Any]]:
    """Every point of it, but not how long it took."""
    return [{k: v for k, v in p.items() if k != "seconds"} for p in read_lines(run.metrics)]


@pytest.fixture(scope="module")
def whole(make_run) -> Run:
    run = make_run()
    start(run)
    assert end(run).state == "done", (run.folder / "log.txt").read_text()
    return run


@pytest.fixture(scope="module")
def long(make_run) -> Run:
    """A run of eighty steps, so that another one can be caught in the middle."""
    run = make_run(**LONG)
    sit(run).train()
    return run


def test_a_run_leaves_its_curve_its_best_adapter_and_the_record_last(whole):
    points = curve(whole)
    assert [point["step"] for point in points] == list(range(STEPS + 1))
    looked = {p["step"]: p["held_out_loss"] for p in points if "held_out_loss" in p}
    assert set(looked) == {0, 3, 6, 9, 12}
    done = read_json(whole.folder / "done.json")
    best = min((held, step) for step, held in looked.items() if step)
    assert done["best_step"] == best[1]
    assert done["held_out_loss"] == {"before": looked[0], "after": best[0]}
    assert done["peak_memory_mb"] > 100 and done["cut_rows"] == 0
    left = {path.name for path in whole.folder.iterdir()}
    assert whole.done and not any(name.strip(".").startswith(("check", "best")) for name in left)
    assert not any("nan" in str(point).lower() for point in read_lines(whole.metrics))


def test_the_adapter_is_the_one_of_the_best_look(make_run, tiny):
    run = make_run(**LONG, learning_rate=0.05)  # too high: the end is not the best
    sit(run).train()
    done = read_json(run.folder / "done.json")
    assert 0 < done["best_step"] < LONG["steps"]
    model = load(tiny, run.adapter)
    rows = whole_rows(model.tokenizer, rows_of(read_lines(run.folder / "held_out.jsonl")), 128)
    found = mean_loss(model, rows, lambda: None)
    assert found == pytest.approx(done["held_out_loss"]["after"], abs=1e-4)


@pytest.mark.parametrize("step", [1, 4, 9])
def test_a_stopped_run_goes_on_as_if_nothing_had_been(make_run, whole, step):
    run = make_run()
    stopped_at(run, step)
    assert not run.done
    second = sit(run)
    assert second.progress.step == step
    second.train()
    assert curve(run) == curve(whole)
    assert weights(run) == weights(whole)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_process_that_was_ended_midway_is_picked_up_by_another(make_run, long, how):
    run = make_run(**LONG)
    start(run)
    until_step(run, 10)
    if how == "stop":
        jobs.stop(run.folder)
    else:
        psutil.Process(read_json(run.folder / "process.json")["pid"]).send_signal(signal.SIGKILL)
    assert end(run).state == ("stopped" if how == "stop" else "failed")
    assert not run.done
    start(run)
    assert end(run).state == "done", (run.folder / "log.txt").read_text()
    assert curve(run) == curve(long)
    assert weights(run) == weights(long)


FILES = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "manifest.json",
    "optimizer.pt",
    "progress.json",
)


def stopped_at(run: Run, step: int) -> None:
    first = sit(run)
    first.me = StopsAt(run.folder, step, first)
    with pytest.raises(jobs.Stopped):
        first.train()


@pytest.fixture(scope="module")
def halfway(make_run) -> Run:
    """Stopped after step 7, with the checkpoint of step 6 behind it."""
    run = make_run()
    stopped_at(run, 7)
    return run


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("harm", ["half", "empty", "gone", "changed"])
def test_a_checkpoint_counts_only_whole(halfway, tmp_path, capfd, file, harm):
    run, kept = tmp_path / "run", tmp_path / "run/checkpoints"
    shutil.copytree(halfway.folder, run)
    assert checkpoint.newest(run) == kept / "step-000007"
    hurt(kept / "step-000007" / file, harm)
    assert checkpoint.newest(run) == kept / "step-000006"
    assert "step-000007 is damaged" in capfd.readouterr().out
    hurt(kept / "step-000006" / file, harm)
    assert checkpoint.newest(run) is None


@pytest.mark.parametrize("file", [name for name in FILES if not name.startswith(("opt", "pro"))])
@pytest.mark.parametrize("harm", ["half", "empty", "gone", "changed"])
def test_a_checkpoint_counts_only_with_the_best_weights_it_names(
    halfway, tmp_path, capfd, file, harm
):
    shutil.copytree(halfway.folder, tmp_path / "run")
    hurt(tmp_path / "run/best-000006" / file, harm)
    assert checkpoint.newest(tmp_path / "run") is None
    assert "best-000006 is damaged, checkpoint step-000007" in capfd.readouterr().out


def hurt(path: Path, harm: str) -> None:
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "changed":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        path.write_bytes(content[: len(content) // 2 if harm == "half" else 0])


def test_a_run_goes_on_the_same_from_the_checkpoint_before_a_torn_one(make_run, whole):
    run = make_run()
    stopped_at(run, 7)
    hurt(run.folder / "checkpoints/step-000007/optimizer.pt", "half")
    second = sit(run)
    assert second.progress.step == 6
    second.train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_a_run_goes_on_the_same_from_before_best_weights_that_are_torn(make_run, whole):
    run = make_run()
    stopped_at(run, 6)
    hurt(checkpoint.best(run.folder, 6) / checkpoint.WEIGHTS, "half")
    second = sit(run)
    assert second.progress.step == 3
    second.train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_a_run_begun_anew_keeps_its_new_checkpoints_and_not_those_passed_over(make_run, whole):
    run = make_run()
    stopped_at(run, 7)
    hurt(checkpoint.best(run.folder, 6) / checkpoint.WEIGHTS, "changed")
    stopped_at(run, 4)
    kept = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert kept == ["step-000003", "step-000004"]
    sit(run).train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_best_weights_torn_before_the_end_are_no_result_but_one_sentence(make_run, whole):
    run = make_run()
    first = sit(run)
    finish = first._finish

    def torn() -> None:
        best = checkpoint.best(run.folder, first.progress.best_step)
        hurt(best / checkpoint.WEIGHTS, "half")
        finish()

    first._finish = torn
    with pytest.raises(JobFailed) as caught:
        first.train()
    assert caught.value.code == "best_damaged"
    assert "resume training" in caught.value.text("en") and "接着练" in caught.value.text("zh")
    assert not run.done and not run.adapter.exists()
    sit(run).train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_a_run_without_a_whole_checkpoint_begins_anew(make_run, whole):
    run = make_run()
    stopped_at(run, 2)
    hurt(run.folder / "checkpoints/step-000002/progress.json", "empty")
    second = sit(run)
    assert second.progress.step == 0
    second.train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_a_run_stopped_again_and_again_ends_the_same(make_run, whole):
    run = make_run()
    for step in (1, 2, 5, 6, 11):
        stopped_at(run, step)
    sit(run).train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_disk_without_room_is_one_sentence_and_the_run_can_go_on(make_run, whole):
    import resource

    run = make_run()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, usual[1]))  # less than the weights take
    try:
        start(run)
        job = end(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert (job.state, job.error) == ("failed", "disk_full")
    assert "disk is full" in job.fault().text("en") and "磁盘满了" in job.fault().text("zh")
    assert not list(run.folder.glob(".best*")), "what was half written is gone"
    sit(run).train()
    assert curve(run) == curve(whole) and weights(run) == weights(whole)


def test_two_checkpoints_are_kept_and_the_weights_that_they_call_best(make_run):
    run = make_run()
    stopped_at(run, 11)
    kept = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert kept == ["step-000009", "step-000011"]
    for name in kept:
        best = read_json(run.folder / "checkpoints" / name / "progress.json")["best_step"]
        assert (checkpoint.best(run.folder, best) / "adapter_model.safetensors").exists()


def test_a_run_killed_while_it_tidies_up_is_a_finished_one(make_run, whole, monkeypatch):
    run = make_run()
    monkeypatch.setattr(checkpoint, "clear", lambda folder: None)
    sit(run).train()
    assert run.done and weights(run) == weights(whole)


def test_the_schedule_ends_with_the_steps_there_are_not_with_those_reckoned(make_run):
    run = make_run(steps=5)
    sit(run).train()
    points = [point for point in read_lines(run.metrics) if point["step"]]
    assert len(points) == points[0]["max_steps"] == STEPS
    assert all(point["learning_rate"] > 0 for point in points)


def test_without_held_out_rows_the_last_weights_are_kept(make_run):
    run = make_run(held_out=0)
    sit(run).train()
    done = read_json(run.folder / "done.json")
    assert done["held_out_loss"] == {} and done["best_step"] == STEPS


def test_a_loss_that_breaks_ends_the_run_with_its_own_sentence(make_run):
    run = make_run(learning_rate=1e30)
    start(run)
    job = end(run)
    assert (job.state, job.error) == ("failed", "loss_broken")
    assert job.fault().text("zh") and job.fault().text("en")
    assert not run.done


def test_a_loss_that_breaks_late_leaves_the_last_checkpoint(make_run):
    run = make_run()
    stopped_at(run, 7)
    second = sit(run)
    with torch.no_grad():
        second.learner.weights[0].fill_(math.nan)
    with pytest.raises(JobFailed) as caught:
        second.train()
    assert caught.value.code == "loss_broken" and caught.value.values["step"] == 8
    kept = checkpoint.newest(run.folder)
    assert kept and kept.name == "step-000007"
    assert read_lines(run.metrics)[-1]["loss"] == "nan"


def test_rows_of_which_nothing_would_be_graded_are_refused(make_run):
    with pytest.raises(BadInput) as caught:
        sit(make_run(max_length=32))
    assert caught.value.code == "nothing_graded"


def test_a_base_model_that_is_gone_is_one_sentence(make_run):
    run = make_run(base_model="gemma-3-270m")
    start(run)
    job = end(run)
    assert (job.state, job.error) == ("failed", "starter_missing")
