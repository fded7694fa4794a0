"""The rules of the house: who imports whom, how large a file gets, what never stands in it."""

import ast
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from data.stages import STAGES, WORKFLOW

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("data", "tools", "agent", "ui")
ROOMS = {*STAGES, WORKFLOW, "learn"}
HEAVY = {"torch", "transformers", "peft", "datasets", "gguf"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: relative imports hide who imports whom"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(dotted: str) -> str:
    """The stage that a module belongs to, or nothing: tools.<stage>.…, ui.panels.<stage>."""
    parts = dotted.split(".")
    place = {"tools": 1, "ui": 2}.get(parts[0], 99)
    return parts[place] if len(parts) > place and parts[place] in ROOMS else ""


def text_files() -> list[Path]:
    """What is or would be committed; in a copy without git, what such a copy holds."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    files = [ROOT / line for line in names] or [*sources(*FLOORS, "tests"), *ROOT.glob("*.*")]
    kinds = {".py", ".md", ".toml", ".txt", ".css", ".js", ".json", ".jsonl", ".csv", ""}
    return [path for path in files if path.is_file() and path.suffix in kinds]


def test_imports_only_go_down_and_ui_never_imports_tools() -> None:
    for path in sources(*FLOORS):
        own = path.relative_to(ROOT).parts[0]
        for target in imports(path):
            floor = target.split(".")[0]
            if floor in FLOORS:
                assert FLOORS.index(floor) <= FLOORS.index(own), f"{name(path)} imports {target}"
                assert (own, floor) != ("ui", "tools"), f"{name(path)} imports {target}"
            assert floor != "tests", f"{name(path)} imports {target}"


def test_stages_never_import_each_other_and_what_they_share_imports_no_stage() -> None:
    for path in sources("tools", "ui/panels"):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if own == "tools.registry":  # the one list of all tools
            continue
        for target in imports(path):
            same_floor = target.split(".")[0] == own.split(".")[0]
            strange = same_floor and room(target) not in ("", room(own))
            gathers = own.startswith("ui.") and not room(own)  # a file that lays out all panels
            assert not strange or gathers, f"{own} imports {target}"


def test_every_package_folder_has_an_init_file() -> None:
    for path in sources(*FLOORS, "tests"):
        assert (path.parent / "__init__.py").exists(), name(path.parent)


def test_the_app_starts_without_the_libraries_that_train() -> None:
    code = "import sys, ui.app, ui.cli, agent.session; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    for target in imports(ROOT / "ui" / "setup.py"):
        assert target.split(".")[0] in sys.stdlib_module_names, target


def test_every_library_that_the_code_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["test"]
    names = {re.split(r"[\[<>=!~ ]", line)[0].lower().replace("_", "-") for line in declared}
    known = packages_distributions()
    for path in sources(*FLOORS, "tests"):
        for target in imports(path):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top in (*FLOORS, "tests", "app"):
                continue
            owners = {owner.lower().replace("_", "-") for owner in known.get(top, [])}
            assert owners & names, f"{name(path)} imports {top}, which pyproject.toml lacks"


def test_requirements_for_spaces_are_the_same_libraries_in_the_same_ranges() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    plain = {line for line in lines if line and not line.startswith(("#", "torch"))}
    assert plain == {line for line in project["dependencies"] if not line.startswith("torch")}


def test_no_file_is_over_400_lines_and_no_function_over_60() -> None:
    long: list[str] = []
    for path in sources(*FLOORS, "tests"):
        text = path.read_text("utf-8")
        long += [f"{name(path)}: {text.count(chr(10))}"] * (text.count("\n") > 400)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                long += [f"{name(path)}: {node.name} {lines}"] * (lines > 60)
    assert not long


def test_no_text_names_a_folder_of_the_machine_it_was_written_on() -> None:
    for path in text_files():
        found = re.search(r"(?<![\w.:/])/(?:root|work|home)/\w+", path.read_text("utf-8"))
        assert not found, f"{name(path)}: {found}"


def test_chinese_stands_in_code_only_where_it_is_understood_or_marked() -> None:
    found: list[str] = []
    for path in sources(*FLOORS):
        text = path.read_text("utf-8")
        marked = name(path).startswith("agent/guide") or "# word list" in text
        if marked or name(path) == "ui/setup.py":  # whose one sentence must precede TOML
            continue
        found += [f"{name(path)}: {match}" for match in re.findall(r"[\u4e00-\u9fff]+", text)]
    assert not found, "sentences belong in data/words; a list of words to understand is marked"


def test_a_socket_beyond_this_machine_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_a_socket_to_this_machine_is_let_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
