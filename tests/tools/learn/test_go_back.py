"""Going back: the stage opens again, what was there is kept aside under a number."""

from collections.abc import Callable

import pytest

from data.errors import BadInput, Busy
from data.files import read_json, write_json
from data.project import Project
from data.records import BaseModelChoice, Brief, Dataset, Decision, Evaluation, Facts, TrainPlan
from tests.tools.learn.test_what_next import (
    BRIEF,
    based,
    briefed,
    compared,
    decision,
    frozen,
    packed,
    planned,
    running,
    sent_off,
)
from tools.contract import Context
from tools.learn.go_back import go_back


def files(project: Project) -> set[str]:
    return {str(path.relative_to(project.folder)) for path in project.folder.rglob("*")}


@pytest.mark.parametrize("stage", ["plan", "dataset", "base_model", "train", "evaluate"])
@pytest.mark.parametrize("prepare", [compared, packed])
def test_going_back_from_the_end_opens_that_stage(
    context: Context, prepare: Callable[[Project], None], stage: str
) -> None:
    prepare(context.project)
    outcome = go_back(context, stage=stage)
    assert context.project.stage == stage
    assert outcome.facts["stage"] == stage
    finished = context.project.finished_run()
    assert finished is not None and finished.name == "001"


def test_a_new_round_of_data_keeps_the_old_one_beside_it_and_opens_a_new_attempt(
    context: Context,
) -> None:
    project = context.project
    packed(project)
    project.train_file.write_text('{"instruction": "q"}\n')
    old = project.read(Dataset)
    assert old is not None
    go_back(context, stage="dataset")
    aside = read_json(project.folder / "dataset/before-1.json")
    assert aside is not None and aside["dataset"] == old.model_dump(mode="json")
    assert (project.folder / "dataset/before-1.train.jsonl").read_bytes() == (
        project.train_file.read_bytes()
    )
    assert project.read(BaseModelChoice) is not None
    assert len(project.items()) == 80
    project.write(old)
    assert project.stage == "train"
    assert project.read(TrainPlan) is None


def test_going_back_twice_numbers_what_is_put_aside_and_makes_no_empty_attempts(
    context: Context,
) -> None:
    compared(context.project)
    go_back(context, stage="train")
    context.project.write(TrainPlan.model_validate_json(_plan(context.project)))
    go_back(context, stage="dataset")
    frozen(context.project)
    go_back(context, stage="dataset")
    assert {"dataset/before-1.json", "dataset/before-2.json"} <= files(context.project)
    assert [run.name for run in context.project.runs()] == ["001", "002"]


def test_the_brief_stays_to_be_corrected_where_the_road_was_taken(context: Context) -> None:
    based(context.project)
    go_back(context, stage="plan")
    assert context.project.read(Brief) == BRIEF
    assert context.project.read(Decision) is None
    assert context.project.stage == "plan"


@pytest.mark.parametrize("prepare", [sent_off, briefed])
def test_a_new_idea_starts_afresh_where_no_road_was_taken(
    context: Context, prepare: Callable[[Project], None]
) -> None:
    prepare(context.project)
    quote = go_back.asks(context, stage="plan") if go_back.asks else None
    assert quote is not None and "brief" in quote.text
    go_back(context, stage="plan")
    assert context.project.read(Facts) is None
    assert context.project.read(Brief) is None
    kept = read_json(context.project.folder / "plan/before-1.json")
    assert kept is not None and kept["brief"]["aim"] == "a pirate bot"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_question_names_what_is_put_aside_and_changes_nothing(
    context: Context, language: str
) -> None:
    compared(context.project)
    before = files(context.project)
    context = Context(context.project, context.settings, language)
    for stage in ("plan", "dataset", "base_model", "train", "evaluate"):
        quote = go_back.asks(context, stage=stage) if go_back.asks else None
        assert quote is not None
        assert "before-1.json" in quote.text
        assert quote.numbers["moved"]
    assert files(context.project) == before
    assert context.project.stage == "publish"


@pytest.mark.parametrize("stage", ["dataset", "train", "publish"])
def test_what_is_not_behind_cannot_be_gone_back_to(context: Context, stage: str) -> None:
    context.project.write(Facts(aim="x"))
    with pytest.raises(BadInput, match="stage_not_behind"):
        go_back(context, stage=stage)


def test_an_empty_project_and_an_unknown_stage_have_nothing_behind(context: Context) -> None:
    with pytest.raises(BadInput, match="stage_not_behind"):
        go_back(context, stage="plan")
    with pytest.raises(BadInput, match="stage_unknown"):
        go_back(context, stage="../plan")


def test_a_running_training_must_end_first(context: Context) -> None:
    running(context.project)
    with pytest.raises(Busy, match="job_running"):
        go_back(context, stage="dataset")
    assert context.project.read(Dataset) is not None


def test_the_comparison_of_the_newest_run_is_put_aside(context: Context) -> None:
    compared(context.project)
    go_back(context, stage="evaluate")
    run = context.project.run()
    assert run is not None and run.read(Evaluation) is None
    kept = read_json(context.project.folder / "evaluate/before-1.json")
    assert kept is not None and kept["evaluation"]["run"] == "001"


def test_a_workflow_can_be_left_for_training_and_come_back_to(context: Context) -> None:
    planned(context.project)
    context.project.write(decision("workflow"))
    assert context.project.stage == "workflow"
    go_back(context, stage="plan")
    write_json(context.project.folder / "plan/decision.json", {})
    assert context.project.read(Dataset) is not None


def _plan(project: Project) -> bytes:
    return (project.folder / "train/runs/001/plan.json").read_bytes()
