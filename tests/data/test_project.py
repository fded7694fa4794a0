"""The stage is computed; nothing is overwritten; names can't leave the folder."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadInput, Missing
from data.files import write_json
from data.project import Project, check_id
from data.records import (
    BaseModelChoice,
    Brief,
    Dataset,
    Decision,
    Evaluation,
    Route,
)

BRIEF = Brief(aim="a", audience="b", language="en", inputs="c", outputs="d", expected="e", cases=())
DATASET = Dataset(
    title="t",
    language="en",
    train_rows=9,
    held_out_rows=1,
    dropped_rows=0,
    seed=7,
    sources={"hand": 10},
    fingerprint="f",
)


def decision(route: Route) -> Decision:
    return Decision(route=route, reasons=("r",), cost="c", cheaper_first="", would_change="w")


def test_the_stage_follows_the_records_one_by_one(home):
    project = Project.create(home)
    seen = [project.stage]
    project.write(BRIEF)
    project.write(decision(Route.FINETUNE))
    seen.append(project.stage)
    project.write(DATASET)
    seen.append(project.stage)
    project.write(BaseModelChoice(name="smollm2-135m-instruct", licence="Apache-2.0"))
    seen.append(project.stage)
    run = project.new_run()
    seen.append(project.stage)
    write_json(run.folder / "done.json", {})
    seen.append(project.stage)
    run.write(Evaluation(run="001", base_loss=3, tuned_loss=1, held_out_rows=1, items=()))
    seen.append(project.stage)
    assert seen == ["plan", "dataset", "base_model", "train", "train", "evaluate", "publish"]


@pytest.mark.parametrize("route", [r for r in Route if not r.trains and r is not Route.UNCLEAR])
def test_a_route_without_training_stops_at_the_workflow(home, route):
    project = Project.create(home)
    project.write(BRIEF)
    project.write(decision(route))
    assert project.stage == "workflow"


def test_while_one_fact_is_missing_the_plan_goes_on(home):
    project = Project.create(home)
    project.write(BRIEF)
    project.write(decision(Route.UNCLEAR))
    assert project.stage == "plan"


def test_a_second_attempt_leaves_the_first_as_it_was(home):
    project = Project.create(home)
    first = project.new_run()
    assert project.new_run().folder == first.folder, "an empty attempt is taken as it is"
    write_json(first.folder / "plan.json", {})
    second = project.new_run()
    assert (first.name, second.name) == ("001", "002")
    assert project.run().name == "002"
    assert project.run("001").folder == first.folder


def test_a_damaged_record_counts_as_not_there(home):
    project = Project.create(home)
    project.write(BRIEF)
    (project.folder / Brief.FILE).write_text('{"aim": ')
    assert project.read(Brief) is None


@given(name=st.text(max_size=80))
def test_no_name_leads_out_of_the_projects_folder(tmp_path_factory, name):
    home = tmp_path_factory.mktemp("home")
    try:
        project = Project.create(home, name)
    except BadInput:
        return
    assert project.folder.parent == home / "projects"


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/b", "A", ".hidden", "x" * 65, "名字", "-a", "a\n"]
)
def test_a_name_that_is_no_folder_everywhere_is_refused(name):
    with pytest.raises(BadInput):
        check_id(name)


def test_a_project_that_never_was_is_missing(home):
    with pytest.raises(Missing) as caught:
        Project.open(home, "nobody")
    assert "nobody" in caught.value.text("en")


def test_making_a_project_twice_keeps_what_it_holds(home):
    project = Project.create(home, "mine")
    project.write(BRIEF)
    assert Project.create(home, "mine").read(Brief) == BRIEF
