"""Where a project stands: whole for the workbench, short for a model, whatever the folder holds."""

import json

import pytest

from agent import view
from agent.events import Settled
from agent.session import Session
from data.files import write_json, write_lines
from data.settings import Settings
from tests.rigs.stages import EVERY, project_at
from tools.contract import Context


def context_of(project, home, language="en"):
    return Context(project, Settings(home=home, language=language), language)


@pytest.mark.parametrize("stage", EVERY)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbench_gets_plain_values_and_one_next_step_at_every_stage(home, stage, language):
    project = project_at(home, stage)
    seen = view.view(context_of(project, home, language))
    assert json.loads(json.dumps(seen)) == seen
    assert seen["stage"] == project.stage and seen["project"] == project.id
    assert seen["next"].strip() and seen["language"] == language


def test_it_holds_just_what_has_been_reached(home):
    keys = ("brief", "decision", "dataset", "base_model", "reading", "evaluation", "publication")
    reached = {
        stage: [key for key in keys if view.view(context_of(project_at(home, stage), home))[key]]
        for stage in EVERY
    }
    assert reached["plan"] == []
    assert reached["workflow"] == reached["dataset"] == ["brief", "decision"]
    assert reached["train"] == ["brief", "decision", "dataset", "base_model"]
    assert reached["published"] == list(keys)


def test_what_is_done_grows_along_the_road(home):
    done = [view.view(context_of(project_at(home, stage), home))["done"] for stage in EVERY]
    assert done[0] == [] and done[1] == ["plan"]
    assert [len(each) for each in done[2:]] == [1, 2, 3, 4, 5, 6]
    assert done[-1] == ["plan", "dataset", "base_model", "train", "evaluate", "publish"]


def test_a_model_is_told_little_and_no_path(home):
    told = json.dumps(view.snapshot(context_of(project_at(home, "published"), home)))
    assert len(told) < 4000 and str(home) not in told


def test_a_failed_job_is_explained_in_words(home):
    project = project_at(home, "train")
    run = project.new_run()
    job = {"kind": "train", "state": "failed", "error": "out_of_memory", "started": 1.0}
    write_json(run.folder / "job.json", job)
    for language, word in (("en", "memory"), ("zh", "内存")):
        seen = view.view(context_of(project, home, language))["job"]
        assert seen["state"] == "failed" and word in seen["error"]


def test_rows_carry_their_marks_in_words(home):
    project = project_at(home, "dataset")
    session = Session(project, Settings(home=home))
    rows = [{"instruction": f"Question {n} about it?", "output": f"Answer {n}."} for n in range(20)]
    list(session.call("dataset_add_rows", {"rows": [*rows, rows[0]]}))
    for language in ("zh", "en"):
        shown = view.rows(context_of(project, home, language))
        marks = [mark for row in shown for mark in row["findings"]]
        assert marks and all(mark["text"] and mark["text"] != mark["code"] for mark in marks)
    counts = view.view(context_of(project, home))["rows"]
    assert counts["all"] == len(shown) and counts["flagged"] > 0


DAMAGED = (
    "plan/facts.json",
    "plan/brief.json",
    "plan/decision.json",
    "plan/baseline.json",
    "dataset/dataset.json",
    "dataset/rows.jsonl",
    "base_model/base_model.json",
    "train/plan.json",
    "train/runs/001/reading.json",
    "train/runs/001/evaluation.json",
    "train/runs/001/metrics.jsonl",
)


@pytest.mark.parametrize("content", [b"", b"\x00\xff{", b"[]", b"{}", b'{"a": 1}'])
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_takes_no_more_than_itself_away(home, name, content):
    project = project_at(home, "published")
    (project.folder / name).parent.mkdir(exist_ok=True, parents=True)
    (project.folder / name).write_bytes(content)
    session = Session(project, Settings(home=home))
    seen = session.view()
    assert seen["next"] and isinstance(session.rows(), list)
    last = list(session.send("what next?"))[-1]
    assert isinstance(last, Settled) and last.stage == project.stage


def test_a_table_that_somebody_broke_by_hand_is_said_and_the_page_stays(home):
    project = project_at(home, "dataset")
    write_lines(project.folder / "dataset/rows.jsonl", [{"id": 1, "row": "nothing"}])
    session = Session(project, Settings(home=home))
    assert session.view()["rows"] is None and session.rows() == []
    events = list(session.send("what next?"))
    assert any("changed by hand" in getattr(event, "text", "") for event in events)
