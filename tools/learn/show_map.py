"""Show the learning map: what there is to learn in data/knowledge/roadmap.toml, and what of it the
person has done or asked about in this project."""

from typing import Any

from data.project import Project
from data.records import Learnt
from data.say import say
from data.shelf import shelf
from data.stages import WORKFLOW, position
from tools.contract import Context, Outcome, tool
from tools.learn.deeds import deeds
from tools.learn.explain import leads_back, title

MAP = "knowledge/roadmap"


@tool(stage="learn")
def show_map(context: Context) -> Outcome:
    """Show the learning map: four parts from the basics to putting a model to use, which steps the
    person has done in this project, by what, and the nearest next one. For "what have I learnt" and
    "what else is there to learn". Changes nothing."""
    language, seen = context.language, learning_map(context.project, context.language)
    key = "next" if seen["next"] else "all"
    text = say(f"learn.map.{key}", language, done=seen["done"], of=seen["of"], **seen["next"])
    card = "\n\n".join(_part_card(part, language) for part in seen["parts"])
    facts = {"done": seen["done"], "of": seen["of"], "next": seen["next"].get("id", "")}
    return Outcome(f"{text}\n\n{leads_back(context)}", card, facts)


def learning_map(project: Project, language: str) -> dict[str, Any]:
    """The map as plain values: `done` of `of` steps, the four `parts` with their steps, and `next`,
    the nearest open step with the reason `why`, empty where all are done. A step's `by` says what
    it was earned with; it is empty while the step is open."""
    done, learnt = deeds(project), project.read(Learnt) or Learnt()
    parts = [_part(part, done, learnt.explained, language) for part in shelf(MAP)["parts"]]
    steps = [step for part in parts for step in part["steps"]]
    return {
        "done": sum(part["done"] for part in parts),
        "of": len(steps),
        "next": _nearest([step for step in steps if not step["by"]], project.stage, language),
        "parts": parts,
    }


def _part(
    part: dict[str, Any], done: set[str], explained: tuple[str, ...], language: str
) -> dict[str, Any]:
    steps = [
        {
            "id": step["id"],
            "title": step[language],
            "after": step[f"{language}_after"],
            "term": title(step["term"], language),
            "stage": step["stage"],
            "by": _earned(step, done, explained, language),
        }
        for step in part["steps"]
    ]
    count = sum(bool(step["by"]) for step in steps)
    return {"id": part["id"], "title": part[language], "done": count, "steps": steps}


def _earned(step: dict[str, Any], done: set[str], explained: tuple[str, ...], language: str) -> str:
    by = [deed for deed in step["done_by"] if deed in done]
    if not by and step["term"] in explained:
        by = ["asking"]
    return say(f"learn.by.{by[0]}", language) if by else ""


def _nearest(steps: list[dict[str, Any]], stage: str, language: str) -> dict[str, str]:
    """The first open step of the person's own stage, else of the stage closest to it on the long
    road, ahead before behind; what belongs to the short road comes last."""
    if not steps:
        return {}

    def away(step: dict[str, Any]) -> tuple[bool, bool, int, bool]:
        ahead = position(step["stage"]) - position(stage)
        return step["stage"] != stage, step["stage"] == WORKFLOW, abs(ahead), ahead < 0

    step = min(steps, key=away)
    why = say(f"learn.map.{'own' if step['stage'] == stage else 'closest'}", language)
    return {"id": step["id"], "title": step["title"], "term": step["term"], "why": why}


def _part_card(part: dict[str, Any], language: str) -> str:
    count = {"done": part["done"], "of": len(part["steps"])}
    lines = [
        say(f"learn.map.{'done' if step['by'] else 'open'}", language, **step)
        for step in part["steps"]
    ]
    head = say("learn.map.part", language, title=part["title"], **count)
    return "\n".join([head, "", *lines])
