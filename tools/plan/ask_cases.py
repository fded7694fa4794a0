"""Ask a model the Brief's cases by the prompt alone, one by one; each answer is kept at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data.alpaca import Turn
from data.project import Project
from data.records import Answered, Baseline, Brief
from data.shelf import shelf
from tools.shared.baseline import current, tried_prompt
from tools.shared.starter import STARTER


@dataclass(frozen=True)
class Asked:
    """Who answers, and how to put a question."""

    model: str
    local: bool
    answer: Callable[[list[Turn]], str]


def starter_title() -> str:
    """The name by which the starter model is shown."""
    return str(shelf("shipped/base_models")[STARTER]["title"])


def held(project: Project, brief: Brief, model: str, local: bool) -> tuple[Answered, ...]:
    """Answers that can stay: given by this model to this prompt, their cases unchanged."""
    kept = project.read(Baseline)
    if kept is None or (kept.model, kept.local) != (model, local):
        return ()
    if kept.prompt != tried_prompt(brief):
        return ()
    return _in_order(brief, kept.answers)


def ask_cases(
    project: Project, brief: Brief, asked: Asked, kept: tuple[Answered, ...]
) -> Iterator[Baseline]:
    """Ask the cases that have no kept answer; the Baseline after each, written already."""
    text = tried_prompt(brief)
    judged = current(project)  # stays whole until there is another whole one
    for case in brief.cases:
        if case in [answered.case for answered in kept]:
            continue
        turns = [{"role": "system", "content": text}, {"role": "user", "content": case.question}]
        new = Answered(**case.model_dump(), answer=asked.answer(turns).strip())
        kept = _in_order(brief, (*kept, new))
        baseline = Baseline(model=asked.model, local=asked.local, prompt=text, answers=kept)
        if judged is None or len(kept) == len(brief.cases):
            project.write(baseline)
        yield baseline


def _in_order(brief: Brief, answers: tuple[Answered, ...]) -> tuple[Answered, ...]:
    """An answer for each case that has one."""
    found = (next((each for each in answers if each.case == case), None) for case in brief.cases)
    return tuple(each for each in found if each)
