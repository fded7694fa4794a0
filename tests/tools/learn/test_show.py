"""Showing what is there, and saying plainly what is not."""

import pytest

from data.errors import BadInput
from data.records import Brief, Decision, Route
from tests.tools.learn.test_what_next import BRIEF, based, decision, packed, running, sent_off
from tools.contract import Context
from tools.learn.show import show

PARTS = (
    "brief",
    "decision",
    "dataset",
    "base_model",
    "plan",
    "run",
    "curve",
    "evaluation",
    "publication",
)


@pytest.mark.parametrize("what", PARTS)
def test_a_part_that_is_not_there_is_said_to_be_missing(context: Context, what: str) -> None:
    outcome = show(context, what=what)
    assert "Nothing there yet" in outcome.text
    assert outcome.card == ""
    assert outcome.facts["shown"] == []


@pytest.mark.parametrize("what", PARTS)
def test_every_part_of_a_finished_project_has_a_card(context: Context, what: str) -> None:
    packed(context.project)
    outcome = show(context, what=what)
    assert outcome.card.startswith("### ")
    assert outcome.facts["shown"] == [what]


def test_all_shows_what_there_is_in_the_order_of_the_road(context: Context) -> None:
    assert show(context).card == ""
    based(context.project)
    outcome = show(context, what="all")
    assert outcome.facts["shown"] == ["brief", "decision", "dataset", "base_model"]
    assert "a pirate bot" in outcome.card


def test_a_run_under_way_shows_how_far_it_is(context: Context) -> None:
    running(context.project)
    run = context.project.run()
    assert run is not None
    run.metrics.write_text('{"step": 1, "loss": 3.21}\n{"step": 2, "loss": 2.5, "held_out_loss": 2')
    card = show(context, what="run").card
    assert "40%" in card
    assert "3.21" in card


def test_an_overruled_road_is_shown_with_its_risk(context: Context) -> None:
    sent_off(context.project)
    plain = decision("finetune").model_copy(
        update={"overruled": Route.LOOKUP, "risk": "old prices"}
    )
    context.project.write(plain)
    assert "old prices" in show(context, what="decision").card
    assert context.project.read(Decision) == plain


def test_a_word_that_names_nothing_is_refused(context: Context) -> None:
    with pytest.raises(BadInput) as error:
        show(context, what="weather")
    assert "the brief" in error.value.text("en")


def test_showing_changes_no_record(context: Context) -> None:
    packed(context.project)
    show(context)
    assert context.project.read(Brief) == BRIEF
