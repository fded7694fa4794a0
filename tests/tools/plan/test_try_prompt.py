"""The prompt alone on the Brief's own cases: asked by a real server or a real small model."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import BadInput, Busy, NotReady, TunePathError
from data.files import read_json, write_json
from data.project import Project
from data.records import Baseline, Brief, Decision, Route
from data.settings import Settings
from tests.rigs.stages import decision, project_at
from tests.rigs.strict_openai import StrictServer, strict_server
from tests.tools.tiny import tiny_model
from tools import jobs
from tools.contract import Context
from tools.learn.go_back import go_back
from tools.learn.show import show
from tools.plan.mark_answer import mark_answer
from tools.plan.try_prompt import job_folder, try_prompt
from tools.services.chat_models import connect
from tools.shared.baseline import current, tried_prompt
from tools.shared.plan_cards import draft_prompt
from tools.shared.starter import STARTER

KEY = "sk-test-canary"


class Served:
    """A project with a Brief of three cases, and a server that answers by what `replies` holds."""

    def __init__(self, home: Path, server: StrictServer, replies: dict[str, Any]) -> None:
        self.project = project_at(home, "dataset")
        self.server, self.replies, self.reports = server, replies, list[str]()
        self.stop_after = 99
        self.home = home

    def context(self, model: str = "big", language: str = "en") -> Context:
        return Context(
            self.project,
            Settings(home=self.home, language=language),
            language,
            connect(self.server.url, KEY, model).model,
            report=lambda _, text: self.reports.append(text),
            stopped=lambda: len(self.server.requests) >= self.stop_after,
        )

    @property
    def baseline(self) -> Baseline:
        found = self.project.read(Baseline)
        assert found
        return found

    @property
    def asked(self) -> list[str]:
        return [each["messages"][-1]["content"] for each in self.server.requests]


@pytest.fixture
def served(home: Path) -> Iterator[Served]:
    replies: dict[str, Any] = {}

    def script(body: dict[str, Any]) -> dict[str, Any]:
        question = body["messages"][-1]["content"]
        return replies.get(question, {"text": f"Kindly, about {question}"})

    with strict_server(script) as server:
        yield Served(home, server, replies)


def change_brief(project: Project, **changes: Any) -> Brief:
    brief = project.read(Brief)
    assert brief
    changed = brief.model_copy(update=changes)
    project.write(changed)
    return changed


def test_a_connected_model_is_asked_each_case_once_and_told_how_far_it_is(served: Served) -> None:
    outcome = try_prompt(served.context())
    assert served.asked == ["Case 0?", "Case 1?", "Case 2?"]
    assert served.baseline.model == "big" and not served.baseline.local
    assert [each.answer for each in served.baseline.answers] == [
        f"Kindly, about Case {n}?" for n in range(3)
    ]
    assert served.reports[-2:] == ["2 of 3 answered", "3 of 3 answered"]
    assert "3 times" in outcome.text and outcome.facts["to_judge"]["number"] == 1
    assert current(served.project) == served.baseline


def test_the_prompt_that_is_asked_holds_the_brief_and_none_of_its_cases(served: Served) -> None:
    brief = change_brief(served.project, aim="a bot for our shop")
    try_prompt(served.context())
    system = served.server.requests[0]["messages"][0]["content"]
    assert served.server.requests[0]["messages"][0]["role"] == "system"
    assert system == served.baseline.prompt == tried_prompt(brief)
    assert "a bot for our shop" in system and "Case" not in system
    assert "Case 0? → kind" in draft_prompt(brief), "the prompt to copy keeps its examples"
    assert "\n\n\n" not in system


def test_an_answer_is_shown_as_text_whatever_it_holds(served: Served) -> None:
    served.replies["Case 0?"] = {"text": "| a | <img src=x>\n\n# loud `x`\n- one\n2. two\n---"}
    card = try_prompt(served.context()).card
    quoted = [line for line in card.splitlines() if line.startswith("> ")]
    assert len(quoted) == 5 and quoted[1].startswith("> &#35; loud")
    assert not {"<", "`", "|"} & set(card) and "> - " not in card and "> 2." not in card
    table = show(served.context(), what="decision").card
    assert "<" not in table and "`" not in table


def test_stop_keeps_what_was_answered_and_the_next_try_asks_only_the_rest(served: Served) -> None:
    served.stop_after = 2
    outcome = try_prompt(served.context())
    assert outcome.facts == {"answered": 2, "missing": 1} and "still to ask: 1" in outcome.text
    assert len(served.baseline.answers) == 2 and current(served.project) is None
    served.stop_after = 99
    try_prompt(served.context())
    assert served.asked == ["Case 0?", "Case 1?", "Case 2?"]
    assert current(served.project)


def test_a_server_that_fails_half_way_is_said_and_costs_no_answer(served: Served) -> None:
    served.replies["Case 1?"] = {"status": 402}
    outcome = try_prompt(served.context())
    assert outcome.facts["error"] == "key_forbidden" and "balance" in outcome.text
    assert "The answers are kept" in outcome.text and KEY not in outcome.text
    assert len(served.baseline.answers) == 1
    with pytest.raises(TunePathError, match="key_forbidden"):
        try_prompt(served.context())
    assert len(served.baseline.answers) == 1


def test_a_changed_case_alone_is_asked_again_and_other_verdicts_stay(served: Served) -> None:
    try_prompt(served.context())
    for number in (1, 2, 3):
        mark_answer(served.context(), number=number, passed=True)
    cases = served.baseline.answers[0].case, served.baseline.answers[2].case
    new = served.baseline.answers[1].case.model_copy(update={"passes": "very kind"})
    change_brief(served.project, cases=(cases[0], new, cases[1]))
    assert current(served.project) is None
    try_prompt(served.context())
    assert served.asked[3:] == ["Case 1?"]
    assert served.baseline.unmarked == (2,) and served.baseline.passed == 2


@pytest.mark.parametrize("change", [{"expected": "short"}, {"constraints": ("no names",)}])
def test_a_changed_prompt_is_tried_anew(served: Served, change: dict[str, Any]) -> None:
    try_prompt(served.context())
    change_brief(served.project, **change)
    assert current(served.project) is None
    try_prompt(served.context())
    assert len(served.asked) == 6 and current(served.project)


def test_what_is_answered_is_shown_again_and_asked_again_only_where_that_is_wanted(
    served: Served,
) -> None:
    try_prompt(served.context())
    mark_answer(served.context(), number=1, passed=True)
    outcome = try_prompt(served.context("other"))
    assert len(served.asked) == 3 and outcome.facts["to_judge"]["number"] == 2
    try_prompt(served.context("other"), again=True)
    assert len(served.asked) == 6 and served.baseline.model == "other"
    assert served.baseline.unmarked == (1, 2, 3)


def test_answers_of_two_models_are_never_mixed(served: Served) -> None:
    served.stop_after = 1
    try_prompt(served.context())
    served.stop_after = 99
    try_prompt(served.context("other"))
    assert served.asked[1:] == ["Case 0?", "Case 1?", "Case 2?"]
    assert served.baseline.model == "other"


@pytest.mark.parametrize(
    ("route", "code"),
    [
        (Route.REFUSE, "wish_refused"),
        (Route.OUT_OF_SCOPE, "wish_out_of_scope"),
        (Route.UNCLEAR, "need_unknown"),
    ],
)
def test_a_wish_that_goes_no_further_is_not_tried(served: Served, route: Route, code: str) -> None:
    served.project.write(decision(route))
    with pytest.raises(TunePathError, match=code):
        try_prompt(served.context())
    assert served.asked == []


def test_a_harmful_brief_is_not_tried_before_the_road_is_chosen(served: Served) -> None:
    (served.project.folder / Decision.FILE).unlink()
    change_brief(served.project, aim="a romance scam bot for lonely people")
    with pytest.raises(BadInput, match="wish_refused"):
        try_prompt(served.context())
    assert served.asked == []


def test_without_a_brief_nothing_can_be_tried(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_brief"):
        try_prompt.check_ready(context.project)
    with pytest.raises(NotReady, match="needs_baseline"):
        mark_answer.check_ready(context.project)


# --- verdicts


@pytest.mark.parametrize(
    ("route", "verdicts", "words"),
    [
        (Route.FINETUNE, (True, True, True), "training would add little"),
        (Route.FINETUNE, (True, False, True), "training would add little"),
        (
            Route.FINETUNE,
            (True, False, False),
            "Failed: 2, 3. These are the cases that training has",
        ),
        (
            Route.LOOKUP,
            (False, True, False),
            "Failed: 1, 3. These are the cases that the look-up has",
        ),
        (
            Route.WORKFLOW,
            (False, False, False),
            "Failed: 1, 2, 3. These are the cases that doing it in steps",
        ),
        (Route.PROMPT, (True, True, True), "nothing more needs building"),
        (None, (False, True, False), "into the prompt"),
    ],
)
def test_all_verdicts_together_say_what_they_come_to(
    served: Served, route: Route | None, verdicts: tuple[bool, ...], words: str
) -> None:
    (served.project.folder / Decision.FILE).unlink()
    if route:
        served.project.write(decision(route))
    try_prompt(served.context())
    for number, passed in enumerate(verdicts, 1):
        outcome = mark_answer(served.context(), number=number, passed=passed)
    assert f"{sum(verdicts)} of 3 passed" in outcome.text and words in outcome.text
    assert served.baseline.enough == (sum(verdicts) >= 2)


def test_a_verdict_can_be_changed_and_the_next_answer_follows_each(served: Served) -> None:
    try_prompt(served.context())
    assert "Case 2 of 3" in mark_answer(served.context(), number=1, passed=False).card
    mark_answer(served.context(), number=1, passed=True)
    assert served.baseline.passed == 1 and served.baseline.unmarked == (2, 3)


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_that_no_answer_has_is_refused(served: Served, number: int) -> None:
    try_prompt(served.context())
    with pytest.raises(BadInput, match="answer_number") as error:
        mark_answer(served.context(), number=number, passed=True)
    assert "1 to 3" in error.value.text("en")
    assert served.baseline.marked == 0


def test_the_result_stands_below_the_decision_and_says_when_it_is_out_of_date(
    served: Served,
) -> None:
    try_prompt(served.context())
    mark_answer(served.context(), number=1, passed=True)
    card = show(served.context(), what="decision").card
    assert "1 of 3 pass" in card and "Answered by big" in card and "not judged yet" in card
    assert "has changed since" not in card
    change_brief(served.project, aim="something else")
    assert "has changed since" in show(served.context(), what="decision").card


def test_a_fresh_start_puts_the_result_aside_with_the_rest(served: Served) -> None:
    try_prompt(served.context())
    served.project.write(decision(Route.LOOKUP))
    quote = go_back.asks(served.context(), stage="plan") if go_back.asks else None
    assert quote and "the trial of the prompt" in quote.text
    go_back(served.context(), stage="plan")
    assert served.project.read(Baseline) is None
    kept = read_json(served.project.folder / "plan/before-1.json")
    assert kept and kept["baseline"]["model"] == "big"


# --- without a connected model


def test_the_starter_answers_in_a_job_and_its_limits_are_said(home: Path) -> None:
    tiny_model(home / "models" / STARTER)
    project = project_at(home, "workflow")
    context = Context(project, Settings(home=home), "en")
    outcome = try_prompt(context)
    assert outcome.job == "baseline" and "mostly English" in outcome.text
    *_, last = jobs.follow(job_folder(project), 0.1)
    assert last.state == "done", (job_folder(project) / "log.txt").read_text()
    baseline = current(project)
    assert baseline and baseline.local and "SmolLM2" in baseline.model
    assert len(baseline.answers) == 3 and last.numbers["total"] == 3
    shown = try_prompt(context)
    assert shown.job == "" and "Case 1 of 3" in shown.card
    for number in (1, 2, 3):
        outcome = mark_answer(context, number=number, passed=False)
    assert "a big one may well get them right" in outcome.text


def test_while_the_starter_answers_nothing_else_touches_the_answers(served: Served) -> None:
    try_prompt(served.context())
    state = {"kind": "baseline", "state": "running", "started": time.time()}
    write_json(job_folder(served.project) / "job.json", state)
    with pytest.raises(Busy, match="job_running"):
        try_prompt(served.context(), again=True)
    with pytest.raises(Busy, match="job_running"):
        mark_answer(served.context(), number=1, passed=True)


def test_a_stopped_job_keeps_its_answers_and_goes_on_with_the_rest(home: Path) -> None:
    tiny_model(home / "models" / STARTER)
    project = project_at(home, "dataset")
    context = Context(project, Settings(home=home), "en")
    try_prompt(context)
    for _ in jobs.follow(job_folder(project), 0.01):
        if project.read(Baseline):
            jobs.stop(job_folder(project))
    first = project.read(Baseline)
    assert first
    try_prompt(context)
    *_, last = jobs.follow(job_folder(project), 0.1)
    assert last.state == "done"
    whole = current(project)
    assert whole and whole.answers[: len(first.answers)] == first.answers
