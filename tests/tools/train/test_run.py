"""The training job, a real process on a tiny model: stopped, killed, torn, still the same."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from data.alpaca import Row
from data.files import read_json, read_lines, write_lines
from data.project import Project, Run
from data.records import TrainPlan
from tests.tools.tiny import tiny_model
from tools import jobs

pytestmark = pytest.mark.slow

STEPS = 12


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def make_run(home, tiny, monkeypatch):
    """A furnished run, ready to be started."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (home / "models").mkdir()
    (home / "models/tiny").symlink_to(tiny, target_is_directory=True)
    project = Project.create(home, "test")

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


def losses(run: Run) -> list[tuple[int, float | None, float | None]]:
    points = read_lines(run.metrics)
    return [(p["step"], p.get("loss"), p.get("held_out_loss")) for p in points]


@pytest.fixture
def whole(make_run) -> Run:
    run = make_run()
    start(run)
    assert end(run).state == "done", (run.folder / "log.txt").read_text()
    return run


def test_a_run_leaves_its_curve_its_best_adapter_and_the_record_last(whole):
    points = losses(whole)
    assert [step for step, _, _ in points] == list(range(STEPS + 1))
    looked = {step: held for step, _, held in points if held is not None}
    assert set(looked) == {0, 3, 6, 9, 12}
    done = read_json(whole.folder / "done.json")
    best = min((held, step) for step, held in looked.items() if step)
    assert done["best_step"] == best[1]
    assert done["held_out_loss"] == {"before": looked[0], "after": best[0]}
    assert done["peak_memory_mb"] > 0 and done["cut_rows"] == 0
    assert whole.done and not (whole.folder / "checkpoints").exists()


def test_the_adapter_is_the_one_of_the_best_look(whole, tiny):
    from tools.evaluate.loss import mean_loss
    from tools.shared.answering import rows_of
    from tools.shared.local_model import load

    rows = rows_of(read_lines(whole.folder / "held_out.jsonl"))
    found = mean_loss(load(tiny, whole.adapter), rows, 128, lambda: None)
    done = read_json(whole.folder / "done.json")
    assert found == pytest.approx(done["held_out_loss"]["after"], abs=1e-4)


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("step", [1, 4, 8])
def test_a_run_that_was_ended_midway_goes_on_as_if_nothing_had_been(make_run, whole, how, step):
    run = make_run()
    start(run)
    until_step(run, step)
    if how == "stop":
        jobs.stop(run.folder)
    else:
        psutil.Process(read_json(run.folder / "process.json")["pid"]).send_signal(signal.SIGKILL)
    state = end(run).state
    assert state in ("stopped", "failed", "done")
    if state != "done":
        assert not run.done
        start(run)
        assert end(run).state == "done", (run.folder / "log.txt").read_text()
    assert losses(run) == losses(whole)
    assert weights(run) == weights(whole)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(make_run, whole):
    run = make_run()
    start(run)
    until_step(run, 7)
    psutil.Process(read_json(run.folder / "process.json")["pid"]).send_signal(signal.SIGKILL)
    if end(run).state == "done":
        pytest.skip("the run was over before it could be killed")
    saved = sorted((run.folder / "checkpoints").glob("step-*"))
    (saved[-1] / "optimizer.pt").write_bytes(b"torn")
    start(run)
    assert end(run).state == "done"
    assert "damaged" in (run.folder / "log.txt").read_text()
    assert losses(run) == losses(whole) and weights(run) == weights(whole)


def test_without_held_out_rows_the_last_weights_are_kept(make_run):
    run = make_run(held_out=0)
    start(run)
    assert end(run).state == "done"
    done = read_json(run.folder / "done.json")
    assert done["held_out_loss"] == {} and done["best_step"] == STEPS


def test_a_loss_that_breaks_ends_the_run_with_its_own_sentence(make_run):
    run = make_run(learning_rate=1e30)
    start(run)
    job = end(run)
    assert (job.state, job.error) == ("failed", "loss_broken")
    assert job.fault().text("zh") and job.fault().text("en")
    assert not run.done


def test_rows_of_which_nothing_would_be_graded_are_refused(make_run):
    run = make_run(max_length=32)
    start(run)
    job = end(run)
    assert (job.state, job.error) == ("failed", "nothing_graded")


def test_a_base_model_that_is_gone_is_one_sentence(make_run, home, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    run = make_run(base_model="gemma-3-270m")
    start(run)
    job = end(run)
    assert (job.state, job.error) == ("failed", "starter_missing")
