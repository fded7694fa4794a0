"""What README names is there: pictures, files, commands, packages."""

import re
import tomllib
from pathlib import Path

from typer.main import get_command

from ui.cli import cli

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_picture_and_file_that_readme_links_to_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_the_commands_of_readme_are_the_commands_there_are() -> None:
    named = set(re.findall(r"^\| `tunepath ([a-z-]+)", README, re.MULTILINE))
    assert named == set(get_command(cli).commands)  # type: ignore[attr-defined]


def test_every_dependency_has_its_reason_in_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[\[<>=]", line)[0] for line in project["dependencies"]}
    table = README[README.index("## What it stands on") :]
    assert {name for name in names if name not in table} == set()


def test_the_root_holds_what_it_should_and_nothing_else() -> None:
    allowed = {
        *("agent", "data", "tests", "tools", "ui", ".ci", ".git", ".venv", ".gitignore"),
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml"),
        *("app.py", "requirements.txt", "constraints.txt"),
    }
    made = {".ruff_cache", ".pytest_cache", ".hypothesis", "tunepath.egg-info", "__pycache__"}
    assert {path.name for path in ROOT.iterdir()} - allowed - made == set()
