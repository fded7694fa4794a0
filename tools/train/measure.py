"""A few real steps with the real rows: python -m tools.train.measure FOLDER HOME.

The folder holds plan.json and both files; measure.json is left there, the weights thrown away.
"""

import sys
import time
from pathlib import Path

import psutil

from data.errors import BadInput
from data.files import write_json
from data.records import TrainPlan
from tools.jobs import Me, Stopped, job_process
from tools.shared.starter import ensure
from tools.train.batches import steps_of
from tools.train.learner import Learner, read_rows
from tools.train.memory import peak_mb

STEPS = 3
"""Steps that are timed, after one that is not: the first pays for memory and threads."""
LOOKED_AT = 8
"""Held-out rows that are timed; the rest is reckoned from them."""


def main(folder: Path, home: Path) -> None:
    """Time the plan and leave its figures."""
    imports = time.time() - psutil.Process().create_time()
    with job_process(folder) as me:
        plan = TrainPlan.model_validate_json((folder / "plan.json").read_bytes())
        base = ensure(home, plan.base_model, lambda part, _: me.report(part * 0.3, None))
        # Neither waiting in line nor making the model counts: the run itself will do neither.
        figures = _measure(me, plan, base, folder)
        figures["startup_seconds"] += imports
        write_json(folder / "measure.json", figures)


def _measure(me: Me, plan: TrainPlan, base: Path, folder: Path) -> dict[str, float]:
    begun = time.monotonic()
    learner = Learner(base, plan)
    rows = read_rows(
        learner.tokenizer, folder / "train.jsonl", folder / "held_out.jsonl", plan.max_length
    )
    if not rows.train:
        raise BadInput("nothing_graded")
    started = time.monotonic() - begun
    order = steps_of(len(rows.train), plan.batch_rows, plan.epochs, plan.seed)
    times: list[float] = []
    for number, places in enumerate(order[: STEPS + 1], 1):
        at = time.monotonic()
        learner.step([rows.train[place] for place in places], number)
        times.append(time.monotonic() - at)
        me.report(0.4 + 0.5 * number / (STEPS + 1), None, step=number)
        if me.stop_wanted():
            raise Stopped
    looked = rows.held_out[:LOOKED_AT]
    at = time.monotonic()
    learner.held_out_loss(looked)
    look = (time.monotonic() - at) * len(rows.held_out) / max(len(looked), 1)
    timed = times[1:] or times
    return {
        "seconds_per_step": sum(timed) / len(timed),
        "startup_seconds": started,
        "evaluate_seconds": look,
        "memory_mb": peak_mb(),
        "cut_rows": rows.cut,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
