"""The training job: python -m tools.train.run RUN_FOLDER, from plan.json to adapter/ and done.json.

Knows nothing of the page; whoever wants to watch reads job.json and metrics.jsonl.
"""

import math
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from data.errors import BadInput, JobFailed
from data.files import append_line, read_lines, write_json, write_lines
from data.project import Run
from data.records import TrainPlan
from tools.jobs import Me, Stopped, job_process
from tools.shared.starter import ensure
from tools.train import checkpoint
from tools.train.batches import steps_of
from tools.train.checkpoint import Progress
from tools.train.learner import Learner, Rows, learning_rate, read_rows
from tools.train.memory import peak_mb
from tools.train.room import check_room


def main(folder: Path) -> None:
    """Train to the end, to a STOP, or to a fault that leaves the last checkpoint."""
    with job_process(folder) as me:
        run = Run(folder)
        plan = run.read(TrainPlan)
        if plan is None:
            raise BadInput("run_damaged", run=run.name)
        check_room(folder)
        home = folder.parents[4]  # <home>/projects/<id>/train/runs/<number>
        base = ensure(home, plan.base_model, lambda part, _: me.report(0, None))
        Sitting(me, run, plan, base).train()


class Sitting:
    """One process working on a run; a resumed run has had several."""

    def __init__(self, me: Me, run: Run, plan: TrainPlan, base: Path) -> None:
        self.me, self.run, self.plan = me, run, plan
        self.learner = Learner(base, plan)
        self.rows = self._rows()
        self.steps = steps_of(len(self.rows.train), plan.batch_rows, plan.epochs, plan.seed)
        # The schedule ends with the last step there is, whatever was reckoned before.
        self.plan = self.learner.plan = plan.model_copy(update={"steps": len(self.steps)})
        self.per_epoch = max(1, -(-len(self.rows.train) // plan.batch_rows))
        self.progress = self._restored()
        self.began = time.monotonic()

    def train(self) -> None:
        """The steps that are left, then the adapter of the best look at the held-out rows."""
        if self.progress.step == 0 and self.progress.first_loss is None:
            self.progress.first_loss = self._look()
            self._write_point({"step": 0, "held_out_loss": self.progress.first_loss})
        for number in range(self.progress.step + 1, len(self.steps) + 1):
            self._one(number)
        self._finish()

    def _one(self, number: int) -> None:
        begun = time.monotonic()
        rows = [self.rows.train[place] for place in self.steps[number - 1]]
        loss, norm = self.learner.step(rows, number)
        point = {
            "step": number,
            "max_steps": len(self.steps),
            "epoch": round(number / self.per_epoch, 4),
            "loss": loss,
            "grad_norm": norm,
            "learning_rate": learning_rate(self.plan, number),
            "tokens": sum(len(row.ids) for row in rows),
        }
        if not math.isfinite(loss) or not math.isfinite(norm):
            self._write_point({**point, "loss": str(loss), "grad_norm": str(norm)})
            raise JobFailed("loss_broken", step=number)
        self.progress.step = number
        if number % self.plan.evaluate_every == 0 or number == len(self.steps):
            point["held_out_loss"] = self._judge()
        point["seconds"] = round(time.monotonic() - begun, 4)
        self._write_point(point)
        if number % self.plan.save_every == 0 and number < len(self.steps):
            self._save()
        self._tell(point)
        if self.me.stop_wanted() and number < len(self.steps):
            self._save()
            raise Stopped

    def _look(self) -> float | None:
        if not self.rows.held_out:
            return None
        loss = self.learner.held_out_loss(self.rows.held_out)
        if not math.isfinite(loss):
            raise JobFailed("loss_broken", step=self.progress.step)
        return loss

    def _judge(self) -> float | None:
        """Look at the held-out rows; the weights are kept when they have never been better."""
        loss = self._look()
        best = self.progress.best_loss
        if loss is None or best is None or loss < best:
            self.progress.best_loss, self.progress.best_step = loss, self.progress.step
            checkpoint.save_best(self.run.folder, self.learner, self.progress.step)
        return loss

    def _finish(self) -> None:
        # Same seconds counted for all sittings; the peak is this process's own.
        best = checkpoint.best(self.run.folder, self.progress.best_step)
        if not checkpoint.whole(best):
            raise JobFailed("best_damaged", run=self.run.name, step=self.progress.best_step)
        shutil.rmtree(self.run.adapter, ignore_errors=True)
        shutil.copytree(best, self.run.adapter)
        before, after = self.progress.first_loss, self.progress.best_loss
        losses = {} if before is None or after is None else {"before": before, "after": after}
        write_json(
            self.run.folder / "done.json",
            {
                "steps": len(self.steps),
                "best_step": self.progress.best_step,
                "held_out_loss": losses,
                "seconds": round(self._seconds(), 1),
                "peak_memory_mb": peak_mb(),
                "trained_rows": len(self.rows.train),
                "cut_rows": self.rows.cut,
            },
        )
        checkpoint.clear(self.run.folder)  # only now: ended before this, it could be picked up

    def _rows(self) -> Rows:
        folder = self.run.folder
        if not (folder / "train.jsonl").exists():
            raise BadInput("run_damaged", run=self.run.name)
        return read_rows(
            self.learner.tokenizer,
            folder / "train.jsonl",
            folder / "held_out.jsonl",
            self.plan.max_length,
        )

    def _restored(self) -> Progress:
        """Go on from the newest whole checkpoint; points past it are written anew."""
        found = checkpoint.newest(self.run.folder)
        checkpoint.drop_past(self.run.folder, found)
        if found is None:
            write_lines(self.run.metrics, [])
            return Progress()
        progress = checkpoint.restore(found, self.learner)
        points = [p for p in read_lines(self.run.metrics) if p["step"] <= progress.step]
        write_lines(self.run.metrics, points)
        return progress

    def _save(self) -> None:
        kept = Progress(**{**vars(self.progress), "seconds": self._seconds()})
        checkpoint.save(self.run.folder, self.learner, kept)

    def _seconds(self) -> float:
        return self.progress.seconds + time.monotonic() - self.began

    def _write_point(self, point: dict[str, Any]) -> None:
        append_line(self.run.metrics, {k: v for k, v in point.items() if v is not None})

    def _tell(self, point: dict[str, Any]) -> None:
        done = point["step"]
        each = self._seconds() / done
        numbers = {k: point[k] for k in ("step", "max_steps", "loss") if k in point}
        if point.get("held_out_loss") is not None:
            numbers["held_out_loss"] = point["held_out_loss"]
        self.me.report(done / len(self.steps), each * (len(self.steps) - done), **numbers)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
