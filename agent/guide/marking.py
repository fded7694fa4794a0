"""The person's verdict on answers of the prompt alone: one at a time, then what they come to."""

from agent.guide.reply import Do, Option, Reply
from data.records import Decision, Facts, Route
from data.say import say
from tools.contract import Context
from tools.shared.baseline import current

TRIED = {"plan_try_prompt", "plan_mark_answer"}
"""Tools after which a verdict may be due."""
VERDICT = "verdict"
"""The question of a reply that awaits one; its first two buttons are yes and no."""


def due(context: Context) -> Reply | None:
    """The next answer's verdict, or the choice that enough good ones leave; None without either."""
    baseline, language = current(context.project), context.language
    if baseline is None:
        return None
    if baseline.unmarked:
        number = baseline.unmarked[0]
        marks = tuple(
            _option(name, language, Do("plan_mark_answer", {"number": number, "passed": passed}))
            for name, passed in (("passes", True), ("fails", False))
        )
        later = _option("mark_later", language, Do(topic="mark_later"))
        text = say("agent.step.judge", language, number=number)
        return Reply(text, (*marks, later), questions=(VERDICT,))
    decision = context.project.read(Decision)
    facts = context.project.read(Facts)
    hides = facts is not None and facts.need == "hidden_prompt"  # it still is to be hidden
    if hides or not baseline.enough or (decision and decision.route == Route.PROMPT):
        return None
    return Reply(options=_ways_on(language))


def _ways_on(language: str) -> tuple[Option, ...]:
    stop = Do("plan_decide", {"route": Route.PROMPT.value})
    return (
        _option("stop_with_prompt", language, stop),
        _option("go_on_anyway", language, Do(topic="next")),
    )


def _option(name: str, language: str, do: Do) -> Option:
    return Option(say(f"agent.option.{name}", language), do)
