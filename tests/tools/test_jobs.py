"""Real child processes: what they leave behind, however they end."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import time

import psutil
import pytest

from data.errors import Busy, DiskFull
from data.files import read_json, write_json
from tools import jobs

RIG = "tests.rigs.counting_job"


def started(folder, ending, locks=None):
    return jobs.start("count", RIG, folder, locks=locks, arguments=(ending,))


def ended(folder):
    return list(jobs.follow(folder, 0.05))[-1]


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_a_job_runs_to_its_end_and_says_how_far_it_is(tmp_path):
    started(tmp_path / "job", "well")
    fractions = [job.fraction for job in jobs.follow(tmp_path / "job", 0.05)]
    assert fractions == sorted(fractions)
    job = jobs.read(tmp_path / "job")
    assert (job.state, job.fraction, job.numbers["step"]) == ("done", 1.0, 20)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("mistake", "bad_argument"),
        ("crash", "job_crashed"),
        ("memory", "out_of_memory"),
        ("full", "disk_full"),
        ("killed", "job_killed"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_bad_end_has_its_own_sentence(tmp_path, ending, code, language):
    started(tmp_path / "job", ending)
    job = ended(tmp_path / "job")
    assert (job.state, job.error) == ("failed", code)
    text = job.fault().text(language)
    assert text and "Traceback" not in text and "/somewhere" not in text


def test_stop_lets_the_job_save_before_it_ends(tmp_path):
    started(tmp_path / "job", "long")
    until(lambda: jobs.read(tmp_path / "job").state == "running")
    jobs.stop(tmp_path / "job")
    assert ended(tmp_path / "job").state == "stopped"
    assert (tmp_path / "job/saved.txt").exists()


def test_a_second_start_in_the_same_folder_is_refused_while_the_first_lives(tmp_path):
    started(tmp_path / "job", "long")
    with pytest.raises(Busy):
        started(tmp_path / "job", "well")
    jobs.end(tmp_path / "job", patience=3)
    started(tmp_path / "job", "well")
    assert ended(tmp_path / "job").state == "done"


def test_heavy_jobs_wait_in_line_and_then_run(tmp_path):
    started(tmp_path / "first", "well", tmp_path / "locks")
    until(lambda: jobs.read(tmp_path / "first").state == "running")
    started(tmp_path / "second", "well", tmp_path / "locks")
    states = set()
    while jobs.read(tmp_path / "first").alive:
        states.add(jobs.read(tmp_path / "second").state)
        time.sleep(0.05)
    assert states == {"queued"}
    assert ended(tmp_path / "second").state == "done"


def test_a_job_killed_while_it_holds_the_place_frees_it(tmp_path):
    started(tmp_path / "first", "killed", tmp_path / "locks")
    ended(tmp_path / "first")
    started(tmp_path / "second", "well", tmp_path / "locks")
    assert ended(tmp_path / "second").state == "done"


def test_a_killed_job_keeps_its_place_in_time(tmp_path):
    started(tmp_path / "a" / "first", "well")
    ended(tmp_path / "a" / "first")
    started(tmp_path / "a" / "second", "killed")
    ended(tmp_path / "a" / "second")
    assert [job.folder.name for job in jobs.find(tmp_path / "a")] == ["first", "second"]


def test_a_job_that_waits_can_be_stopped(tmp_path):
    started(tmp_path / "first", "long", tmp_path / "locks")
    until(lambda: jobs.read(tmp_path / "first").state == "running")
    started(tmp_path / "second", "well", tmp_path / "locks")
    jobs.stop(tmp_path / "second")
    assert ended(tmp_path / "second").state == "stopped"
    jobs.end(tmp_path / "first", patience=3)


def test_a_process_number_given_to_another_is_not_mistaken_for_the_job(tmp_path):
    write_json(tmp_path / "job.json", {"kind": "train", "state": "running", "started": 1.0})
    write_json(tmp_path / "process.json", {"pid": psutil.Process().pid, "born": 1.0})
    assert jobs.read(tmp_path).error == "job_killed"


def test_no_key_reaches_the_child(tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "MY_PASSWORD", "X_SECRET"):
        monkeypatch.setenv(name, "canary")
    started(tmp_path / "job", "well")
    ended(tmp_path / "job")
    names = (tmp_path / "job/environment.txt").read_text().split()
    assert not {"OPENAI_API_KEY", "HF_TOKEN", "MY_PASSWORD", "X_SECRET"} & set(names)
    assert "PATH" in names


def test_end_ends_a_process_that_does_not_listen(tmp_path):
    started(tmp_path / "job", "long")
    until(lambda: (tmp_path / "job/process.json").exists())
    pid = read_json(tmp_path / "job/process.json")["pid"]
    jobs.end(tmp_path / "job", patience=0)
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")
    assert not jobs.read(tmp_path / "job").alive


def test_on_a_disk_without_any_room_the_last_word_is_still_said(tmp_path, monkeypatch):
    write_json(tmp_path / "job.json", {"kind": "count", "state": "queued", "more": "x" * 500})

    def no_room(path, value):
        raise DiskFull("disk_full", folder=path.parent.name, free_mb=0)

    with pytest.raises(SystemExit), jobs.job_process(tmp_path) as me:
        monkeypatch.setattr(jobs, "write_json", no_room)
        me._tell()
    kept = read_json(tmp_path / "job.json")
    assert (kept["state"], kept["error"]) == ("failed", "disk_full")
