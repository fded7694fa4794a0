"""The plan's panel shows what the prompt alone answered, and takes the person's verdicts."""

from pathlib import Path
from typing import Any

import pytest

from data.records import Baseline, Brief
from data.say import LANGUAGES
from data.settings import Settings
from tests.rigs.stages import project_at
from tests.ui.panels.test_panels import EMPTY, EVIL, look
from tools.plan.ask_cases import Asked, ask_cases
from ui.panels import baseline
from ui.panels.bench import Bench, Look
from ui.turns import Turns, opened, recall
from ui.visitors import open_desk

BRIEF: dict[str, Any] = {"brief": {"cases": []}}


def tried(**changes: Any) -> dict[str, Any]:
    answers = [
        {
            "question": f"Case {n}?",
            "passes": "kind",
            "fails": "cold",
            "answer": "Dear.",
            "passed": p,
        }
        for n, p in enumerate((True, False, None))
    ]
    made = {"model": "big", "local": False, "answers": answers, "current": True}
    return made | {"answered": 3, "marked": 2, "passed": 1} | changes


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_it_is_tried_the_section_says_what_it_would_bring(language: str) -> None:
    assert baseline.head(look(language)) == "" and not baseline.may_try(look(language))
    here = look(language, **BRIEF)
    assert baseline.head(here) and baseline.may_try(here) and baseline.answer(here, 1) == ""
    assert baseline.try_prompt(here).arguments == {}


@pytest.mark.parametrize("route", baseline.ENDED)
def test_a_road_that_ends_has_nothing_to_try(route: str) -> None:
    here = look(decision={"route": route}, **BRIEF)
    assert not baseline.may_try(here) and baseline.head(here) == ""


def test_the_count_who_answered_and_what_is_open_stand_on_top() -> None:
    shown = baseline.head(look(baseline=tried(), **BRIEF))
    assert "1 of 3 pass" in shown and "1 not judged" in shown and "Answered by big" in shown
    assert "changed" not in shown
    assert "say little" in baseline.head(look(baseline=tried(local=True), **BRIEF))


def test_a_result_that_no_longer_fits_says_so_and_can_be_tried_again() -> None:
    here = look(baseline=tried(current=False), **BRIEF)
    assert "has changed since" in baseline.head(here) and baseline.may_try(here)
    assert baseline.try_prompt(here).said == "Try again"
    assert baseline.try_prompt(here).arguments == {}
    assert not baseline.may_try(look(baseline=tried(), **BRIEF))


def test_a_small_models_result_can_be_tried_again_once_a_model_is_connected() -> None:
    view = EMPTY | BRIEF | {"baseline": tried(local=True)}
    here = Look("en", view, [], connected="big")
    assert baseline.may_try(here) and baseline.try_prompt(here).arguments == {"again": True}
    assert not baseline.may_try(Look("en", view, []))


def test_an_answer_stands_beside_what_passes_and_fails_and_is_escaped() -> None:
    made = tried()
    made["answers"][0] |= {"answer": EVIL, "question": EVIL, "passes": EVIL, "fails": EVIL}
    shown = baseline.answer(look(baseline=made), 1)
    assert "<img" not in shown and shown.count("&lt;img") == 4
    assert "<img" not in baseline.head(look(baseline=tried(model=EVIL)))


def test_a_verdict_is_a_call_with_words_for_the_conversation() -> None:
    call = baseline.mark(look(baseline=tried()), 2, True)
    assert (call.tool, call.said) == ("plan_mark_answer", "Case 2: Passes")
    assert call.arguments == {"number": 2, "passed": True}


def test_its_panel_opens_when_the_small_model_begins_and_when_it_is_done() -> None:
    assert opened(("dataset", ""), "dataset", "baseline") == "plan"
    assert opened(("dataset", "baseline"), "dataset", "") == "plan"
    assert opened(("dataset", ""), "dataset", "fetch") == ""
    assert opened(("train", "train"), "evaluate", "") == "train"


def test_pressing_a_verdict_on_the_page_keeps_it_and_draws_its_button_as_given(home: Path) -> None:
    project = project_at(home, "dataset")
    brief = project.read(Brief)
    assert brief
    list(ask_cases(project, brief, Asked("big", False, lambda _: "Dear."), ()))
    settings = Settings(home=home, language="en")
    desk = open_desk(settings, {"language": "en"})
    desk.move(project)
    recall(desk)
    bench = Bench()
    baseline.build(bench)
    turns = Turns(settings, bench)
    marks = [p for p in bench.presses if p.call(turns.look(desk)).tool == "plan_mark_answer"]
    assert len(marks) == 2 * baseline.MOST
    list(turns.pressing(marks[3])(desk, {}))
    kept = project.read(Baseline)
    assert kept and [each.passed for each in kept.answers] == [None, False, None]
    drawn = bench.redraw(desk, turns.look(desk))
    variants = [each["variant"] for each in drawn if "variant" in each]
    assert variants[:4] == ["secondary", "secondary", "secondary", "primary"]
