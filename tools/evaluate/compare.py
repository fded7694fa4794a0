"""Start the comparison of base and tuned model. The work itself is tools/evaluate/run.py."""

from data.errors import NotReady
from data.project import Run
from data.records import Brief, TrainPlan
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.evaluate.questions import questions
from tools.shared.answering import rows_file


@tool(stage="evaluate", needs=("Dataset", "Run"), leaves="Evaluation")
def compare(context: Context, run: str = "") -> Outcome:
    """Answer the brief's cases and unseen questions with the base and with the tuned model, side
    by side, and measure the loss of both on unseen questions. Starts a job that takes a minute or
    a few. `run`: name of a finished training run, the newest by default."""
    project, language = context.project, context.language
    chosen = finished(context, run)
    plan = chosen.read(TrainPlan)
    if plan is None:
        raise NotReady("needs_run")
    jobs.start(
        "evaluate",
        "tools.evaluate.run",
        chosen.folder / "evaluate",
        locks=context.settings.locks,
        arguments=(str(context.settings.models / plan.base_model),),
    )
    held_out = rows_file(chosen, project.held_out_file)
    asked = questions(held_out, project.read(Brief), "")
    text = say("evaluate.started", language, count=len(asked))
    return Outcome(text, facts={"run": chosen.name, "questions": len(asked)}, job="evaluate")


def finished(context: Context, name: str) -> Run:
    """The named finished run, or the newest. Raises NotReady."""
    project = context.project
    run = project.run(name) if name else project.finished_run()
    if run is None or not run.done:
        raise NotReady("needs_run")
    return run
