"""Tool: plan a run. Numbers from the rows (derive.py), time and memory from a few real steps."""

import shutil
import time
from pathlib import Path

from data.errors import DiskFull, NotReady
from data.files import read_json, read_lines, write_json
from data.records import BaseModelChoice, TrainPlan
from data.say import duration, say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.shared.answering import rows_of
from tools.train.derive import EXPLAINED, derive, risks

PATIENCE, IN_LINE = 90.0, 15.0
"""Seconds that the few steps may take in all, and that they may wait for another heavy job: while a
training runs, waiting longer gives no figures, only a person who waits."""
FATAL = ("nothing_graded", "template_unfit", "starter_missing")
"""Faults of the trial steps that the run itself would meet too."""


@tool(stage="train", needs=("Dataset", "BaseModelChoice"), leaves="TrainPlan")
def plan_run(
    context: Context,
    epochs: int = 0,
    learning_rate: float = 0.0,
    rank: int = 0,
    batch_rows: int = 0,
    max_length: int = 0,
) -> Outcome:
    """Plan the training run: derive every number from the rows, try a few real steps to measure
    time and memory, show the plan with reasons. Takes up to a minute. Leave an argument at 0 unless
    the person named that number; numbers named before are kept. All at 0 plans anew."""
    project, language = context.project, context.language
    choice = project.read(BaseModelChoice)
    rows = rows_of(read_lines(project.train_file))
    if choice is None or not rows:
        raise NotReady("needs_dataset")
    named = {
        "epochs": epochs,
        "learning_rate": learning_rate,
        "rank": rank,
        "batch_rows": batch_rows,
        "max_length": max_length,
    }
    wishes = _wishes(project.read(TrainPlan), named)
    held_out = len(read_lines(project.held_out_file))
    plan = derive(rows, held_out, choice.name, language, wishes)
    figures, trouble = _try_steps(context, plan)
    too_long = int(figures.get("cut_rows", 0))
    if too_long:
        plan = derive(rows, held_out, choice.name, language, wishes, too_long)
    plan = timed(plan, figures).model_copy(update={"wishes": wishes})
    project.write(plan)
    said = [say(f"train.{trouble or 'planned'}", language)]
    if too_long:
        said.append(say("train.cut", language, count=too_long, tokens=plan.max_length))
    said += risks(plan, rows, wishes, language).values()
    facts = plan.model_dump(exclude={"reasons"}) | {"rows_too_long": too_long}
    return Outcome(("" if language == "zh" else " ").join(said), card(plan, language), facts)


def _wishes(before: TrainPlan | None, named: dict[str, float]) -> dict[str, float]:
    """The person's numbers: those named now and, as one is changed after another, those before."""
    now = {name: value for name, value in named.items() if value}
    return {**before.wishes, **now} if before and now else now


def timed(plan: TrainPlan, figures: dict[str, float]) -> TrainPlan:
    """The plan with what measuring found; unchanged where it found nothing.

    Looks at the held-out rows: one before the first step, one every evaluate_every, one at the end.
    """
    if not figures:
        return plan
    looks = 1 + -(-plan.steps // plan.evaluate_every)
    each = figures["seconds_per_step"]
    seconds = figures["startup_seconds"] + plan.steps * each + looks * figures["evaluate_seconds"]
    found = {
        "seconds_per_step": each,
        "seconds": seconds,
        "memory_mb": round(figures["memory_mb"]),
    }
    return plan.model_copy(update=found)


def card(plan: TrainPlan, language: str) -> str:
    """The plan as a table: parameter, value, why; below it rows, time and memory."""
    head = [say(f"train.table.{name}", language) for name in ("name", "value", "why")]
    lines = [f"| {' | '.join(head)} |", "| --- | --- | --- |"]
    for name in EXPLAINED:
        title, value = say(f"train.name.{name}", language), f"{getattr(plan, name):g}"
        lines.append(f"| {title} | {value} | {plan.reasons[name]} |")
    counts = {"train": plan.train_rows, "held_out": plan.held_out_rows}
    parts = ["\n".join(lines), say("train.table.rows", language, **counts)]
    if plan.seconds:
        parts.append(say("train.table.takes", language, **takes(plan, language)))
    return "\n\n".join(parts)


def takes(plan: TrainPlan, language: str) -> dict[str, str]:
    """Time and memory of a plan as they are said."""
    return {
        "time": duration(plan.seconds, language),
        "gigabytes": f"{plan.memory_mb / 1024:.1f}",
    }


def _try_steps(context: Context, plan: TrainPlan) -> tuple[dict[str, float], str]:
    """Figures of a few real steps, or none and the key of the sentence that says why."""
    folder = context.project.folder / "train" / "measure"
    _prepare(context, plan, folder)
    settings = context.settings
    arguments = (str(settings.home),)
    jobs.start("measure", "tools.train.measure", folder, locks=settings.locks, arguments=arguments)
    queued = _watch(context, folder)
    figures = read_json(folder / "measure.json")
    if isinstance(figures, dict):
        return figures, ""
    return {}, "planned_busy" if queued else "planned_untimed"


def _prepare(context: Context, plan: TrainPlan, folder: Path) -> None:
    """A folder with the plan and the rows; what an earlier, cut short try left goes first."""
    before = jobs.read(folder)
    if before and before.alive:
        jobs.end(folder, patience=5)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(folder / "plan.json", plan.model_dump(mode="json"))
        for source in (context.project.train_file, context.project.held_out_file):
            shutil.copyfile(source, folder / source.name)
    except FileNotFoundError as error:
        raise NotReady("needs_dataset") from error
    except OSError as error:
        raise DiskFull.or_same(error, folder) from error


def _watch(context: Context, folder: Path) -> bool:
    """Tell how far it is until it ends; True where another job kept the machine.

    Raises NotReady where the person stops it, and a fault that the run itself would meet too.
    """
    begun = time.monotonic()
    for job in jobs.follow(folder):
        queued = job.state == "queued"
        key = "train.measuring_queued" if queued else "train.measuring"
        context.report(job.fraction, say(key, context.language))
        if job.state == "failed" and job.error in FATAL:
            raise job.fault()
        if context.stopped():
            jobs.end(folder, patience=2)
            raise NotReady("measure_stopped")
        waited = time.monotonic() - begun
        if job.alive and waited > (IN_LINE if queued else PATIENCE):
            jobs.end(folder)  # it has loaded its libraries and seen the wish by then
            return queued
    return False
