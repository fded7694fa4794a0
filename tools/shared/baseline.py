"""What a prompt alone achieved: whether that still counts, and how it reads in a conversation."""

import re

from data.project import Project
from data.records import Answered, Baseline, Brief
from data.say import say
from tools.shared.plain import plain
from tools.shared.plan_cards import draft_prompt

WHOLE, SHORT = 1200, 90
"""Characters of an answer that is to be judged, and of one in the list."""
_MARK = re.compile(r"^(\d*)([#+=.)-])")
"""What would make a list, a heading or a rule of a line."""


def tried_prompt(brief: Brief) -> str:
    """The prompt that the cases are asked with."""
    return draft_prompt(brief, examples=False)


def current(project: Project) -> Baseline | None:
    """The Baseline, if it measures the Brief as it is now: just its cases, asked with its prompt.

    None where nothing was tried, cases are still to be asked, or the Brief has changed since.
    """
    baseline, brief = project.read(Baseline), project.read(Brief)
    if baseline is None or brief is None or baseline.prompt != tried_prompt(brief):
        return None
    return baseline if tuple(each.case for each in baseline.answers) == brief.cases else None


def case_card(baseline: Baseline, number: int, language: str) -> str:
    """One answer to judge: what was asked, what came, what passes, what fails."""
    answered, total = baseline.answers[number - 1], len(baseline.answers)
    asked = _line(answered.question)
    head = say("plan.baseline.case", language, number=number, total=total, question=asked)
    marks = [
        f"- {say(f'plan.card.{name}', language, text=_line(text))}"
        for name, text in (("passes", answered.passes), ("fails", answered.fails))
    ]
    return "\n\n".join([f"**{head}**", _quoted(answered.answer, language), "\n".join(marks)])


def result_card(baseline: Baseline, language: str, *, fits: bool) -> str:
    """All answers with their verdicts; `fits` tells whether the Brief is still the same."""
    count = say(
        "plan.baseline.count", language, passed=baseline.passed, total=len(baseline.answers)
    )
    by = say(
        "plan.baseline.by_local" if baseline.local else "plan.baseline.by",
        language,
        model=plain(baseline.model),
    )
    names = ("number", "question", "answer", "verdict")
    head = " | ".join(say(f"plan.baseline.{name}", language) for name in names)
    lines = [_row(n, each, language) for n, each in enumerate(baseline.answers, 1)]
    parts = (
        f"### {say('plan.baseline.title', language)}",
        f"{count} {by}",
        "" if fits else say("plan.baseline.changed", language),
        "\n".join([f"| {head} |", "|---|---|---|---|", *lines]),
    )
    return "\n\n".join(filter(None, parts))


def _row(number: int, answered: Answered, language: str) -> str:
    answer = _line(answered.answer, SHORT) or say("plan.baseline.empty", language)
    cells = (str(number), _line(answered.question, SHORT), answer, _verdict(answered, language))
    return f"| {' | '.join(cells)} |"


def _quoted(text: str, language: str) -> str:
    """An answer as a quotation; a list or a heading in it stays the signs that it was."""
    cut = text[:WHOLE] + ("…" if len(text) > WHOLE else "")
    lines = [_MARK.sub(_entity, plain(line)) for line in cut.splitlines() if line.strip()]
    lines = lines or [say("plan.baseline.empty", language)]
    return "\n>\n".join(f"> {line}" for line in lines)


def _entity(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"


def _line(text: str, limit: int = 0) -> str:
    return plain(" ".join(text.split()), limit)


def _verdict(answered: Answered, language: str) -> str:
    key = {True: "passed", False: "failed", None: "open"}[answered.passed]
    return say(f"plan.baseline.{key}", language)
