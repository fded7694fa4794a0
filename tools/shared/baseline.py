"""What a prompt alone achieved: whether that still counts, and how it reads in a conversation."""

from data.project import Project
from data.records import Answered, Baseline, Brief
from data.say import say
from tools.shared.plain import plain
from tools.shared.plan_cards import draft_prompt

WHOLE, SHORT = 1200, 200
"""Characters of an answer that is to be judged, and of one in the list."""


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
    answered = baseline.answers[number - 1]
    head = say("plan.baseline.case", language, number=number, total=len(baseline.answers))
    rows = [
        (say("plan.baseline.question", language), plain(answered.question)),
        (say("plan.baseline.answer", language), _answer(answered, language, WHOLE)),
        (say("plan.baseline.passes", language), plain(answered.passes)),
        (say("plan.baseline.fails", language), plain(answered.fails)),
    ]
    lines = [f"| {name} | {text} |" for name, text in rows]
    return "\n".join([f"**{head}**", "", lines[0], "|---|---|", *lines[1:]])


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
    lines = [_line(n, each, language) for n, each in enumerate(baseline.answers, 1)]
    parts = (
        f"### {say('plan.baseline.title', language)}",
        f"{count} {by}",
        "" if fits else say("plan.baseline.changed", language),
        "\n".join([f"| {head} |", "|---|---|---|---|", *lines]),
    )
    return "\n\n".join(filter(None, parts))


def verdict(answered: Answered, language: str) -> str:
    """What the person made of an answer, in a word."""
    key = {True: "passed", False: "failed", None: "open"}[answered.passed]
    return say(f"plan.baseline.{key}", language)


def _line(number: int, answered: Answered, language: str) -> str:
    cells = (
        str(number),
        plain(answered.question, SHORT),
        _answer(answered, language, SHORT),
        verdict(answered, language),
    )
    return f"| {' | '.join(cells)} |"


def _answer(answered: Answered, language: str, limit: int) -> str:
    return plain(answered.answer, limit) or say("plan.baseline.empty", language)
