"""Start the local server of the newest bundle and show how to call it."""

import http.client
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

from data.errors import JobFailed, NotReady
from data.project import Project
from data.records import Evaluation
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.publish.snippets import snippets, snippets_card

PATIENCE = 60.0
"""Seconds until the server must answer; reading 0.6 GB into memory takes 5 to 20 on two cores."""
IDLE_HOURS = 6
"""A served model holds about 1 GB of memory, too much for a laptop to keep forgotten overnight;
six hours outlast an evening of showing it to friends."""


@tool(stage="publish", needs=("Publication",))
def serve(context: Context) -> Outcome:
    """Serve the newest published model on this computer at an OpenAI-compatible address, and show
    curl, Python and JavaScript that call it. Where it is served already, shows them again."""
    bundle = context.project.bundle()
    if bundle is None:
        raise NotReady("needs_publication")
    folder = bundle.parent / "server"
    before = jobs.read(folder)
    if before and before.alive and answers(url := str(before.numbers.get("url", ""))):
        return _outcome(context, bundle, url, before, "served_already")
    for old in serving(context.project):  # one model in memory is enough for one person
        jobs.end(old.folder)
    jobs.start("serve", "tools.publish.server", folder, locks=None, arguments=(str(bundle),))
    job = _wait(context, folder)
    return _outcome(context, bundle, str(job.numbers["url"]), job, "served")


def serving(project: Project) -> list[jobs.Job]:
    """The project's servers that are up or coming up."""
    found = jobs.find(project.folder / "publish")
    return [job for job in found if job.kind == "serve" and job.alive]


def answers(url: str) -> bool:
    """Whether the server at an address answers. Asked directly: a proxy can't reach loopback."""
    place = urlsplit(url)
    if not place.hostname:
        return False
    line = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
    try:
        line.request("GET", "/v1/models")
        reply = line.getresponse()
        return reply.status == 200 and json.load(reply)["object"] == "list"
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        line.close()


def _wait(context: Context, folder: Path) -> jobs.Job:
    begun = time.monotonic()
    for job in jobs.follow(folder):
        if not job.alive:
            raise job.fault()
        if answers(str(job.numbers.get("url", ""))):
            return job
        passed = time.monotonic() - begun
        if passed > PATIENCE:
            break
        context.report(min(0.95, passed / PATIENCE), say("publish.loading", context.language))
    jobs.end(folder)
    raise JobFailed("serve_slow", seconds=round(PATIENCE))


def _outcome(context: Context, bundle: Path, url: str, job: jobs.Job, key: str) -> Outcome:
    language, model = context.language, str(job.numbers["model"])
    question = _question(bundle)
    text = say(f"publish.{key}", language, url=url, model=model, hours=IDLE_HOURS)
    facts = {
        "url": url,
        "model": model,
        "bundle": str(bundle),
        "snippets": snippets(url, model, language, question),
    }
    return Outcome(text, snippets_card(url, model, language, question), facts, job="serve")


def _question(bundle: Path) -> str:
    """A question that fits the model: the first one it was compared on."""
    path = bundle / Evaluation.FILE
    if not path.exists():
        return ""
    items = Evaluation.model_validate_json(path.read_bytes()).items
    return items[0].question if items else ""
