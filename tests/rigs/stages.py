"""A project at any stage of the road, written by hand in no time; holds no model."""

from pathlib import Path

from data.files import write_json, write_lines
from data.project import Project
from data.records import (
    BaseModelChoice,
    Brief,
    Case,
    Compared,
    Decision,
    Evaluation,
    Facts,
    LossReading,
    Publication,
    Route,
    TrainPlan,
    Turn,
)
from tests.tools.train.ready import write_rows

EVERY = ("plan", "workflow", "dataset", "base_model", "train", "evaluate", "publish", "published")
"""Stages, and `published`: the last one with its bundle."""


def project_at(home: Path, stage: str, name: str = "") -> Project:
    """A project whose next step belongs to `stage`."""
    project = Project.create(home, name or stage.replace("_", "-"))
    project.write(Facts(aim="a bot in our tone", need="manner"))
    for number, reach in enumerate((_plan, _rows, _base, _finished, _judged, _packed)):
        if number < (0, 1, 1, 2, 3, 4, 5, 6)[EVERY.index(stage)]:
            reach(project)
    if stage == "workflow":
        project.write(decision(Route.LOOKUP))
    return project


def decision(route: Route) -> Decision:
    """A decision for a road."""
    return Decision(route=route, reasons=("r",), cost="c", cheaper_first="", would_change="w")


def plan() -> TrainPlan:
    """Three steps on a base that is called tiny."""
    return TrainPlan(
        base_model="tiny",
        epochs=1,
        learning_rate=1e-3,
        rank=2,
        alpha=4,
        batch_rows=8,
        max_length=128,
        steps=3,
        warmup_steps=1,
        evaluate_every=1,
        save_every=1,
        train_rows=24,
        held_out_rows=4,
        seconds=60.0,
    )


def _plan(project: Project) -> None:
    cases = tuple(Case(question=f"Case {n}?", passes="kind", fails="cold") for n in range(3))
    project.write(
        Brief(
            aim="a bot in our tone",
            audience="customers",
            language="en",
            inputs="a line",
            outputs="a line",
            expected="kind",
            cases=cases,
        )
    )
    project.write(decision(Route.FINETUNE))


def _rows(project: Project) -> None:
    write_rows(project, 24, 4)


def _base(project: Project) -> None:
    project.write(BaseModelChoice(name="tiny", licence="Apache-2.0"))
    project.write(plan())


def _finished(project: Project) -> None:
    run = project.new_run()
    run.write(plan())
    run.write(LossReading(label="healthy", evidence=("It fell.",), advice="Go on.", best_step=3))
    write_lines(
        run.metrics, [{"step": n, "loss": 3.0 / n, "held_out_loss": 3.1 / n} for n in (1, 2, 3)]
    )
    write_json(run.folder / "done.json", {"held_out_loss": {"before": 3.1, "after": 1.0}})


def _judged(project: Project) -> None:
    run = project.run()
    assert run
    item = Compared(
        kind="held_out",
        question="Is it late?",
        messages=[Turn(role="user", content="Is it late?")],
        expected="Dear, it is.",
        base="No.",
        tuned="Dear, it is.",
    )
    run.write(
        Evaluation(run=run.name, base_loss=3.1, tuned_loss=1.0, held_out_rows=4, items=(item,))
    )


def _packed(project: Project) -> None:
    bundle = project.new_publication() / "bundle"
    kept = Publication(
        name="ours", run="001", base_model="tiny", language="en", licence="Apache-2.0", created="x"
    )
    write_json(bundle / Publication.FILE, kept.model_dump(mode="json"))
