"""One next step from every state that a project can be in, in both languages."""

from collections.abc import Callable

import pytest

from data.alpaca import Row
from data.files import write_json
from data.project import Project
from data.records import (
    BaseModelChoice,
    Brief,
    Case,
    Dataset,
    Decision,
    Evaluation,
    Facts,
    Finding,
    Item,
    LossReading,
    Publication,
    Route,
    TrainPlan,
)
from tools.contract import Context
from tools.learn.what_next import next_step, what_next

BRIEF = Brief(
    aim="a pirate bot",
    audience="kids",
    language="en",
    inputs="a line",
    outputs="a line",
    expected="arr",
    cases=tuple(Case(question=str(n), passes="p", fails="f") for n in range(3)),
)
PLAN = TrainPlan(
    base_model="smollm2-135m-instruct",
    epochs=3,
    learning_rate=0.001,
    rank=8,
    alpha=16,
    batch_rows=8,
    max_length=256,
    steps=30,
    warmup_steps=3,
    evaluate_every=10,
    save_every=10,
    train_rows=80,
    held_out_rows=10,
)


def decision(route: str) -> Decision:
    return Decision(
        route=Route(route), reasons=("why",), cost="c", cheaper_first="f", would_change="w"
    )


def noted(project: Project) -> None:
    project.write(Facts(aim="a pirate bot", need="manner"))


def briefed(project: Project) -> None:
    noted(project)
    project.write(BRIEF)


def decided(project: Project) -> None:
    briefed(project)
    project.write(decision("finetune"))


def sent_off(project: Project) -> None:
    briefed(project)
    project.write(decision("rag_workflow"))


def with_rows(project: Project, count: int, flagged: int = 0) -> None:
    finding = Finding(code="too_long")
    project.write_items(
        [
            Item(
                id=str(n),
                row=Row.of(f"q{n}", "a"),
                source="hand",
                findings=(finding,) if n < flagged else (),
            )
            for n in range(count)
        ]
    )


def few_rows(project: Project) -> None:
    decided(project)
    with_rows(project, 10)


def flagged(project: Project) -> None:
    decided(project)
    with_rows(project, 10, 3)


def enough_rows(project: Project) -> None:
    decided(project)
    with_rows(project, 80)


def frozen(project: Project) -> None:
    enough_rows(project)
    project.write(
        Dataset(
            title="pirate",
            language="en",
            train_rows=70,
            held_out_rows=10,
            dropped_rows=0,
            seed=7,
            sources={"hand": 80},
            fingerprint="x",
        )
    )


def based(project: Project) -> None:
    frozen(project)
    project.write(BaseModelChoice(name="smollm2-135m-instruct", licence="Apache-2.0"))


def planned(project: Project) -> None:
    based(project)
    project.write(PLAN)


def trained(project: Project) -> None:
    planned(project)
    run = project.new_run()
    run.write(PLAN)
    write_json(run.folder / "done.json", {})


def broken(project: Project) -> None:
    planned(project)
    state = {"kind": "train", "state": "failed", "started": 1.0, "error": "job_crashed"}
    write_json(project.new_run().folder / "job.json", state)


def running(project: Project) -> None:
    planned(project)
    folder = project.new_run().folder
    import time

    state = {"kind": "train", "state": "running", "started": time.time(), "fraction": 0.4}
    write_json(folder / "job.json", state)


def read(project: Project) -> None:
    trained(project)
    run = project.run()
    assert run is not None
    run.write(LossReading(label="healthy", evidence=("down",), advice="go on", best_step=20))


def compared(project: Project) -> None:
    read(project)
    run = project.run()
    assert run is not None
    run.write(Evaluation(run=run.name, base_loss=3.0, tuned_loss=0.5, held_out_rows=10, items=()))


def packed(project: Project) -> None:
    compared(project)
    bundle = project.new_publication() / "bundle"
    bundle.mkdir()
    kept = Publication(
        name="pirate",
        run="001",
        base_model="smollm2-135m-instruct",
        language="en",
        licence="Apache-2.0",
        created="2025-01-01",
    )
    (bundle / Publication.FILE).write_text(kept.model_dump_json())


STATES: list[tuple[Callable[[Project], None], str, str]] = [
    (lambda project: None, "", "what you want to make"),
    (noted, "", "few points"),
    (briefed, "plan_decide", "choose the road"),
    (sent_off, "", "look it up"),
    (decided, "", "prepare the data"),
    (flagged, "", "3 rows"),
    (few_rows, "", "10 rows"),
    (enough_rows, "dataset_freeze", "all 80 rows"),
    (frozen, "base_model_choose", "base model"),
    (based, "train_plan_run", "plan the run"),
    (planned, "train_start", "start the training"),
    (running, "", "40%"),
    (broken, "train_resume", "pick it up"),
    (trained, "train_read_loss", "curves"),
    (read, "evaluate_compare", "compare"),
    (compared, "publish_bundle", "publish"),
    (packed, "publish_serve", "run it on this machine"),
]


@pytest.mark.parametrize(("prepare", "tool", "words"), STATES, ids=[words for *_, words in STATES])
def test_every_state_has_one_next_step(
    context: Context, prepare: Callable[[Project], None], tool: str, words: str
) -> None:
    prepare(context.project)
    outcome = what_next(context)
    assert words in outcome.text
    assert outcome.facts["tool"] == tool
    assert outcome.facts["stage"] == context.project.stage
    assert next_step(context.project, "zh").text.isascii() is False


def test_a_complete_interview_leads_to_the_brief(context: Context) -> None:
    context.project.write(Facts(aim="x", need="facts", audience="me", expected="right"))
    assert next_step(context.project, "en").tool == "plan_write_brief"


def test_looking_for_the_next_step_changes_nothing(context: Context) -> None:
    packed(context.project)
    before = {path: path.stat().st_mtime_ns for path in context.project.folder.rglob("*")}
    what_next(context)
    assert before == {p: p.stat().st_mtime_ns for p in context.project.folder.rglob("*")}
