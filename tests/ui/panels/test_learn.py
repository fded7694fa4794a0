"""The learning map's panel: bars of its parts, what earned a step, what a press asks."""

import pytest

from agent.session import Session
from data.say import LANGUAGES
from data.settings import Settings
from data.shelf import shelf
from tests.rigs.stages import project_at
from ui.panels import learn
from ui.panels.bench import Look

PARTS = shelf("knowledge/roadmap")["parts"]


def look(home, stage: str, language: str = "en", *asked: str) -> Look:
    """The panel's look at a real project, some terms asked about."""
    project = project_at(home, stage)
    session = Session(project, Settings(home=home, language=language), language=language)
    for term in asked:
        list(session.call("learn_explain", {"term": term}))
    return Look(language, session.view(), [], shown="learn")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", ["plan", "published"])
def test_the_whole_map_is_drawn_from_any_project(home, stage, language) -> None:
    here = look(home, stage, language)
    assert "33" in learn.head(here)
    for number, part in enumerate(PARTS):
        assert part[language] in learn.part_head(here, number)
        for at, each in enumerate(part["steps"]):
            assert each[language] in learn.step(here, number, at)["value"]


def test_a_bar_is_as_long_as_what_is_done_in_its_part(home) -> None:
    here = look(home, "plan", "en", "LLM", "token", "prompt")
    first, second = learn.part_head(here, 0), learn.part_head(here, 1)
    assert "3/7" in first and "width:42%" in first and "aria-valuenow='3'" in first
    assert "0/8" in second and "width:0%" in second
    assert "<h3>3 of 33 steps</h3>" in learn.head(here)


def test_a_step_says_what_earned_it_or_what_it_is_good_for(home) -> None:
    here = look(home, "dataset", "en", "token")
    steps = {each["id"]: learn.step(here, 0, at) for at, each in enumerate(PARTS[0]["steps"])}
    assert steps["good"]["value"] == "✓ Say first what good means\nby your brief"
    assert steps["next-token"]["value"].endswith("\nyou asked about it")
    assert steps["prompt"]["value"].startswith("○ ")
    assert steps["prompt"]["value"].endswith(PARTS[0]["steps"][2]["en_after"])


def test_just_the_nearest_step_is_marked_and_named_at_the_top(home) -> None:
    here = look(home, "dataset")
    marked = [
        each["en"]
        for number, part in enumerate(PARTS)
        for at, each in enumerate(part["steps"])
        if "nearest" in learn.step(here, number, at)["elem_classes"]
    ]
    assert len(marked) == 1 and marked[0] in learn.head(here)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pressing_any_step_explains_its_own_term_and_fills_it(home, language) -> None:
    here = look(home, "plan", language)
    session = Session(project_at(home, "plan"), Settings(home=home, language=language))
    for number, part in enumerate(PARTS):
        for at, _ in enumerate(part["steps"]):
            call = learn.explain(here, number, at)
            assert call.tool == "learn_explain" and call.arguments["term"] in call.said
            list(session.call(call.tool, call.arguments, said=call.said))
    assert session.view()["map"]["done"] == 33
    assert learn.head(Look(language, session.view(), [])).count("<p") == 2
