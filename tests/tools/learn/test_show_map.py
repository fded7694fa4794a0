"""The learning map fills as things are done in a project, and says what is nearest."""

from dataclasses import replace
from typing import Any

import pytest

from data.files import read_json, write_json
from data.project import Project
from data.say import LANGUAGES, has
from data.settings import Settings
from data.shelf import shelf
from data.stages import STAGES, WORKFLOW
from tests.rigs.stages import EVERY, project_at
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.mark_rows import mark_rows
from tools.learn.deeds import DEEDS, deeds
from tools.learn.explain import entries, explain
from tools.learn.go_back import go_back
from tools.learn.show_map import learning_map, show_map

STEPS = [step for part in shelf("knowledge/roadmap")["parts"] for step in part["steps"]]
ROWS = [
    {"instruction": f"Where is parcel {n}?", "output": f"It comes on day {n}."} for n in range(3)
]


def earned(project: Project, language: str = "en") -> dict[str, str]:
    """Steps that are done, with what they were earned by."""
    parts = learning_map(project, language)["parts"]
    return {step["id"]: step["by"] for part in parts for step in part["steps"] if step["by"]}


def step_of(term: str) -> str:
    return next(step["id"] for step in STEPS if step["term"] == term)


def test_the_map_has_four_parts_whose_steps_are_explained_placed_and_ticked_by_known_deeds() -> (
    None
):
    parts = shelf("knowledge/roadmap")["parts"]
    assert len(parts) == 4 and all(7 <= len(part["steps"]) <= 9 for part in parts)
    assert len({step["id"] for step in STEPS}) == len({step["term"] for step in STEPS}) == 33
    for step in STEPS:
        assert step["term"] in entries(), step["id"]
        assert step["stage"] in (*STAGES, WORKFLOW), step["id"]
        assert set(step["done_by"]) <= set(DEEDS), step["id"]
        for language in LANGUAGES:
            assert step[language] and step[f"{language}_after"], step["id"]


def test_every_deed_ticks_a_step_and_has_its_words() -> None:
    assert {deed for step in STEPS for deed in step["done_by"]} == set(DEEDS)
    assert all(has(f"learn.by.{deed}", each) for deed in DEEDS for each in LANGUAGES)


def test_an_empty_project_has_an_empty_map_and_a_first_step(context: Context) -> None:
    seen = show_map(context)
    assert seen.facts == {"done": 0, "of": 33, "next": "models"}
    assert "✓" not in seen.card and seen.card.count("○") == 33
    assert seen.text.endswith("You are thinking out what to make.")
    assert list(context.project.folder.iterdir()) == [context.project.folder / "project.json"]


def test_it_fills_along_the_road(home) -> None:
    counts = [len(earned(project_at(home, stage))) for stage in EVERY]
    assert counts[0] == 0
    assert counts[2:] == sorted(set(counts[2:])), "every stage adds something"
    done = earned(project_at(home, "published"))
    assert done["good"] == "by your brief" and done["curves"] == "by reading your curves"
    assert done["market"] == "by choosing a base model" and "injection" not in done


def test_rows_count_when_they_are_there_and_again_when_they_were_gone_through(home) -> None:
    project = project_at(home, "dataset")
    context = Context(project, Settings(home=home, language="en"), "en")
    assert not {"rows", "cleaning"} & earned(project).keys()
    add_rows(context, rows=ROWS)
    assert earned(project)["rows"] == "by your rows" and "cleaning" not in earned(project)
    mark_rows(context, ids=["1"], verdict="drop")
    assert earned(project)["cleaning"] == "by going through your rows"


def test_what_was_asked_about_counts(context: Context) -> None:
    explain(context, term="MCP and vector databases")
    explain(context, term="提示词注入")
    asked = {step_of("vector-store"), step_of("prompt-injection")}
    assert earned(context.project) == dict.fromkeys(asked, "you asked about it")
    assert set(earned(context.project, "zh").values()) == {"你问过"}


def test_a_deed_comes_before_a_question_as_what_earned_a_step(home) -> None:
    project = project_at(home, "dataset")
    explain(Context(project, Settings(home=home, language="en"), "en"), term="brief")
    assert earned(project)["good"] == "by your brief"


def test_a_baseline_and_a_road_of_steps_or_look_up_count(home) -> None:
    project = project_at(home, "workflow")
    write_json(project.folder / "plan/baseline.json", {})
    assert {"baseline", "brief", "decision"} < deeds(project)
    assert earned(project)["prompt"] == "by trying the prompt first"
    road = dict(read_json(project.folder / "plan/decision.json") or {})
    for route, step in (("workflow", "workflow"), ("rag_workflow", "why-rag"), ("both", "why-rag")):
        write_json(project.folder / "plan/decision.json", {**road, "route": route})
        assert step in earned(project), route


def test_going_back_takes_nothing_off_the_map(home) -> None:
    project = project_at(home, "publish")
    before = earned(project)
    for stage in ("dataset", "plan"):
        go_back(Context(project, Settings(home=home, language="en"), "en"), stage=stage)
    assert project.stage == "plan" and earned(project) == before


def test_a_broken_table_or_record_leaves_the_rest_of_the_map(home) -> None:
    project = project_at(home, "train")
    (project.folder / "dataset/rows.jsonl").write_text('{"id": 1}\n', "utf-8")
    (project.folder / "plan/before-1.json").write_text("{", "utf-8")
    assert "good" in earned(project)


@pytest.mark.parametrize(
    ("stage", "terms", "nearest"),
    [
        ("plan", (), "models"),
        ("dataset", (), "rows"),
        ("workflow", ("workflow", "rag"), "pdf"),
        ("train", (), "three-ways"),
        ("published", ("GGUF",), "local"),
    ],
)
def test_the_nearest_step_is_one_of_the_persons_own_stage(home, stage, terms, nearest) -> None:
    context = Context(project_at(home, stage), Settings(home=home, language="en"), "en")
    for term in terms:
        explain(context, term=term)
    assert learning_map(context.project, "en")["next"]["id"] == nearest
    assert "belongs to the step you are at" in show_map(context).text


def test_where_ones_own_stage_is_done_the_closest_one_follows_and_look_up_comes_last(home) -> None:
    context = Context(project_at(home, "dataset"), Settings(home=home, language="en"), "en")
    for term in ("Alpaca", "data cleaning"):
        explain(context, term=term)
    assert "closest to the step you are at" in show_map(context).text
    order = []
    while nearest := learning_map(context.project, "en")["next"]:
        order.append(nearest["id"])
        explain(context, term=nearest["term"])
    assert order[0] == "small-net" and order[-1] == "agents"
    assert show_map(context).facts == {"done": 33, "of": 33, "next": ""}
    assert "all 33 steps" in show_map(context).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_lists_all_four_parts_with_what_was_done(home, language) -> None:
    context = Context(project_at(home, "evaluate"), Settings(home=home, language="en"), language)
    seen: dict[str, Any] = learning_map(context.project, language)
    card = show_map(replace(context, language=language)).card
    assert card.count("✓") == seen["done"] and card.count("○") == 33 - seen["done"]
    assert all(part["title"] in card for part in seen["parts"])
