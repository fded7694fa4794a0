"""What the command line does beside the conversation: judge a file, read a curve, follow a job."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent import view
from data.project import Project
from data.records import LossReading
from data.say import say
from tools import jobs


def route(text: str) -> dict[str, Any]:
    """What a wish needs, and why, by the words alone; see tools.plan.route."""
    from tools.plan.route import route as route_text

    return route_text(text)


def route_line(line: str) -> dict[str, Any]:
    """The same for a JSON string; a line that is none gets a document with `error`."""
    try:
        text = json.loads(line)
    except (ValueError, RecursionError):  # no JSON, or brackets without end
        text = None
    if not isinstance(text, str):
        return {"error": say("cli.route.no_string", "en")}
    return route(text)


def check(file: Path, language: str) -> dict[str, Any]:
    """Judge a data file as the import would, changing nothing. Raises BadInput, Missing."""
    from tools.dataset.check import check_file

    return check_file(file, language)


def read_loss(file: Path, language: str) -> LossReading:
    """Name the shape of a curve in a metrics.jsonl, trainer_state.json or CSV. Raises BadInput."""
    from tools.train.read_loss import read_file

    return read_file(file, language)


def serve(bundle: Path, port: int, ready: Callable[[str, str], None]) -> None:
    """Serve a bundle until interrupted; `ready(url, model)` is called once it answers."""
    os.environ.setdefault("GOMP_SPINCOUNT", jobs.SPINS)  # read when torch is imported
    from tools.publish.server import serve as serve_bundle  # brings torch: only here

    serve_bundle(bundle, port=port, ready=ready)


def follow(project: Project) -> Iterator[jobs.Job]:
    """The project's running job again and again until it has ended."""
    job = view.current_job(project)
    if job:
        yield from jobs.follow(job.folder)


def cut_short(project: Project) -> bool:
    """Whether the newest training run ended before it was done."""
    run = project.run()
    job = jobs.read(run.folder) if run else None
    return job is not None and job.state in ("failed", "stopped")


def stop(project: Project) -> None:
    """Ask the project's running job to end after its current step."""
    job = view.current_job(project)
    if job:
        jobs.stop(job.folder)
