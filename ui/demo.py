"""`tunepath demo`: walks the whole road by itself on a shipped sample, printing what a person sees.

Every step goes through the same conversation as a person's: words and buttons in, events out.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from agent.session import Session
from data.errors import BadInput
from data.records import Brief, Decision, Evaluation
from data.say import say
from ui.road import approve, held_out, must, wait
from ui.terminal import Screen, Turn

SHOWN = 3
"""Questions shown at the end, answered by base and tuned model."""
QUESTIONS = 6
"""Answers to questions that the demo gives before it says that something is wrong."""
SAMPLE = {"zh": "grandma_zh", "en": "support_en"}


def walk(session: Session, screen: Screen, language: str) -> dict[str, Any]:
    """The road from idea to bundle. Returns what `demo --json` prints. Raises TunePathError."""
    began = time.monotonic()
    with _memory_watched() as peak:
        screen.line(say("cli.demo.title", language) + "\n")
        _plan(session, screen, language)
        _prepare(session, screen, language)
        _train_and_judge(session, screen, language)
    evaluation = _evaluation(session)
    result = {
        "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": peak[0] // 2**20,
        "held_out_loss": held_out(session.project),
        "project": session.project.id,
        "bundle": str(session.project.bundle()),
        "answers": _answers(evaluation),
    }
    _tell(result, screen, language)
    return result


def _plan(session: Session, screen: Screen, language: str) -> None:
    turn = _say(session, screen, say("cli.demo.idea", language))
    for _ in range(QUESTIONS):
        if session.project.read(Brief) is not None:
            break
        turn = _say(session, screen, turn.options[0]["value"])
    _press(session, screen, "brief_fits")
    decision = session.project.read(Decision)
    if decision is not None and not decision.route.trains:
        _press(session, screen, "train_anyway")


def _prepare(session: Session, screen: Screen, language: str) -> None:
    turn = _press(session, screen, f"sample_{SAMPLE[language]}")
    drop = say("agent.option.drop_flagged", language)
    if any(option["value"] == drop for option in turn.options):
        _press(session, screen, "drop_flagged")
    _press(session, screen, "freeze")
    _press(session, screen, "use_starter")


def _train_and_judge(session: Session, screen: Screen, language: str) -> None:
    _press(session, screen, "make_plan")
    for option in ("start", "compare", "publish"):
        text = say(f"agent.option.{option}", language)
        screen.line(say("cli.demo.you", language, text=text) + "\n")
        approve(session, screen, session.send(text), yes=True)
        wait(session, screen)
        screen.show(session.notice())


def _press(session: Session, screen: Screen, option: str) -> Turn:
    return _say(session, screen, say(f"agent.option.{option}", session.language))


def _say(session: Session, screen: Screen, text: str) -> Turn:
    screen.line(say("cli.demo.you", session.language, text=text) + "\n")
    return must(screen, session.send(text))


def _evaluation(session: Session) -> Evaluation:
    run = session.project.finished_run()
    evaluation = run.read(Evaluation) if run else None
    if evaluation is None:
        raise BadInput("demo_incomplete")
    return evaluation


def _answers(evaluation: Evaluation) -> list[dict[str, Any]]:
    unseen = [item for item in evaluation.items if item.kind == "held_out"][:SHOWN]
    keys = {"question", "messages", "base", "tuned"}
    return [item.model_dump(mode="json", include=keys) for item in unseen]


def _tell(result: dict[str, Any], screen: Screen, language: str) -> None:
    minutes, seconds = divmod(round(result["seconds"]), 60)
    screen.line(say("cli.demo.done", language, minutes=minutes, seconds=seconds) + "\n")
    for item in result["answers"]:
        screen.line(say("cli.demo.question", language, text=item["question"]))
        screen.line("  " + say("cli.demo.base", language, text=" ".join(item["base"].split())))
        screen.line("  " + say("cli.demo.tuned", language, text=" ".join(item["tuned"].split())))
        screen.line()
    loss = {name: f"{value:.2f}" for name, value in result["held_out_loss"].items()}
    screen.line(say("cli.demo.loss", language, **loss))
    screen.line(say("cli.demo.serve", language, bundle=result["bundle"]))


@contextmanager
def _memory_watched() -> Iterator[list[int]]:
    """The greatest sum of resident memory over this process and all that it started, in bytes."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        here = psutil.Process()
        while not over.wait(0.25):
            peak[0] = max(peak[0], sum(_resident(p) for p in [here, *_children(here)]))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
