"""The Brief, the Decision and a prompt to start from as Markdown.

Knows the records, not how they came about.
"""

import re

from data.prompt import prompt
from data.records import Brief, Decision
from data.say import say
from tools.shared.plain import plain

EXAMPLES = 3
"""Cases that the prompt shows; more makes it long and helps little."""


def brief_card(brief: Brief, language: str) -> str:
    """The Brief for reading: a table of what is wanted, then the cases."""
    rows = [
        ("aim", brief.aim),
        ("audience", brief.audience),
        ("language", say(f"plan.language.{brief.language}", language)),
        ("inputs", brief.inputs),
        ("outputs", brief.outputs),
        ("expected", brief.expected),
        ("constraints", _joined(brief.constraints, language)),
    ]
    title = f"### {say('plan.title.brief', language)}"
    cases = f"**{say('plan.card.cases', language)}**"
    return "\n\n".join([title, _table(rows, language), cases, *_cases(brief, language)])


def decision_card(decision: Decision, language: str, *, with_risk: bool = False) -> str:
    """The Decision for reading; a risk only on demand, for it is said once."""
    route = say(f"plan.route.{decision.route}", language)
    advised = say(f"plan.route.{decision.overruled}", language) if decision.overruled else ""
    rows = [
        ("cost", decision.cost),
        ("cheaper_first", decision.cheaper_first),
        ("would_change", decision.would_change),
        ("overruled", advised if with_risk else ""),
        ("risk", decision.risk if with_risk else ""),
    ]
    reasons = "\n".join(f"- {plain(reason)}" for reason in decision.reasons)
    title = f"### {say('plan.title.decision', language, route=route)}"
    return "\n\n".join(filter(None, (title, reasons, _table(rows, language))))


def prompt_card(brief: Brief, language: str) -> str:
    """A prompt drafted from the Brief, in the language of the product, in a block to copy."""
    text = draft_prompt(brief)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"**{say('plan.card.prompt', language)}**\n\n{fence}text\n{text}\n{fence}"


def draft_prompt(brief: Brief, *, examples: bool = True) -> str:
    """What to tell an untuned model so that it does what the Brief asks.

    Without examples where the cases themselves are going to be asked: they hold the answers.
    """
    values = {
        name: " ".join(str(getattr(brief, name)).split())
        for name in ("aim", "audience", "inputs", "outputs", "expected")
    }
    constraints = _joined(brief.constraints, brief.language) or "-"
    shown = _examples(brief) if examples else ""
    text = prompt("plan/draft", brief.language, **values, constraints=constraints, examples=shown)
    return re.sub(r"\n{3,}", "\n\n", text)


def _examples(brief: Brief) -> str:
    lines = "\n".join(
        f"- {' '.join(case.question.split())} → {' '.join(case.passes.split())}"
        for case in brief.cases[:EXAMPLES]
    )
    return prompt("plan/examples", brief.language, examples=lines) if lines else ""


def _cases(brief: Brief, language: str) -> list[str]:
    blocks = []
    for number, case in enumerate(brief.cases, 1):
        head = say("plan.card.case", language, number=number, question=plain(case.question))
        lines = [f"**{head}**"]
        for name in ("passes", "fails"):
            text = say(f"plan.card.{name}", language, text=plain(getattr(case, name)))
            lines.append(f"- {text}")
        blocks.append("\n".join([lines[0], "", *lines[1:]]))
    return blocks


def _table(rows: list[tuple[str, str]], language: str) -> str:
    """Two columns; what is empty is left out."""
    kept = [(say(f"plan.field.{name}", language), plain(text)) for name, text in rows if text]
    if not kept:
        return ""
    head, *rest = (f"| {name} | {text} |" for name, text in kept)
    return "\n".join([head, "|---|---|", *rest])


def _joined(parts: tuple[str, ...], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(parts)  # word list: a mark
