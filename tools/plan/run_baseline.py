"""Job process: the starter model answers the Brief's cases by the prompt alone.

`python -m tools.plan.run_baseline PROJECT_FOLDER/plan/baseline HOME`. Knows no verdict.
"""

import sys
import time
from pathlib import Path

from data.alpaca import Turn
from data.errors import NotReady
from data.project import Project
from data.records import Brief
from tools.jobs import Me, Stopped, job_process
from tools.plan.ask_cases import Asked, ask_cases, held, starter_title
from tools.shared.local_model import LocalModel, load
from tools.shared.starter import STARTER, ensure

LONGEST = 200
"""Tokens of an answer: enough to judge by, and about twenty seconds on two cores."""


def main(folder: Path, home: Path) -> None:
    """Answer what is missing; the Baseline is written after each answer."""
    project = Project(folder.parents[1])
    with job_process(folder) as me:
        brief = project.read(Brief)
        if brief is None:
            raise NotReady("needs_brief")
        voice = load(ensure(home, STARTER, lambda part, _: me.report(0.0)))
        _ask(me, project, brief, voice)


def _ask(me: Me, project: Project, brief: Brief, voice: LocalModel) -> None:
    asked = Asked(starter_title(), True, lambda turns: _answer(me, voice, turns))
    kept = held(project, brief, asked.model, True)
    total, begun = len(brief.cases), time.monotonic()
    for new, baseline in enumerate(ask_cases(project, brief, asked, kept), 1):
        done = len(baseline.answers)
        left = (time.monotonic() - begun) / new * (total - done)
        me.report(min(done / total, 0.99), left, done=done, total=total)


def _answer(me: Me, voice: LocalModel, turns: list[Turn]) -> str:
    """The greedy answer. Raises Stopped where somebody asked for it."""
    pieces: list[str] = []
    for piece in voice.stream(turns, LONGEST):
        if me.stop_wanted():
            raise Stopped
        pieces.append(piece)
    return "".join(pieces)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
