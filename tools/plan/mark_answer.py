"""Keep the person's verdict on one answer of the prompt alone."""

from data.errors import BadInput, Busy, NotReady
from data.records import Baseline
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.plan.judge import judging
from tools.plan.try_prompt import asking


@tool(stage="plan", needs=("Baseline",), leaves="Baseline")
def mark_answer(context: Context, number: int, passed: bool) -> Outcome:
    """Keep the person's own verdict on one answer that the prompt alone brought: number from 1 as
    shown, passed or not. Never judge for them. It can be changed at any time."""
    baseline = context.project.read(Baseline)
    if baseline is None:
        raise NotReady("needs_baseline")
    if asking(context.project):
        raise Busy("job_running", kind="baseline")
    answers, count = list(baseline.answers), len(baseline.answers)
    if not 1 <= number <= count:
        raise BadInput("answer_number", number=number, count=count)
    answers[number - 1] = answers[number - 1].model_copy(update={"passed": passed})
    marked = baseline.model_copy(update={"answers": tuple(answers)})
    context.project.write(marked)
    key = "plan.baseline.now_passed" if passed else "plan.baseline.now_failed"
    return judging(context, marked, say(key, context.language, number=number))
