"""The road as commands: the same tools, gates and approvals as the page, step after step."""

from pathlib import Path
from typing import Any

from agent import commands
from agent.session import Session
from data.errors import BadInput, JobFailed, Missing
from data.project import Project
from data.records import BaseModelChoice, Dataset
from data.say import say, time_left, words
from ui.terminal import Screen, Turn

STARTER = "smollm2-135m-instruct"


def train(
    session: Session, screen: Screen, data: Path | None, changes: dict[str, Any], yes: bool
) -> dict[str, Any]:
    """Whatever is missing up to a plan, then the run, to its end; one that was cut short goes on,
    unless data or numbers are given.

    Returns run, adapter and held_out_loss {before, after}. Raises TunePathError.
    """
    project = session.project
    if not data and not changes and commands.cut_short(project):
        approve(session, screen, session.call("train_resume", {}), yes)
    else:
        _plan_and_start(session, screen, data, changes, yes)
    wait(session, screen)
    run = project.finished_run()
    if run is None:
        raise Missing("run_missing")
    screen.show(session.notice())
    return {"run": run.name, "adapter": str(run.adapter), "held_out_loss": held_out(project)}


def _plan_and_start(
    session: Session, screen: Screen, data: Path | None, changes: dict[str, Any], yes: bool
) -> None:
    project = session.project
    if data:
        must(screen, session.call("dataset_import_file", {"file": session.keep(data)}))
    if data or project.read(Dataset) is None:
        must(screen, session.call("dataset_freeze", {}))
    if project.read(BaseModelChoice) is None:
        must(screen, session.call("base_model_choose", {"name": STARTER}))
    must(screen, session.call("train_plan_run", changes))
    approve(session, screen, session.call("train_start", {}), yes)


def publish(session: Session, screen: Screen, yes: bool) -> dict[str, Any]:
    """A bundle of the newest finished run. Returns its folder. Raises TunePathError."""
    approve(session, screen, session.call("publish_bundle", {}), yes)
    wait(session, screen)
    return {"bundle": str(session.project.bundle())}


def must(screen: Screen, events: Any) -> Turn:
    """Show a turn whose tools all have to succeed; the first that did not is raised."""
    turn = screen.show(events)
    failed = [tool for tool in turn.tools if not tool["ok"]]
    if turn.error or failed:
        raise BadInput("step_failed", text=turn.error or turn.replies[0])
    return turn


def approve(session: Session, screen: Screen, events: Any, yes: bool) -> Turn:
    """Show a turn that asks; go on after a yes given beforehand or typed now."""
    turn = must(screen, events)
    if turn.asks is None:
        return turn
    if not yes:
        print(say("cli.approve", session.language), end=" ", file=screen.out, flush=True)
        yes = input().strip().lower() in words("agent.meaning.yes", session.language)
    answered = must(screen, session.answer(turn.asks["id"], yes))
    if not yes:
        raise BadInput("not_approved")
    return answered


def wait(session: Session, screen: Screen) -> None:
    """Follow the running job to its end. Ctrl-C asks it to save and stop. Raises its fault."""
    last = None
    try:
        for last in commands.follow(session.project):
            what = say(f"agent.job.{last.kind}", session.language)
            left = time_left(last.seconds_left, session.language)
            screen.progress(f"· {what} {last.fraction:.0%} {left}")
    except KeyboardInterrupt:
        commands.stop(session.project)
        raise BadInput("stopped_by_hand") from None
    screen.line()
    if last and last.state == "failed":
        raise last.fault()
    if last and last.state == "stopped":
        raise JobFailed("job_stopped")


def held_out(project: Project) -> dict[str, float]:
    """Held-out loss before and after the newest finished run, in nats a graded token."""
    from data.files import read_json

    run = project.finished_run()
    done = read_json(run.folder / "done.json") if run else None
    return dict(done["held_out_loss"]) if done else {}
