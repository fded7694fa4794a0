"""What comes after an answer or a verdict: the next answer to judge, or what all come to."""

from data.records import Baseline, Decision, Facts, Route
from data.say import say
from tools.contract import Context, Outcome
from tools.shared.baseline import WHOLE, case_card, current, result_card


def judging(context: Context, baseline: Baseline, said: str) -> Outcome:
    """`said`, then the next answer that awaits a verdict, or the sum of all verdicts."""
    fits = current(context.project) == baseline
    facts = _facts(baseline, fits)
    if baseline.unmarked:
        number = baseline.unmarked[0]
        return Outcome(said, case_card(baseline, number, context.language), facts)
    text = _joined(context, (said, *_sum(context, baseline))) if fits else said
    return Outcome(text, result_card(baseline, context.language, fits=fits), facts)


def _sum(context: Context, baseline: Baseline) -> tuple[str, ...]:
    language, decision = context.language, context.project.read(Decision)
    route = decision.route if decision else None
    passed, total = baseline.passed, len(baseline.answers)
    counted = say("plan.baseline.counted", language, passed=passed, total=total)
    if baseline.enough:
        facts = context.project.read(Facts)
        hides = facts is not None and facts.need == "hidden_prompt"
        key = "enough_hides" if hides else "enough_trains" if route and route.trains else "enough"
        return counted, say(f"plan.baseline.{key}", language)
    numbers = "、" if language == "zh" else ", "  # word list: a mark
    failed = numbers.join(map(str, baseline.failed))
    win = say(f"plan.baseline.win.{route or Route.PROMPT}", language)
    weak = say("plan.baseline.weak", language) if baseline.local else ""
    return counted, say("plan.baseline.not_enough", language, failed=failed, win=win), weak


def _facts(baseline: Baseline, fits: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "model": baseline.model,
        "local": baseline.local,
        "answered": len(baseline.answers),
        "marked": baseline.marked,
        "passed": baseline.passed,
        "enough": baseline.enough,
        "current": fits,
    }
    if baseline.unmarked:
        number = baseline.unmarked[0]
        shown = baseline.answers[number - 1].model_dump(exclude={"passed"})
        facts["to_judge"] = {"number": number, **shown, "answer": shown["answer"][:WHOLE]}
    return facts


def _joined(context: Context, sentences: tuple[str, ...]) -> str:
    return ("" if context.language == "zh" else " ").join(filter(None, sentences))
