"""Starting, stopping and picking up: one run at a time a project, and nothing is lost."""

import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest
from filelock import FileLock

from data.errors import Busy, DiskFull, NotReady, TunePathError
from data.files import read_lines, write_json
from data.project import Project, Run
from data.records import LossReading, TrainPlan
from data.say import LANGUAGES
from data.settings import Settings
from tests.tools.train.ready import HELD_OUT, TRAIN, ready_project, write_rows
from tools import jobs
from tools.contract import Context
from tools.train.read_loss import read_loss
from tools.train.resume import quote as resume_quote
from tools.train.resume import resume
from tools.train.start import quote, start
from tools.train.stop import stop

STEPS = 30


def context_of(project: Project, language: str = "en") -> Context:
    home = project.folder.parents[1]
    return Context(project, Settings(home=home, language="en"), language)


def planned(project: Project, **changes: object) -> TrainPlan:
    """A plan of many short steps, written as the draft."""
    plan = TrainPlan(
        base_model="tiny",
        epochs=10,
        learning_rate=1e-3,
        rank=2,
        alpha=4,
        batch_rows=8,
        max_length=128,
        steps=STEPS,
        warmup_steps=3,
        evaluate_every=5,
        save_every=5,
        train_rows=TRAIN,
        held_out_rows=HELD_OUT,
        seconds_per_step=6.0,
        seconds=240.0,
        memory_mb=2048,
    ).model_copy(update=changes)
    project.write(plan)
    return plan


def ended(folder: Path) -> jobs.Job:
    *_, last = jobs.follow(folder, 0.1)
    return last


def pretend(run: Run, state: str, **more: object) -> None:
    """A job's own last word, in a folder whose process is long gone."""
    write_json(run.folder / "job.json", {"kind": "train", "state": state, "started": 1.0, **more})


@pytest.fixture
def ready(home: Path) -> Project:
    """Planned, but without a model: a run that is started fails by itself."""
    project = ready_project(home, model=False)
    planned(project)
    return project


@pytest.fixture
def taken(ready: Project) -> FileLock:
    """Another heavy job holds the machine, so whatever starts waits in line."""
    locks = ready.folder.parents[1] / "locks"
    locks.mkdir(exist_ok=True)
    lock = FileLock(locks / "heavy.lock")
    lock.acquire()
    return lock


# --- the quote


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_quote_names_rows_rounds_time_memory_and_that_closing_is_safe(
    ready: Project, language: str
) -> None:
    asked = quote(context_of(ready, language))
    for figure in (str(TRAIN), str(HELD_OUT), "10", str(STEPS), "4", "2.0 GB"):
        assert figure in asked.text
    assert {"zh": "关掉网页", "en": "Closing the page is safe"}[language] in asked.text
    assert asked.numbers["minutes"] == 4.0 and asked.action
    assert not ready.runs()


def test_an_unmeasured_plan_is_quoted_without_a_time(ready: Project) -> None:
    planned(ready, seconds=0.0, memory_mb=0)
    text = quote(context_of(ready)).text
    assert "not measured" in text and "GB" not in text


def test_a_plan_made_for_other_rows_or_another_base_is_not_started(ready: Project) -> None:
    write_rows(ready, TRAIN + 6, HELD_OUT)
    with pytest.raises(NotReady) as caught:
        start(context_of(ready))
    assert caught.value.code == "plan_outdated" and not ready.runs()
    planned(ready, train_rows=TRAIN + 6)
    assert quote(context_of(ready))
    planned(ready, train_rows=TRAIN + 6, base_model="other")
    with pytest.raises(NotReady):
        quote(context_of(ready))


def test_a_full_disk_is_told_before_anything_is_written(
    ready: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 2**40, 5 * 2**20))
    for call in (quote, start):
        with pytest.raises(DiskFull) as caught:
            call(context_of(ready))
        assert "5 MB" in caught.value.text("en")
    assert not ready.runs()


# --- one at a time


def test_a_second_training_while_one_runs_is_refused_in_one_sentence(
    ready: Project, taken: FileLock
) -> None:
    start(context_of(ready))
    for call in (quote, start, resume_quote, resume):
        with pytest.raises(Busy) as caught:
            call(context_of(ready))
        assert caught.value.code == "training_running" and "001" in caught.value.text("zh")
    assert len(ready.runs()) == 1
    jobs.end(ready.runs()[0].folder)
    taken.release()


def test_a_run_waits_in_line_while_another_project_trains(home: Path, ready: Project) -> None:
    other = ready_project(home, "other", model=False)
    busy = other.new_run()
    write_json(busy.folder / "job.json", {"kind": "train", "state": "running", "started": 4e9})
    outcome = start(context_of(ready))
    assert outcome.facts["queued"] and "waits in line" in outcome.text and outcome.job == "train"
    jobs.end(ready.runs()[0].folder)


def test_a_run_keeps_its_own_plan_and_rows_from_the_moment_of_its_start(
    ready: Project, taken: FileLock
) -> None:
    plan = ready.read(TrainPlan)
    start(context_of(ready))
    write_rows(ready, 6, 2)
    run = ready.runs()[0]
    assert run.read(TrainPlan) == plan
    assert len(read_lines(run.folder / "train.jsonl")) == TRAIN
    jobs.end(run.folder)
    taken.release()


def test_a_run_that_could_not_begin_leaves_no_number_behind(ready: Project) -> None:
    ready.held_out_file.unlink()
    with pytest.raises(TunePathError):
        start(context_of(ready))
    assert not ready.runs()


# --- stop


def test_stopping_a_run_that_waits_in_line_takes_it_out(ready: Project, taken: FileLock) -> None:
    start(context_of(ready))
    outcome = stop(context_of(ready))
    assert outcome.facts["state"] == "stopped" and "before its first step" in outcome.text
    taken.release()


def test_stopping_where_nothing_runs_says_so(ready: Project) -> None:
    with pytest.raises(NotReady) as caught:
        stop(context_of(ready))
    assert caught.value.code == "nothing_runs"


# --- resume


def test_a_stopped_run_is_quoted_by_what_is_left_of_it(ready: Project) -> None:
    run = ready.new_run()
    run.write(planned(ready))
    pretend(run, "stopped")
    for step, sealed in ((10, True), (15, True), (20, False)):
        folder = run.folder / "checkpoints" / f"step-{step:06d}"
        folder.mkdir(parents=True)
        if sealed:
            write_json(folder / "manifest.json", {})
    asked = resume_quote(context_of(ready))
    assert asked.numbers == {"steps": STEPS, "done": 15, "minutes": 2.0}
    assert "2 minutes" in asked.text and "001" in asked.text


def test_there_is_nothing_to_pick_up_without_a_run_or_after_a_finished_one(
    ready: Project,
) -> None:
    for _ in range(2):
        with pytest.raises(NotReady) as caught:
            resume_quote(context_of(ready))
        assert caught.value.code == "nothing_to_resume"
        write_json(ready.new_run().folder / "done.json", {})


def test_a_run_that_broke_at_nan_is_not_walked_into_the_same_wall_again(ready: Project) -> None:
    run = ready.new_run()
    run.write(planned(ready))
    pretend(run, "failed", error="loss_broken", values={"step": 7})
    with pytest.raises(NotReady) as caught:
        resume(context_of(ready))
    assert "7" in caught.value.text("en")


def test_a_run_whose_plan_is_gone_is_not_resumed(ready: Project) -> None:
    pretend(ready.new_run(), "stopped")
    with pytest.raises(NotReady):
        resume(context_of(ready))


@pytest.mark.slow
def test_a_real_run_is_stopped_read_and_picked_up_to_its_end(home: Path) -> None:
    project = ready_project(home)
    # Long enough that the stop comes midway on any machine.
    planned(project, epochs=700, steps=2100, evaluate_every=700, save_every=700)
    context = context_of(project)
    start(context)
    run = project.runs()[0]
    for _ in range(600):
        if len(read_lines(run.metrics)) > 15:
            break
        time.sleep(0.1)
    stopped = stop(context)
    assert stopped.facts["state"] == "stopped", (run.folder / "log.txt").read_text()
    assert read_loss(context).facts["run"] == "001" and run.read(LossReading)
    done = resume_quote(context).numbers["done"]
    assert done == stopped.facts["step"] >= 15
    outcome = resume(context)
    assert outcome.job == "train" and run.read(LossReading) is None
    again = stop(context)
    assert len(project.runs()) == 1
    assert again.facts["state"] == "stopped" and resume_quote(context).numbers["done"] >= done
