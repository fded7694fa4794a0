"""Plan a run: numbers from the rows, time and memory from a few real steps."""

import shutil
import time
from pathlib import Path

from data.errors import BadInput
from data.files import read_json, read_lines, write_json
from data.records import BaseModelChoice, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.shared.answering import rows_of
from tools.train.derive import derive

PATIENCE = 120.0
"""Seconds the few steps may take, converting the starter model included."""
SHOWN = ("epochs", "learning_rate", "rank", "batch_rows", "max_length", "steps")


@tool(stage="train", needs=("Dataset", "BaseModelChoice"), leaves="TrainPlan")
def plan_run(
    context: Context,
    epochs: int = 0,
    learning_rate: float = 0.0,
    rank: int = 0,
    batch_rows: int = 0,
    max_length: int = 0,
) -> Outcome:
    """Plan the training run: derive every number from the rows, try a few real steps to measure time
    and memory, and show the plan with reasons. Leave an argument at 0 unless the person named it."""
    project, language = context.project, context.language
    choice = project.read(BaseModelChoice)
    rows = rows_of(read_lines(project.train_file))
    if choice is None or not rows:
        raise BadInput("nothing_graded")
    wishes = {
        "epochs": epochs,
        "learning_rate": learning_rate,
        "rank": rank,
        "batch_rows": batch_rows,
        "max_length": max_length,
    }
    held_out = len(read_lines(project.held_out_file))
    plan = derive(rows, held_out, choice.name, language, wishes)
    plan, cut = _measured(context, plan)
    project.write(plan)
    text = say("train.planned" if plan.seconds else "train.planned_untimed", language)
    if cut:
        text += say("train.cut", language, count=cut, tokens=plan.max_length)
    facts = plan.model_dump(exclude={"reasons"})
    return Outcome(text, card=card(plan, language), facts=facts)


def card(plan: TrainPlan, language: str) -> str:
    """The plan as a table: name, value, why."""
    head = [say(f"train.table.{name}", language) for name in ("name", "value", "why")]
    lines = [f"| {' | '.join(head)} |", "| --- | --- | --- |"]
    for name in SHOWN:
        value = f"{getattr(plan, name):g}"
        lines.append(f"| {say(f'train.name.{name}', language)} | {value} | {plan.reasons[name]} |")
    rows = say("train.table.rows", language, train=plan.train_rows, held_out=plan.held_out_rows)
    lines.append(f"\n{rows}")
    if plan.seconds:
        took = say(
            "train.table.takes",
            language,
            time=duration(plan.seconds, language),
            gigabytes=f"{plan.memory_mb / 1024:.1f}",
        )
        lines.append(f"\n{took}")
    return "\n".join(lines)


def duration(seconds: float, language: str) -> str:
    """Seconds or minutes, as a person says them."""
    if seconds < 90:
        return say("train.time.seconds", language, n=max(1, round(seconds)))
    return say("train.time.minutes", language, n=round(seconds / 60))


def _measured(context: Context, plan: TrainPlan) -> tuple[TrainPlan, int]:
    """The plan with seconds and memory, and the rows that are too long; without figures where the
    steps could not be tried in time."""
    figures = _try_steps(context, plan)
    if not figures:
        return plan, 0
    looks = plan.steps // plan.evaluate_every + 2
    each = figures["seconds_per_step"]
    whole = figures["startup_seconds"] + plan.steps * each + looks * figures["evaluate_seconds"]
    timed = {
        "seconds_per_step": each,
        "seconds": whole,
        "memory_mb": int(figures["memory_mb"]),
    }
    return plan.model_copy(update=timed), int(figures.get("cut_rows", 0))


def _try_steps(context: Context, plan: TrainPlan) -> dict[str, float]:
    folder = context.project.folder / "train" / "measure"
    before = jobs.read(folder)
    if before and before.alive:
        jobs.end(folder, patience=2)
    shutil.rmtree(folder, ignore_errors=True)
    write_json(folder / "plan.json", plan.model_dump())
    for source in (context.project.train_file, context.project.held_out_file):
        shutil.copyfile(source, folder / source.name)
    home = str(context.settings.home)
    jobs.start(
        "measure", "tools.train.measure", folder, locks=context.settings.locks, arguments=(home,)
    )
    _watch(context, folder)
    figures = read_json(folder / "measure.json")
    return dict(figures) if figures else {}


def _watch(context: Context, folder: Path) -> None:
    """Tell how far it is; raise a fault that the run itself would meet too."""
    ends = time.monotonic() + PATIENCE
    for job in jobs.follow(folder):
        key = "train.measuring_queued" if job.state == "queued" else "train.measuring"
        context.report(job.fraction, say(key, context.language))
        if job.state == "failed" and job.error in (
            "nothing_graded",
            "template_unfit",
            "starter_missing",
        ):
            raise job.fault()
        if time.monotonic() > ends:
            jobs.end(folder, patience=2)
            return
