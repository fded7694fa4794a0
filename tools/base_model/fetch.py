"""Fetch the second starter model, once its licence terms were shown and accepted."""

from data.errors import Missing
from data.say import say
from data.shelf import shelf
from tools import jobs
from tools.contract import Context, Outcome, Quote, tool
from tools.shared.starter import ready


def terms(context: Context, name: str = "gemma-3-270m") -> Quote | None:
    """The licence terms to accept; nothing to ask where the model is there already, or its licence
    asks for nothing."""
    entry = _entry(name)
    if ready(context.settings.home, name) or "policy_url" not in entry:
        return None
    language = context.language
    text = say(
        "base_model.terms",
        language,
        title=entry["title"],
        megabytes=entry["download_mb"],
        url=entry["licence_url"],
        policy=entry["policy_url"],
    )
    action = say("base_model.terms_title", language, title=entry["title"])
    return Quote(action, text, {"megabytes": entry["download_mb"], "licence": entry["licence"]})


@tool(stage="base_model", asks=terms)
def fetch(context: Context, name: str = "gemma-3-270m") -> Outcome:
    """Fetch gemma-3-270m, a base model that knows Chinese (about 250 MB, needs a network once).
    The person is shown its licence terms and accepts them first. Starts a job."""
    entry, language = _entry(name), context.language
    if ready(context.settings.home, name):
        return Outcome(say("base_model.there", language, title=entry["title"]))
    jobs.start(
        "fetch",
        "tools.base_model.fetch_run",
        context.project.folder / "base_model" / "fetch",
        locks=context.settings.locks,
        arguments=(name, str(context.settings.home)),
    )
    return Outcome(say("base_model.fetching", language, title=entry["title"]), job="fetch")


def _entry(name: str) -> dict[str, object]:
    catalogue = shelf("shipped/base_models")
    if name not in catalogue:
        raise Missing("base_model_missing", name=name[:64], known="、".join(catalogue))
    return catalogue[name]
