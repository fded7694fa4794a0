"""The road: by the table, with the person's own words, and theirs to overrule once they know."""

from dataclasses import replace

import pytest

from data.errors import BadInput
from data.project import Project
from data.records import Answered, Baseline, Brief, Decision, Facts, Route
from data.shelf import shelf
from tools.contract import Context, Outcome
from tools.plan.decide import decide
from tools.plan.note_facts import note_facts
from tools.plan.rules import advised
from tools.plan.write_brief import write_brief
from tools.shared.baseline import tried_prompt
from tools.shared.plan_cards import decision_card


def decided(context: Context, facts: Facts, route: str = "") -> tuple[Decision, Outcome]:
    context.project.write(facts)
    write_brief(context)
    outcome = decide(context, route=route)
    decision = context.project.read(Decision)
    assert decision is not None
    return decision, outcome


@pytest.mark.parametrize(
    ("need", "data", "route"),
    [
        ("facts", "hundreds", "rag_workflow"),
        ("hidden_prompt", "", "workflow"),
        ("steps", "", "workflow"),
        ("manner", "none", "finetune"),
        ("manner", "sample", "finetune"),
        ("labels", "hundreds", "finetune"),
        ("labels", "dozens", "finetune"),
        ("labels", "none", "prompt_only"),
        ("labels", "few", "prompt_only"),
        ("manner_and_facts", "dozens", "both"),
        ("manner_and_steps", "dozens", "both"),
        ("general", "", "prompt_only"),
        ("manner", "unobtainable", "prompt_only"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_leads_from_the_facts_to_the_road(
    context: Context, need: str, data: str, route: str, language: str
) -> None:
    facts = Facts.model_validate({"aim": "xyz", "need": need, "data_at_hand": data})
    decision, outcome = decided(replace(context, language=language), facts)
    assert decision.route == route
    assert decision.overruled is None and decision.risk == ""
    assert all((decision.reasons, decision.cost, decision.cheaper_first, decision.would_change))
    assert context.project.stage == ("dataset" if decision.route.trains else "workflow")
    assert outcome.facts["route"] == route


def test_the_price_list_is_looked_up_and_the_reason_quotes_the_person(context: Context) -> None:
    facts = Facts(aim="I want to tune a bot on our price list", need="facts", expected="exact")
    decision, outcome = decided(context, facts)
    assert decision.route is Route.LOOKUP
    assert "our price list" in decision.reasons[0]
    assert "exact" in decision.reasons[1]
    assert "still being built" in outcome.text and "kept" in outcome.text
    assert "```text" in outcome.card
    assert "our price list" in outcome.facts["prompt"]


def test_a_pressed_button_is_quoted_as_a_choice(context: Context) -> None:
    decision, _ = decided(replace(context, language="zh"), Facts(aim="聊天机器人", need="manner"))
    assert decision.reasons[0].startswith("你选的是「")


def test_overruling_keeps_the_advice_and_says_the_risk_once(context: Context) -> None:
    facts = Facts(aim="tune it on our price list", need="facts")
    decision, outcome = decided(context, facts, "finetune")
    assert (decision.route, decision.overruled) == (Route.FINETUNE, Route.LOOKUP)
    assert outcome.text.count(decision.risk) == 1
    assert "sounding sure" in decision.risk and "sounding sure" not in outcome.card
    assert "sounding sure" in decision_card(decision, "en", with_risk=True)
    assert context.project.stage == "dataset"
    back = decide(context)
    assert back.facts["route"] == "rag_workflow" and back.facts["overruled"] is None


def test_choosing_what_was_advised_overrules_nothing(context: Context) -> None:
    decision, _ = decided(context, Facts(aim="talks like a pirate", need="manner"), "finetune")
    assert decision.overruled is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_has_a_risk_for_every_other_road(
    context: Context, project: Project, language: str
) -> None:
    for rule in shelf("knowledge/decide")["rules"]:
        data = (rule["data"] or [""])[0]
        facts = Facts.model_validate({"aim": "x", "need": rule["need"][0], "data_at_hand": data})
        for route in ("prompt_only", "workflow", "rag_workflow", "finetune", "both"):
            decision, _ = decided(replace(context, language=language), facts, route)
            assert (decision.risk != "") == (decision.overruled is not None)


def test_a_harmful_wish_is_declined_and_cannot_be_overruled(context: Context) -> None:
    brief = _brief("a romance scam bot for lonely people")
    context.project.write(brief)
    outcome = decide(context, route="finetune")
    assert outcome.facts["route"] == "refuse"
    assert "```" not in outcome.card
    assert context.project.stage == "workflow"


def test_a_brief_of_a_model_is_heard_where_no_need_was_noted(context: Context) -> None:
    context.project.write(_brief("a bot that talks like a pirate"))
    assert decide(context).facts["route"] == "finetune"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_one_fact_is_missing_the_decision_says_which_and_the_plan_goes_on(
    context: Context, language: str
) -> None:
    facts = Facts(aim="做一个助手" if language == "zh" else "an assistant")
    decision, outcome = decided(replace(context, language=language), facts)
    assert decision.route is Route.UNCLEAR
    assert facts.aim[-2:] in decision.reasons[0]
    assert decision.cost == decision.cheaper_first == ""
    assert "```" not in outcome.card
    assert context.project.stage == "plan"


def test_two_readings_are_one_missing_fact(context: Context) -> None:
    facts = Facts(aim="sort my mails politely", need="labels", other_need="general")
    decision, _ = decided(context, facts)
    assert decision.route is Route.UNCLEAR
    overruled, _ = decided(context, facts, "finetune")
    assert overruled.overruled is Route.UNCLEAR and "still open" in overruled.risk


def test_an_unknown_road_is_refused_with_the_ones_there_are(context: Context) -> None:
    context.project.write(_brief("talks like a pirate"))
    with pytest.raises(BadInput) as error:
        decide(context, route="agent")
    assert "rag_workflow" in error.value.text("en")
    assert context.project.read(Decision) is None


def test_a_fence_in_the_aim_cannot_end_the_block_to_copy(context: Context) -> None:
    outcome = decided(context, Facts(aim="say ``` and ```` here", need="labels"))[1]
    assert "`````text" in outcome.card


def test_a_need_that_no_rule_knows_is_no_advice() -> None:
    assert advised(Facts(aim="a bot")) is None


def _brief(aim: str) -> Brief:
    cases = ({"question": str(n), "passes": "p", "fails": "f"} for n in range(3))
    values = {"audience": "a", "inputs": "i", "outputs": "o", "expected": "e", "language": "en"}
    return Brief.model_validate({"aim": aim, "cases": list(cases), **values})


def measured(context: Context, facts: Facts, passed: int) -> Decision:
    """The decision once the prompt alone was judged on the brief's own cases."""
    context.project.write(facts)
    write_brief(context)
    brief = context.project.read(Brief)
    assert brief is not None
    answers = tuple(
        Answered(**case.model_dump(), answer="a", passed=number < passed)
        for number, case in enumerate(brief.cases)
    )
    kept = Baseline(model="m", local=False, prompt=tried_prompt(brief), answers=answers)
    context.project.write(kept)
    decide(context)
    decision = context.project.read(Decision)
    assert decision is not None
    return decision


@pytest.mark.parametrize(
    ("need", "passed", "route"),
    [
        ("manner", 4, "prompt_only"),
        ("manner", 3, "finetune"),
        ("steps", 5, "prompt_only"),
        ("facts", 5, "prompt_only"),
        ("hidden_prompt", 5, "workflow"),
        ("general", 5, "prompt_only"),
    ],
)
def test_enough_good_answers_of_a_prompt_alone_decide(
    context: Context, need: str, passed: int, route: str
) -> None:
    facts = Facts.model_validate({"aim": "xyz", "need": need, "data_at_hand": "dozens"})
    decision = measured(context, facts, passed)
    assert (decision.route, decision.overruled) == (route, None)
    if route == "prompt_only" and need != "general":
        assert f"{passed} of 5" in decision.reasons[0]


def test_noting_more_leaves_a_measured_road_alone(context: Context) -> None:
    measured(context, Facts(aim="xyz", need="manner", data_at_hand="dozens"), 5)
    assert "no longer fit" not in note_facts(context, hardware="an RTX 3060").text
