"""Run with `make bench`, or `python -m tests.benchmarks page turn route demo` for some of them."""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.connect import connect
from agent.session import Session
from data.project import Project
from data.settings import Settings
from tests.rigs.strict_openai import strict_server
from tools.plan.match import plain
from tools.plan.route import route as route_text

HERE = Path(__file__).parent

Figure = tuple[str, str, str]
"""What, measured, wanted."""


def page(home: Path) -> list[Figure]:
    """Seconds from starting the page's process until it answers; median of five starts."""
    seconds = sorted(_start_page(home) for _ in range(5))
    shown = f"{statistics.median(seconds):.1f} s (from {seconds[0]:.1f} to {seconds[-1]:.1f})"
    return [("page reachable after start", shown, "6 s")]


def _start_page(home: Path) -> float:
    port = 17860
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.app", "--port", str(port), "--no-browser"],
        env={**os.environ, "TUNEPATH_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.monotonic() - began < 60:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the page did not come up")
    finally:
        process.terminate()
        process.wait()


def turn(home: Path) -> list[Figure]:
    """A turn through the session, less the same request made by the chat model alone."""
    settings = Settings(home=home, language="en")
    with strict_server(lambda _: {"text": "Fine. What comes next is the data."}) as server:
        connection = connect(server.url, "sk-test-canary", "scripted")
        session = Session(Project.create(home), settings, connection)
        list(session.send("Hello, here is my idea."))  # the first turn also imports and compiles
        whole, alone = [], []
        for number in range(15):
            whole.append(_timed(lambda n=number: list(session.send(f"And then? {n}"))))
            alone.append(_timed(lambda: list(connection.model.stream("And then?"))))
    over = [1000 * (a - b) for a, b in zip(whole, alone, strict=True)]
    shown = f"{statistics.median(over):.0f} ms (worst of 15: {max(over):.0f})"
    return [("chat turn beyond the model's time", shown, "150 ms")]


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def route(home: Path) -> list[Figure]:
    """The classifier on messages that it was not trained on, facts and time included.

    A fact counts as invented if a stretch of it does not stand in the message.
    """
    lines = (HERE / "route_held_out.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    route_text("a bot 机器人")  # loads the weights and compiles the patterns of both languages
    timed = [_with_time(lambda t=each["text"]: route_text(t)) for each in asked]
    seconds = [each for each, _ in timed]
    pairs = [(each, found) for each, (_, found) in zip(asked, timed, strict=True)]
    untaught = [(a, f) for a, f in pairs if a["route"] not in ("finetune", "both")]
    wrongly = sum(f["route"] == "finetune" for _, f in untaught) / len(untaught)
    invented = sum(_invented(a["text"], f["facts"]) for a, f in pairs)
    worst = 1000 * max(seconds)
    return [
        *(_accuracy(pairs, language) for language in ("zh", "en")),
        ("fine-tune when it should not", f"{wrongly:.1%}", "5 %"),
        ("invented facts", f"{invented} in {len(pairs)} messages", "0"),
        ("one message read", f"{1000 * statistics.median(seconds):.1f} ms ({worst:.1f})", "20 ms"),
    ]


def _accuracy(pairs: list[tuple[dict[str, Any], dict[str, Any]]], language: str) -> Figure:
    right = [a["route"] == f["route"] for a, f in pairs if a["language"] == language]
    share = f"{sum(right) / len(right):.1%} of {len(right)}"
    return (f"routes right ({language})", share, "85 % at least")


def _invented(text: str, facts: dict[str, str | None]) -> int:
    said = "".join(plain(text).split())
    stretches = [
        part
        for name, value in facts.items()
        if value and name != "language"
        for part in value.split("; ")
    ]
    return sum("".join(plain(part).split()) not in said for part in stretches)


def _with_time(work: Callable[[], dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    began = time.monotonic()
    made = work()
    return time.monotonic() - began, made


def demo(home: Path) -> list[Figure]:
    """Both demos, each in an empty home, so that converting the starter model counts too."""
    figures = []
    for language in ("zh", "en"):
        with tempfile.TemporaryDirectory() as empty:
            result = _demo(language, Path(empty))
        before, after = (result["held_out_loss"][when] for when in ("before", "after"))
        loss = f"{before:.2f} -> {after:.2f}"
        figures += [
            (f"demo ({language})", f"{result['seconds']:.0f} s", "300 s"),
            (f"demo ({language}), peak memory", f"{result['peak_memory_mb']} MB", "3072 MB"),
            (f"demo ({language}), held-out loss", loss, "lower"),
        ]
    return figures


def _demo(language: str, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "ui.cli", "demo", "--language", language, "--json"]
    environment = {**os.environ, "TUNEPATH_HOME": str(home)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def machine() -> str:
    """Processor, cores and Python, so that a figure can be read."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def main(names: list[str]) -> None:
    """Measure what is named, or all, and print the table."""
    known = {"page": page, "turn": turn, "route": route, "demo": demo}
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names or known:
            for what, measured, wanted in known[name](Path(folder)):
                print(f"{what:<40} {measured:<28} aim {wanted}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
