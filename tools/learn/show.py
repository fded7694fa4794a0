"""Show what the project holds: one part, or all of it, as cards."""

from collections.abc import Callable
from typing import Any

from data.errors import BadInput
from data.files import read_lines
from data.project import Project, Run
from data.records import (
    Baseline,
    BaseModelChoice,
    Brief,
    Dataset,
    Decision,
    Evaluation,
    LossReading,
    Publication,
    TrainPlan,
)
from data.say import duration, say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.shared.baseline import current, result_card
from tools.shared.plain import plain
from tools.shared.plan_cards import brief_card, decision_card
from tools.shared.side_by_side import blocks, loss_line

ANSWERS, LENGTH = 5, 300
"""Compared answers that are listed, and characters of each; the whole list has its own tool."""
PLAN_FIELDS = (
    "base_model",
    "epochs",
    "learning_rate",
    "rank",
    "batch_rows",
    "max_length",
    "steps",
    "seconds",
)


@tool(stage="learn")
def show(context: Context, what: str = "all") -> Outcome:
    """Show a part of the project as it is. what: brief, decision, dataset, base_model, plan (of the
    training), run, curve, evaluation, publication, or all."""
    project, language = context.project, context.language
    if what not in (*_CARDS, "all"):
        known = ", ".join(say(f"learn.thing.{name}", language) for name in (*_CARDS, "all"))
        raise BadInput("show_unknown", what=what[:40], known=known)
    names = list(_CARDS) if what == "all" else [what]
    cards = {name: card for name in names if (card := _CARDS[name](project, language))}
    facts = {"shown": list(cards), "stage": project.stage}
    if what == "all":
        key = "learn.show.intro" if cards else "learn.show.nothing"
        return Outcome(say(key, language), "\n\n".join(cards.values()), facts)
    key = "learn.show.one" if cards else "learn.show.missing"
    thing = say(f"learn.thing.{what}", language)
    return Outcome(say(key, language, name=thing), cards.get(what, ""), facts)


# --- a card each; empty where there is nothing yet


def _brief(project: Project, language: str) -> str:
    brief = project.read(Brief)
    return brief_card(brief, language) if brief else ""


def _decision(project: Project, language: str) -> str:
    """The road, and below it what a prompt alone achieved, where that was tried."""
    decision, baseline = project.read(Decision), project.read(Baseline)
    if decision is None:
        return ""
    card = decision_card(decision, language, with_risk=True)
    if baseline is None:
        return card
    tried = result_card(baseline, language, fits=current(project) is not None)
    return f"{card}\n\n{tried}"


def _dataset(project: Project, language: str) -> str:
    items, frozen = project.items(), project.read(Dataset)
    if not items and not frozen:
        return ""
    rows: dict[str, Any] = {
        "rows": len(items),
        "flagged": sum(item.verdict == "open" and bool(item.findings) for item in items),
        "dropped": sum(item.verdict == "dropped" for item in items),
    }
    if frozen:
        spoken = say(f"plan.language.{frozen.language}", language)
        sources = ", ".join(f"{name} {count}" for name, count in frozen.sources.items())
        rows = {
            "title": frozen.title,
            "language": spoken,
            "train_rows": frozen.train_rows,
            "held_out_rows": frozen.held_out_rows,
            "dropped": frozen.dropped_rows,
            "sources": sources,
        }
    return _card("dataset", rows, language)


def _base_model(project: Project, language: str) -> str:
    choice = project.read(BaseModelChoice)
    return _card("base_model", choice.model_dump(), language) if choice else ""


def _plan(project: Project, language: str) -> str:
    plan = project.read(TrainPlan)
    if plan is None:
        return ""
    rows = {name: getattr(plan, name) for name in PLAN_FIELDS}
    rows["seconds"] = duration(plan.seconds, language) if plan.seconds else ""
    reasons = [f"- {plain(reason)}" for reason in plan.reasons.values()]
    return "\n\n".join(filter(None, (_card("plan", rows, language), "\n".join(reasons))))


def _run(project: Project, language: str) -> str:
    run = project.run()
    if run is None or not any(run.folder.iterdir()):
        return ""
    job = jobs.read(run.folder)
    state = job.state if job else "done" if run.done else "unknown"
    rows = {
        "state": say(f"learn.state.{state}", language),
        "progress": f"{job.fraction:.0%}" if job else "",
        **_last_losses(run),
        "folder": str(run.folder),
    }
    return _card("run", rows, language, name=run.name)


def _curve(project: Project, language: str) -> str:
    run = project.finished_run()
    reading = run.read(LossReading) if run else None
    if run is None or reading is None:
        return ""
    rows = {
        "label": say(f"learn.shape.{reading.label}", language),
        "best_step": "" if reading.best_step is None else reading.best_step,
        **_last_losses(run),
        "advice": reading.advice,
    }
    evidence = "\n".join(f"- {plain(line)}" for line in reading.evidence)
    return "\n\n".join(filter(None, (_card("curve", rows, language, name=run.name), evidence)))


def _evaluation(project: Project, language: str) -> str:
    run = project.finished_run()
    evaluation = run.read(Evaluation) if run else None
    if run is None or evaluation is None:
        return ""
    shown = evaluation.items[:ANSWERS]
    more = len(evaluation.items) > len(shown)
    counts = {"shown": len(shown), "count": len(evaluation.items)}
    parts = (
        f"### {say('learn.title.evaluation', language, name=run.name)}",
        loss_line(evaluation, language),
        blocks(shown, language, LENGTH),
        say("learn.show.clipped", language, **counts) if more else "",
    )
    return "\n\n".join(filter(None, parts))


def _publication(project: Project, language: str) -> str:
    bundle = project.bundle()
    if bundle is None:
        return ""
    kept = Publication.model_validate_json((bundle / Publication.FILE).read_bytes())
    serving = [j for j in jobs.find(project.folder / "publish") if j.alive and j.kind == "serve"]
    rows = {
        "name": kept.name,
        "base_model": kept.base_model,
        "licence": kept.licence,
        "folder": str(bundle),
        "address": serving[-1].numbers.get("url", "") if serving else "",
        "model": serving[-1].numbers.get("model", "") if serving else "",
    }
    return _card("publication", rows, language)


_CARDS: dict[str, Callable[[Project, str], str]] = {
    "brief": _brief,
    "decision": _decision,
    "dataset": _dataset,
    "base_model": _base_model,
    "plan": _plan,
    "run": _run,
    "curve": _curve,
    "evaluation": _evaluation,
    "publication": _publication,
}


# --- small things


def _card(thing: str, rows: dict[str, Any], language: str, **values: object) -> str:
    """A heading and a table of two columns; empty values are left out."""
    title = f"### {say(f'learn.title.{thing}', language, **values)}"
    lines = [
        f"| {say(f'learn.field.{name}', language)} | {plain(str(value))} |"
        for name, value in rows.items()
        if value not in ("", None)
    ]
    return "\n".join([title, "", lines[0], "|---|---|", *lines[1:]])


def _last_losses(run: Run) -> dict[str, str]:
    """The last loss and the last held-out loss of a run, where they were measured."""
    found: dict[str, str] = {}
    for line in read_lines(run.metrics):
        for name in ("loss", "held_out_loss"):
            if isinstance(line.get(name), int | float):
                found[name] = f"{line[name]:.2f}"
    return found
