"""Choose the model that training starts from, and say plainly what it can't do."""

from data.errors import Missing
from data.records import BaseModelChoice, Brief, Dataset
from data.say import say
from data.shelf import shelf
from tools.contract import Context, Outcome, tool
from tools.shared.starter import STARTER, ready


@tool(stage="base_model", leaves="BaseModelChoice")
def choose(context: Context, name: str = "") -> Outcome:
    """Choose the base model. `name` is smollm2-135m-instruct (on board, mostly English, the
    default) or gemma-3-270m (knows Chinese; must have been fetched with base_model_fetch)."""
    name = name or STARTER
    catalogue = shelf("shipped/base_models")
    if name not in catalogue:
        raise Missing("base_model_missing", name=name[:64], known="、".join(catalogue))
    if name != STARTER and not ready(context.settings.home, name):
        raise Missing("base_model_not_fetched", name=catalogue[name]["title"])
    entry, language = catalogue[name], context.language
    warning = _warning(context, entry)
    context.project.write(BaseModelChoice(name=name, licence=entry["licence"], warning=warning))
    text = say("base_model.chosen", language, title=entry["title"])
    return Outcome(text, card=card(name, language, warning), facts={"name": name})


def card(name: str, language: str, warning: str = "") -> str:
    """What a base model can and can't do, as a Markdown list."""
    entry = shelf("shipped/base_models")[name]
    lines = [
        say("base_model.card.can", language, text=entry["can"][language]),
        say("base_model.card.cannot", language, text=entry["cannot"][language]),
        say(
            "base_model.card.facts",
            language,
            millions=round(entry["parameters"] / 1e6),
            licence=entry["licence"],
            url=entry["licence_url"],
        ),
    ]
    note = [f"\n**{warning}**"] if warning else []
    return "\n".join([f"- {line}" for line in lines] + note)


def _warning(context: Context, entry: dict[str, object]) -> str:
    """A sentence where the model hardly knows the language of the work."""
    dataset, brief = context.project.read(Dataset), context.project.read(Brief)
    spoken = dataset.language if dataset else brief.language if brief else ""
    languages = entry["languages"]
    if spoken != "zh" or (isinstance(languages, list) and spoken in languages):
        return ""
    return say("base_model.warn_chinese", context.language)
