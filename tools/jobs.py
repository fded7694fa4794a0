"""Start, watch and stop a child process. Knows nothing of training.

A job is a folder. The child alone writes job.json (state, progress), log.txt takes what it prints,
process.json (written once by the starter) tells which process it is, a file STOP asks it to end.
Closing the app changes nothing: whoever reads the folder next finds the job as it is.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import psutil
from filelock import FileLock, Timeout

from data.errors import Busy, DiskFull, JobFailed, TunePathError
from data.files import read_json, write_json

State = Literal["queued", "running", "done", "failed", "stopped"]
_SOURCE = Path(__file__).resolve().parents[1]
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_FULL = re.compile(r"os error (27|28|122)\b")
"""How libraries written in Rust word a full disk or quota; they raise no OSError."""
_APART: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "CREATE_NO_WINDOW", 0
)
"""Windows only: a Ctrl-C in the app's window must not reach the job."""
_NO_JOBS = ("checkpoints", "adapter", "best", "bundle", "uploads")
SPINS = "2000"
"""Rounds that an idle OpenMP thread of a child waits awake before it sleeps."""
_GRACE = 60.0  # seconds that a starting child may take until its process.json is there


@dataclass(frozen=True)
class Job:
    """What a job's folder says about it."""

    folder: Path
    kind: str
    state: State
    fraction: float = 0.0
    seconds_left: float | None = None
    started: float = 0.0
    """Unix time."""
    numbers: dict[str, Any] = field(default_factory=dict)
    """Whatever the child reported last: step, loss, url …"""
    error: str = ""
    """Code of the error, when failed."""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Waiting or working."""
        return self.state in ("queued", "running")

    def fault(self) -> JobFailed:
        """The error to show for a failed job."""
        return JobFailed(self.error or "job_crashed", **{"kind": self.kind, **self.values})

    def brief(self) -> dict[str, Any]:
        """Kind, state, fraction and seconds left, as the command line prints them."""
        left = None if self.seconds_left is None else round(self.seconds_left)
        return {
            "kind": self.kind,
            "state": self.state,
            "fraction": round(self.fraction, 3),
            "seconds_left": left,
        }


# --- from outside


def start(
    kind: str,
    module: str,
    folder: Path,
    *,
    locks: Path | None,
    arguments: tuple[str, ...] = (),
) -> Job:
    """Run `python -m module folder *arguments` in a process of its own and return at once.

    With a folder for `locks` it is heavy work and waits there until the machine is free.
    Raises Busy where the folder's job still lives.
    """
    before = read(folder)
    if before and before.alive:
        raise Busy("job_running", kind=kind)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in ("STOP", "process.json"):
        (folder / leftover).unlink(missing_ok=True)
    write_json(
        folder / "job.json",
        {
            "kind": kind,
            "state": "queued",
            "started": time.time(),
            "locks": str(locks) if locks else "",
        },
    )
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
            creationflags=_APART,
        )
    write_json(
        folder / "process.json", {"pid": process.pid, "born": _born(process.pid), "kind": kind}
    )
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie is left behind
    return _load(folder) or Job(folder, kind, "queued")


def read(folder: Path) -> Job | None:
    """The job of a folder; one whose process is gone without a last word counts as failed."""
    job = _load(folder)
    if job and job.alive and not _lives(folder, job):
        job = _load(folder)  # it may have said its last word between the two looks
        if job and job.alive:
            return replace(job, state="failed", seconds_left=None, error="job_killed")
    return job


def stop(folder: Path) -> None:
    """Ask a job to end after its current step."""
    job = read(folder)
    if job and job.alive:
        (folder / "STOP").touch()


def end(folder: Path, patience: float = 10.0) -> None:
    """Ask, wait some seconds, then end the process and all that it started."""
    stop(folder)
    process = _process(folder)
    if process is None:
        return
    try:
        process.wait(patience)
    except psutil.TimeoutExpired:
        for each in [*process.children(recursive=True), process]:
            _terminate(each)
    except psutil.NoSuchProcess:
        return


def follow(folder: Path, pause: float = 0.3) -> Iterator[Job]:
    """The job again and again until it has ended; the last one is its end."""
    while True:
        job = read(folder)
        if job is None:
            return
        yield job
        if not job.alive:
            return
        time.sleep(pause)


def find(folder: Path) -> list[Job]:
    """All jobs below a folder, the newest last."""
    found: list[Job | None] = []
    for place, folders, files in os.walk(folder):  # bears with folders that vanish meanwhile
        folders[:] = [name for name in folders if name not in _NO_JOBS]
        if "job.json" in files:
            found.append(read(Path(place)))
    return sorted((job for job in found if job), key=lambda job: job.started)


# --- inside the child


class Me:
    """The child's own view of its job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state: dict[str, Any] = dict(read_json(folder / "job.json") or {"kind": "job"})
        self._told = 0.0

    def report(self, fraction: float, seconds_left: float | None = None, **numbers: Any) -> None:
        """Progress; written at most twice a second, so it may be called at every step."""
        kept = {**self._state.get("numbers", {}), **numbers}
        self._state |= {"fraction": fraction, "seconds_left": seconds_left, "numbers": kept}
        if time.monotonic() - self._told > 0.5:
            self._tell()

    def stop_wanted(self) -> bool:
        """Whether somebody asked this job to end."""
        return (self.folder / "STOP").exists()

    def _tell(self, **changes: Any) -> None:
        self._state |= {**changes, "updated": time.time()}
        self._told = time.monotonic()
        write_json(self.folder / "job.json", self._state)

    def _last_word(self, **changes: Any) -> None:
        """On a full disk the new text goes over the old one, which needs no room."""
        try:
            self._tell(**changes)
        except DiskFull:
            text = json.dumps(self._state, ensure_ascii=False).encode()
            with (self.folder / "job.json").open("r+b") as stream:
                stream.write(text)
                stream.truncate()

    def _wait_for_place(self) -> FileLock | None:
        locks = self._state.get("locks")
        if not locks:
            return None
        place = FileLock(Path(locks) / "heavy.lock")
        Path(locks).mkdir(parents=True, exist_ok=True)
        while True:
            try:
                place.acquire(timeout=0.5)
                return place
            except Timeout:
                if self.stop_wanted():
                    raise Stopped from None


class Stopped(Exception):
    """Raised inside a child to end as `stopped`."""


@contextmanager
def job_process(folder: Path) -> Iterator[Me]:
    """Take the place, run the body, and leave the right last word in job.json whatever happens."""
    me = Me(folder)
    place = None
    try:
        place = me._wait_for_place()
        me._tell(state="running", worked_from=time.time())
        yield me
        me._last_word(state="done", fraction=1.0, seconds_left=0)
    except Stopped:
        me._last_word(state="stopped")
    except BaseException as error:
        with suppress(OSError):  # the log has no room either
            traceback.print_exc()
        code, values = _cause(error, folder)
        me._last_word(state="failed", error=code, values=values)
        raise SystemExit(1) from error
    finally:
        if place:
            place.release()


def _cause(error: BaseException, folder: Path) -> tuple[str, dict[str, Any]]:
    if isinstance(error, TunePathError):
        return error.code, error.values
    if number := _FULL.search(str(error)):
        error = OSError(int(number[1]), "")
    if isinstance(error, OSError):
        full = DiskFull.or_same(error, folder)
        if isinstance(full, DiskFull):
            return full.code, full.values
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "out_of_memory", {}
    return "job_crashed", {}


# --- the process behind a folder


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in _SECRET)
    }
    path = os.pathsep.join(filter(None, (str(_SOURCE), kept.get("PYTHONPATH", ""))))
    given = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"}
    # Threads that spin for long while they wait take the cores from whoever has work. A short spin
    # answers 10 tokens a second on a busy machine instead of 6, and costs nothing on a quiet one,
    # where no spin at all makes a training step a third slower (SmolLM2, two cores).
    return {"GOMP_SPINCOUNT": SPINS, **kept, **given}


def _load(folder: Path) -> Job | None:
    try:
        raw = read_json(folder / "job.json")
    except ValueError:
        return None
    if not isinstance(raw, dict):
        return None
    names = ("kind", "state", "fraction", "seconds_left", "started", "numbers", "error", "values")
    return Job(folder, **{name: raw[name] for name in names if name in raw})


def _born(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def _process(folder: Path) -> psutil.Process | None:
    """The process that process.json names, unless its number has been given to another since."""
    known = read_json(folder / "process.json")
    if not known:
        return None
    try:
        process = psutil.Process(known["pid"])
        same = abs(process.create_time() - known["born"]) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _lives(folder: Path, job: Job) -> bool:
    if (folder / "process.json").exists():
        return _process(folder) is not None
    return time.time() - job.started < _GRACE


def _terminate(process: psutil.Process) -> None:
    try:
        process.terminate()
    except psutil.Error:
        return
