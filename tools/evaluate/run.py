"""Job process: both models answer, both losses are measured, evaluation.json comes at the end.
`python -m tools.evaluate.run RUN_FOLDER/evaluate BASE_FOLDER`. Knows no chart and no server."""

import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadInput
from data.files import read_lines
from data.project import Project, Run
from data.records import Brief, Compared, Dataset, Evaluation, TrainPlan
from tools.evaluate.loss import mean_loss, whole_rows
from tools.evaluate.questions import Question, questions
from tools.jobs import Me, Stopped, job_process
from tools.shared.answering import answering, rows_file, rows_of
from tools.shared.graded import Encoded
from tools.shared.local_model import LocalModel, load
from tools.shared.starter import ensure

HELD_OUT_LOSS = 64
"""Held-out rows that the loss is measured on: a few seconds on two cores, and steady enough."""
_LOSS_SHARE = 0.2
"""A row's loss takes about a fifth of the time of an answer: no words are made one by one."""


@dataclass(frozen=True)
class Work:
    """What both models do alike."""

    asked: list[Question]
    rows: list[Encoded]
    max_new_tokens: int


class Progress:
    """Counts units of work; the time left follows from the time that those before have taken."""

    def __init__(self, me: Me, total: float) -> None:
        self._me, self._total, self._done = me, max(total, 1e-9), 0.0
        self._begun = time.monotonic()

    def step(self, units: float, doing: str) -> None:
        """One more piece is done. Raises Stopped where somebody asked for it."""
        self._done += units
        passed = time.monotonic() - self._begun
        left = passed / self._done * (self._total - self._done)
        self._me.report(min(self._done / self._total, 0.99), left, doing=doing)
        self.check()

    def check(self) -> None:
        """Raises Stopped where somebody asked for it."""
        if self._me.stop_wanted():
            raise Stopped


def main(folder: Path, base: Path) -> None:
    """Compare, and leave the Evaluation in the run's folder."""
    run = Run(folder.parent)
    project = Project(run.folder.parents[2])
    with job_process(folder) as me:
        # A fresh or moved home may lack the base; it is made again from its package.
        there = ensure(base.parents[1], base.name, lambda part, _: me.report(0.0))
        run.write(_evaluate(me, project, run, there))


def _evaluate(me: Me, project: Project, run: Run, base: Path) -> Evaluation:
    plan = run.read(TrainPlan)
    if plan is None or project.read(Dataset) is None:
        raise BadInput("run_damaged", run=run.name)
    held_out = rows_file(run, project.held_out_file)
    voice = load(base)
    unseen = rows_of(read_lines(held_out))[:HELD_OUT_LOSS]
    rows = whole_rows(voice.tokenizer, unseen, plan.max_length)
    how = answering(project, run, voice.length)
    asked = questions(held_out, project.read(Brief), how.system)
    work = Work(asked, rows, how.max_new_tokens)
    progress = Progress(me, 2 * (len(asked) + _LOSS_SHARE * len(rows)))
    base_loss, base_answers = _measure(voice, work, progress, "base")
    del voice  # two models at once would double the memory
    gc.collect()
    tuned_loss, tuned_answers = _measure(load(base, run.adapter), work, progress, "tuned")
    return Evaluation(
        run=run.name,
        base_loss=base_loss,
        tuned_loss=tuned_loss,
        held_out_rows=len(rows),
        items=tuple(map(_compared, asked, base_answers, tuned_answers)),
    )


def _measure(
    model: LocalModel, work: Work, progress: Progress, doing: str
) -> tuple[float, list[str]]:
    def told() -> None:
        progress.step(_LOSS_SHARE, doing)

    loss = mean_loss(model, work.rows, told)
    return loss, list(_answers(model, work, progress, doing))


def _answers(model: LocalModel, work: Work, progress: Progress, doing: str) -> Iterator[str]:
    for question in work.asked:
        yield model.answer(question.messages, work.max_new_tokens)
        progress.step(1.0, doing)


def _compared(question: Question, base: str, tuned: str) -> Compared:
    return Compared(
        kind=question.kind,
        question=question.text,
        messages=question.messages,
        expected=question.expected,
        base=base,
        tuned=tuned,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
