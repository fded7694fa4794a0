"""Tools as the graph runs them: gates, checked arguments, approvals, faults as answers."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from langchain_core.utils.function_calling import convert_to_openai_tool

from agent import toolbelt
from agent.events import Asked, Failed, Heard, Offered, Said, Settled, Worked
from agent.session import Session
from data.errors import BadInput
from data.settings import Settings
from tests.rigs.stages import EVERY, project_at
from tools.contract import Context, Outcome, Quote
from tools.registry import TOOLS


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("stage", EVERY)
def test_a_model_is_offered_exactly_the_tools_whose_needs_are_met(home, stage):
    project = project_at(home, stage)
    names = {tool.name for tool in toolbelt.offered(Context(project, Settings(home=home), "en"))}
    there = project.leaves()
    assert names == {tool.name for tool in TOOLS if set(tool.needs) <= there}
    assert {"learn_show", "learn_explain", "plan_note_facts"} <= names


def test_every_tool_is_described_in_a_schema_that_servers_take():
    for schema in toolbelt.schemas():
        function = convert_to_openai_tool(schema)["function"]
        assert len(function["description"]) < 1200, function["name"]
        assert function["parameters"]["type"] == "object"
        for name, field in function["parameters"].get("properties", {}).items():
            assert "type" in field or "anyOf" in field or "items" in field, (function["name"], name)


@pytest.mark.parametrize("tool", [t for t in TOOLS if t.needs], ids=lambda tool: tool.name)
def test_a_tool_that_is_called_before_its_time_answers_with_what_is_missing(home, tool):
    session = Session(project_at(home, "plan"), Settings(home=home))
    events = list(session.call(tool.name, {}))
    worked = only(events, Worked)[0]
    assert not worked.ok and not only(events, Asked)
    assert worked.facts["error"].startswith(("needs_", "bad_argument")) and worked.text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("dataset_mark_rows", {"ids": 5}),
        ("dataset_mark_rows", {}),
        ("dataset_write_prompt", {"count": "many"}),
        ("learn_show", {"what": ["brief"]}),
        ("learn_show", {"colour": "red"}),
        ("plan_note_facts", {"need": "love"}),
        ("plan_decide", {"route": "the moon"}),
        ("learn_explain", {}),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_arguments_that_do_not_fit_are_one_sentence(home, tool, arguments, language):
    project = project_at(home, "train")
    session = Session(project, Settings(home=home, language=language), language=language)
    worked = only(list(session.call(tool, arguments)), Worked)[0]
    assert not worked.ok and "pydantic" not in worked.text and "\n" not in worked.text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
SAFE = [t.name for t in TOOLS if t.name.startswith(("learn_", "plan_", "dataset_"))]


@examples(max_examples=25, deadline=None)
@given(tool=st.sampled_from(SAFE), values=st.lists(JSON, max_size=6), extra=st.booleans())
def test_no_arguments_at_all_break_the_talk(tmp_path_factory, tool, values, extra):
    import inspect

    home = tmp_path_factory.mktemp("home")
    session = Session(project_at(home, "dataset"), Settings(home=home))
    names = list(inspect.signature(toolbelt.by_name()[tool].function).parameters)[1:]
    arguments = dict(zip([*names, "extra"] if extra else names, values, strict=False))
    events = list(session.call(tool, arguments))
    assert isinstance(events[-1], Settled) and not only(events, Failed)
    assert not (session.project.folder / "errors.txt").exists(), (
        session.project.folder / "errors.txt"
    ).read_text()


# --- approvals


def test_a_yes_runs_it_once_and_a_second_yes_runs_nothing(home, counted):
    session = Session(project_at(home, "train"), Settings(home=home))
    asked = only(list(session.call("train_start", {})), Asked)[0]
    assert counted == [] and asked.quote and asked.text and asked.action
    events = list(session.answer(asked.id, True))
    assert counted == ["train"] and only(events, Worked)[0].ok
    assert [type(each) for each in session.history()[:2]] == [Heard, Worked], "a yes is kept too"
    again = list(session.answer(asked.id, True))
    assert only(again, Failed)[0].code == "nothing_to_answer" and counted == ["train"]


def test_two_windows_that_both_say_yes_run_it_once(home, counted):
    project = project_at(home, "train")
    one, two = (Session(project, Settings(home=home)) for _ in range(2))
    asked = only(list(one.call("train_start", {})), Asked)[0]
    assert two.pending() == asked
    list(two.answer(asked.id, True))
    assert only(list(one.answer(asked.id, True)), Failed)[0].code == "nothing_to_answer"
    assert counted == ["train"]


def test_a_yes_of_an_earlier_question_does_not_answer_the_newer_one(home, counted):
    session = Session(project_at(home, "train"), Settings(home=home))
    old = only(list(session.call("train_start", {})), Asked)[0]
    list(session.send("wait, what next?"))
    new = only(list(session.call("train_start", {})), Asked)[0]
    assert old.id != new.id
    assert only(list(session.answer(old.id, True)), Failed)[0].code == "ask_stale"
    assert counted == [] and session.pending() == new


@pytest.mark.parametrize(
    ("word", "runs"),
    [("yes", 1), ("Yes, go ahead", 1), ("OK!", 1), ("好", 1), ("no", 0), ("Not now", 0), ("不", 0)],
)
def test_a_yes_or_no_may_be_typed(home, counted, word, runs):
    session = Session(project_at(home, "train"), Settings(home=home))
    list(session.call("train_start", {}))
    list(session.send(word))
    assert len(counted) == runs and session.pending() is None


@pytest.mark.parametrize(
    "word", ["yes, but slower please", "why?", "maybe", "yesterday", "not yes", "好像不太对"]
)
def test_words_that_are_no_plain_yes_are_never_taken_for_one(home, counted, word):
    session = Session(project_at(home, "train"), Settings(home=home))
    list(session.call("train_start", {}))
    list(session.send(word))
    assert counted == []


def test_a_no_is_answered_and_nothing_is_done(home, counted):
    session = Session(project_at(home, "train"), Settings(home=home))
    asked = only(list(session.call("train_start", {})), Asked)[0]
    events = list(session.answer(asked.id, False))
    assert counted == [] and only(events, Said)[-1].text == "All right, nothing was done."
    assert not only(events, Worked), "what did not run is not shown as if it had"
    assert [type(each) for each in session.history()] == [Heard, Said, Offered]
    assert only(events, Offered)[-1].choices and [h.text for h in only(events, Heard)] == [
        "Not now"
    ]


def test_what_is_asked_survives_the_end_of_the_app(home, counted):
    project = project_at(home, "train")
    asked = only(list(Session(project, Settings(home=home)).call("train_start", {})), Asked)[0]
    later = Session(project, Settings(home=home))
    shown = later.history()
    assert asked in shown and [c.label for c in only(shown, Offered)[-1].choices] == [
        "Yes, go ahead",
        "Not now",
    ]
    list(later.answer(asked.id, True))
    assert counted == ["train"]


def test_a_job_that_ends_while_a_yes_is_awaited_waits_with_its_news(home, counted):
    from data.files import write_json

    project = project_at(home, "train")
    session = Session(project, Settings(home=home))
    asked = only(list(session.call("train_start", {})), Asked)[0]
    run = project.new_run()
    write_json(run.folder / "job.json", {"kind": "train", "state": "stopped", "started": 1.0})
    assert list(session.notice()) == [] and session.pending() == asked
    list(session.answer(asked.id, False))
    assert list(session.notice())


# --- faults


def test_a_persons_mistake_in_a_tool_is_a_sentence_in_their_language(home, swapped):
    def wrong(context: Context) -> Outcome:
        raise BadInput("count_range", most=50)

    swapped("learn_what_next", function=wrong)
    for language in ("zh", "en"):
        project = project_at(home, "train", f"p-{language}")
        session = Session(project, Settings(home=home, language=language), language=language)
        worked = only(list(session.call("learn_what_next", {})), Worked)[0]
        assert not worked.ok and worked.facts == {"error": "count_range"} and "50" in worked.text
        assert not (project.folder / "errors.txt").exists()


@pytest.mark.parametrize(
    "fault", [OSError("/srv/me/secret"), RecursionError(), MemoryError(), KeyError("k")]
)
def test_an_unforeseen_fault_is_one_sentence_without_its_text(home, swapped, fault):
    def broken(context: Context) -> Outcome:
        raise fault

    swapped("learn_what_next", function=broken)
    session = Session(project_at(home, "train"), Settings(home=home))
    events = list(session.call("learn_what_next", {}))
    worked = only(events, Worked)[0]
    assert worked.facts["error"] == "unexpected" and "secret" not in worked.text
    notes = (session.project.folder / "errors.txt").read_text()
    assert type(fault).__name__ in notes and "secret" not in notes
    assert only(events, Offered)[-1].choices
    assert only(list(session.send("help")), Said)


def test_a_fault_in_a_question_before_a_tool_is_a_sentence_too(home, swapped):
    def quote(context: Context) -> Quote:
        raise ZeroDivisionError("secret")

    swapped("train_start", asks=quote)
    session = Session(project_at(home, "train"), Settings(home=home))
    events = list(session.call("train_start", {}))
    assert only(events, Worked)[0].facts["error"] == "unexpected" and not only(events, Asked)


def test_facts_that_are_no_json_do_not_end_the_talk(home, swapped):
    def odd(context: Context) -> Outcome:
        return Outcome("Here.", facts={"where": home, "set": {1, 2}})

    swapped("learn_what_next", function=odd)
    session = Session(project_at(home, "train"), Settings(home=home))
    events = list(session.call("learn_what_next", {}))
    assert only(events, Worked)[0].ok and not only(events, Failed)


def test_a_tool_tells_how_far_it_is(home, swapped):
    from agent.events import Working

    def slow(context: Context) -> Outcome:
        context.report(0.5, "half of it")
        return Outcome("Done.")

    swapped("learn_what_next", function=slow)
    session = Session(project_at(home, "train"), Settings(home=home))
    working = only(list(session.call("learn_what_next", {})), Working)
    assert [(each.fraction, each.text) for each in working] == [(None, ""), (0.5, "half of it")]
