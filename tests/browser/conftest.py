"""Chromium at two sizes, and the real page as a process of its own with a home of its own."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.check import browser as find_browser
from tests.fixtures import STARTER

ROOT = Path(__file__).resolve().parents[2]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
]
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
Opened = Callable[..., Page]


@pytest.fixture(scope="module")  # its event loop must not outlive the browser tests
def chromium() -> Iterator[Browser]:
    """A Chromium; every test that needs one is skipped, with the reason, where there is none."""
    found = find_browser()
    if found is None:
        pytest.skip("no chromium on this machine: python -m tests.check says how to get one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def home_folder(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Path:
    """A home with the real starter model, for the page's process."""
    folder = tmp_path_factory.mktemp("page") / "home"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / STARTER).symlink_to(starter, target_is_directory=True)
    return folder


@pytest.fixture(scope="module")
def app(home_folder: Path) -> Iterator[str]:
    """The page's address; its process ends with the tests, by its own number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home_folder.parent / "page.log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.app", "--port", str(port), "--no-browser"],
        cwd=ROOT,
        env={**os.environ, "TUNEPATH_HOME": str(home_folder), "LC_ALL": "C.UTF-8"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.seek(0)
        said = log.read()
        log.close()
    assert "Traceback" not in said, said


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the page's process ended at once"
        try:
            urllib.request.urlopen(f"{address}/config", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the page never answered")


@pytest.fixture
def opened(chromium: Browser, app: str) -> Iterator[Opened]:
    """Opens the page as a visitor with a browser of their own; page errors fail the test."""
    contexts, errors = [], []

    def open_(
        size: str = "desktop",
        locale: str = "en-US",
        new: bool = True,
        context: Any = None,
        **more: Any,
    ) -> Page:
        if context is None:
            context = chromium.new_context(
                locale=locale, reduced_motion="reduce", **SIZES[size], **more
            )
            context.set_default_timeout(20_000)
            context.route(lambda url: not url.startswith(app), lambda route: route.abort())
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(app)
        expect(page.locator("#composer textarea")).to_be_editable()
        expect(page.locator("#name h1")).not_to_be_empty()
        if new:
            press_new(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors, errors


def press_new(page: Page) -> None:
    """A fresh project of the test's own."""
    page.locator("#new").click()
    expect(page.locator("#chat .bot-row")).to_have_count(1)
    expect(page.locator("#chat .option")).to_have_count(3)


@pytest.fixture
def shot(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Page, str], None]:
    """Leaves a picture in the folder that TUNEPATH_SHOTS names, else in the test's own."""
    folder = Path(os.environ.get("TUNEPATH_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    test = re.sub(r"\W+", "-", request.node.name).strip("-")

    def take(page: Page, name: str) -> None:
        try:
            page.screenshot(path=folder / f"{test}-{name}.png", animations="disabled")
        except Exception as error:  # a picture is no reason to fail
            warnings.warn(f"no picture {name}: {error}", stacklevel=2)

    return take
