"""What tests ask for by name: a moved home, a project, settings, the starter model."""

import os
import shutil
from pathlib import Path

import pytest

from data.project import Project
from data.settings import Settings, read_settings
from tools.contract import Context

STARTER = "smollm2-135m-instruct"
REAL_HOME = read_settings(os.environ).home
"""Where the set-up put the starter model; tests only read there."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty TUNEPATH_HOME of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("TUNEPATH_HOME", str(folder))
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings of that home; English, no model connected."""
    return Settings(home=home, language="en")


@pytest.fixture
def project(home: Path) -> Project:
    """A new project."""
    return Project.create(home, "test")


@pytest.fixture
def context(project: Project, settings: Settings) -> Context:
    """What a tool is called with; offline, English."""
    return Context(project, settings, "en")


@pytest.fixture(scope="session")
def starter() -> Path:
    """The converted starter model, made once by the set-up; converted now where it is missing."""
    from tools.shared.starter import ensure

    return ensure(REAL_HOME, STARTER, lambda *_: None)


@pytest.fixture
def home_with_starter(home: Path, starter: Path) -> Path:
    """A home that holds the real starter model, linked rather than copied."""
    (home / "models").mkdir()
    try:
        (home / "models" / STARTER).symlink_to(starter, target_is_directory=True)
    except OSError:  # Windows without the right to make links
        shutil.copytree(starter, home / "models" / STARTER)
    return home
