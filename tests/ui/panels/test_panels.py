"""Panels are functions of the view: what they show, what they call, and that nothing leaks in."""

from typing import Any

import pytest

from data.say import LANGUAGES
from ui.panels import base_model, dataset, evaluate, plan, publish, train
from ui.panels.bench import Look, progress
from ui.panels.curve import curve, points, smoothed

EVIL = "<img src=x onerror=alert(1)>"
EMPTY: dict[str, Any] = {"stage": "plan", "done": [], "next": "", "project": "p"}


def look(language: str = "en", rows: Any = (), **view: Any) -> Look:
    return Look(language, {**EMPTY, **view}, list(rows))


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "instruction": f"question {number}",
        "input": "",
        "output": f"answer {number}",
        "source": "hand",
        "verdict": "open",
        "findings": [],
        **changes,
    }


def flaw(start: int, end: int, field: str = "output") -> dict[str, Any]:
    return {"code": "x", "field": field, "start": start, "end": end, "text": "flawed", "values": {}}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_panel_can_be_drawn_from_an_empty_project(language: str) -> None:
    here = look(language)
    drawn = [
        plan.decision_html(here) + plan.brief_head(here),
        dataset.head(here) + dataset.table(here),
        base_model.card(here, base_model.GEMMA),
        train.head(here) + train.plan(here) + train.picture(here) + train.reading(here),
        evaluate.head(here) + evaluate.answers(here),
        publish.head(here) + publish.code(here),
    ]
    assert all(isinstance(text, str) for text in drawn)


def test_a_rows_text_is_escaped_and_its_flaw_underlined_where_it_stands() -> None:
    text = dataset.marked(row(1, output=f"a {EVIL} b", findings=[flaw(0, 1)]), "output")
    assert "<img" not in text
    assert text.startswith("<mark title='flawed'>a</mark>")


@pytest.mark.parametrize("spans", [[(0, 5), (2, 7)], [(5, 900)], [(-3, 2)], [(4, 4)], [(9, 3)]])
def test_odd_spans_never_change_the_text(spans: list[tuple[int, int]]) -> None:
    text = "0123456789"
    made = dataset.marked(row(1, output=text, findings=[flaw(*span) for span in spans]), "output")
    assert made.replace("<mark title='flawed'>", "").replace("</mark>", "") == text


def test_the_filter_shows_only_its_rows_and_counts_them() -> None:
    rows = [row(1), row(2, findings=[flaw(0, 1)]), row(3, verdict="dropped")]
    here = Look("en", EMPTY, rows, filter="flagged")
    assert [name for name, _ in dataset.filters(here)] == ["All (3)", "Flagged (1)", "Dropped (1)"]
    assert "data-row='2'" in dataset.table(here) and "data-row='1'" not in dataset.table(here)


def test_row_numbers_are_read_and_anything_else_is_not() -> None:
    call = dataset.mark(look(), "3, 7-9； '; drop table", "drop")
    assert call.arguments == {"ids": ["3", "7-9"], "verdict": "drop"}
    assert dataset.mark(look(), None, "accept").arguments["ids"] == []


def test_saving_the_brief_calls_the_tool_with_what_stands_in_the_fields() -> None:
    fields = ["aim", "who", "in", "out", "good", " one \n\n two ", "q", "p", "f", "", "x", "y"]
    call = plan.write_brief(look(), *fields)
    assert call.arguments["constraints"] == ["one", "two"]
    assert call.arguments["cases"] == [{"question": "q", "passes": "p", "fails": "f"}]


def test_planning_again_names_only_the_numbers_that_were_changed() -> None:
    here = look(plan={"epochs": 3, "learning_rate": 0.001, "rank": 8})
    assert train.plan_again(here, 3, 0.001, 8).arguments == {}
    assert train.plan_again(here, 5, 0.001, None).arguments == {"epochs": 5}


def test_gemma_is_fetched_first_and_chosen_once_it_is_there() -> None:
    assert base_model.choose(look(), base_model.GEMMA).tool == "base_model_fetch"
    there = Look("en", EMPTY, [], fetched=(base_model.GEMMA,))
    assert base_model.choose(there, base_model.GEMMA).tool == "base_model_choose"


def test_progress_tells_how_far_and_how_long() -> None:
    job = {"kind": "train", "state": "running", "fraction": 0.4, "seconds_left": 200}
    shown = progress(look(job=job), "train")
    assert "40%" in shown and "3 minutes" in shown
    assert progress(look(job=job), "evaluate") == ""


def test_a_jobs_fault_is_shown_in_its_own_words_and_escaped() -> None:
    job = {"kind": "train", "state": "failed", "error": EVIL}
    assert "&lt;img" in progress(look(job=job), "train")


def test_a_curve_has_axes_both_lines_and_the_best_step() -> None:
    metrics = [{"step": n, "loss": 3 / (n + 1)} for n in range(30)]
    metrics += [{"step": 10, "held_out_loss": 1.0}, {"step": 20, "held_out_loss": 0.7}]
    words = {name: name for name in ("training", "held_out", "step", "loss", "title", "best")}
    drawn = curve(metrics, words, 40, best=20)
    assert drawn.count("<polyline") == 3 and "class='axis'" in drawn and ">best</text>" in drawn


def test_a_curve_of_broken_numbers_is_no_curve() -> None:
    metrics = [{"step": 1, "loss": float("nan")}, {"step": 2, "loss": float("inf")}, {"loss": 1}]
    assert points(metrics, "loss") == []
    assert curve(metrics, {}) == ""
    assert curve(
        [{"step": 0, "loss": 0.0}], dict.fromkeys(["step", "loss", "title", "training"], "")
    )


def test_smoothing_keeps_a_level_line_level() -> None:
    line = [(float(n), 2.0) for n in range(20)]
    assert all(abs(value - 2.0) < 1e-9 for _, value in smoothed(line))


@pytest.mark.parametrize("url", ["http://10.0.0.1:80", "https://127.0.0.1", "file:///etc/passwd"])
def test_the_tuned_model_is_asked_on_this_machine_only(url: str) -> None:
    with pytest.raises(Exception, match="server_unreachable"):
        list(publish.ask(url, "m", [{"role": "user", "content": "hi"}]))


def test_answers_of_models_are_escaped() -> None:
    item = {"kind": "case", "question": EVIL, "expected": EVIL, "base": EVIL, "tuned": EVIL}
    made = {"base_loss": 2.0, "tuned_loss": 1.0, "held_out_rows": 3, "items": [item]}
    drawn = evaluate.answers(look(evaluation=made)) + evaluate.head(look(evaluation=made))
    assert "<img" not in drawn and drawn.count("&lt;img") == 4
