"""Show base and tuned answers side by side, with the numbers and what they mean."""

from data.errors import NotReady
from data.project import Run
from data.records import Evaluation
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.shared.answering import Answering
from tools.shared.side_by_side import blocks, caution, loss_line

ANSWER_LENGTH = 500
"""Characters of an answer that the chat shows; a base model that loops would fill pages."""


@tool(stage="evaluate", needs=("Evaluation",))
def show_answers(context: Context, run: str = "") -> Outcome:
    """Show the compared answers of base and tuned model and their held-out loss. `run`: name of a
    compared training run, the newest by default."""
    chosen = context.project.run(run) if run else context.project.finished_run()
    evaluation = chosen.read(Evaluation) if chosen else None
    if chosen is None or evaluation is None:
        raise NotReady("needs_evaluation")
    language = context.language
    text = "\n\n".join(
        filter(
            None,
            (
                loss_line(evaluation, language),
                say("evaluate.shown", language, count=len(evaluation.items)),
                caution(evaluation, language),
            ),
        )
    )
    return Outcome(text, _card(evaluation, chosen, language), _facts(evaluation))


def _card(evaluation: Evaluation, run: Run, language: str) -> str:
    how = run.read(Answering)
    foot = say("evaluate.greedy", language, tokens=how.max_new_tokens) if how else ""
    title = f"### {say('evaluate.title.answers', language)}"
    shown = blocks(evaluation.items, language, ANSWER_LENGTH)
    return "\n\n".join(filter(None, (title, shown, foot)))


def _facts(evaluation: Evaluation) -> dict[str, object]:
    return {
        "run": evaluation.run,
        "held_out_loss": {"before": evaluation.base_loss, "after": evaluation.tuned_loss},
        "held_out_rows": evaluation.held_out_rows,
        "questions": len(evaluation.items),
    }
