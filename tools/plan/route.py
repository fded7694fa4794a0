"""What one message comes to, as `tunepath route` prints it: route, reasons, facts, questions."""

from typing import Any

from data.records import Facts, Route
from data.say import say
from tools.plan.cite import CITED, cite
from tools.plan.count import data_at_hand
from tools.plan.draft import drafted
from tools.plan.hear import HAN, message_language
from tools.plan.match import mend, plain
from tools.plan.questions import next_questions
from tools.plan.read import Reading, read
from tools.plan.reasons import Deciding
from tools.plan.rules import HALTS, ROADS, rule_for

ASKING = (Route.CONCEPT, Route.WHAT_NEXT)


def route(text: str) -> dict[str, Any]:
    """The document for a message. Any text has one: an empty one is unclear.

    `confidence` is the classifier's probability, 0..1; `facts` are stretches of the message, None
    where it says nothing; `cheaper_first` is None where nothing is cheaper.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8")  # a lone surrogate can't be printed
    language = message_language(text, "zh" if HAN.search(text) else "en")
    reading, cited = read(text), cite(text)
    facts = _facts(text, reading, cited)
    if reading.route in ASKING:  # whoever asks a question wants an answer and no product
        cited = {**cited, "task": None}
    return {
        "route": reading.route.value,
        "confidence": round(reading.share, 3),
        **_explained(reading, facts, language),
        "facts": cited,
        "questions": _questions(reading, facts, language),
        "language": language,
    }


def _facts(text: str, reading: Reading, cited: dict[str, str | None]) -> Facts:
    said: dict[str, Any] = {name: cited[name] or "" for name in ("audience", "expected", *CITED)}
    return Facts(
        aim=cited["task"] or "",
        need=reading.need,  # pyright: ignore[reportArgumentType]
        other_need=reading.other_need,  # pyright: ignore[reportArgumentType]
        data_at_hand=data_at_hand(mend(plain(text))),  # pyright: ignore[reportArgumentType]
        **said,
    )


def _explained(reading: Reading, facts: Facts, language: str) -> dict[str, Any]:
    """Reasons and what is cheaper, in the words of the rule that the route stands for."""
    if reading.route not in (*ROADS, *HALTS):
        name = "open" if reading.route is Route.UNCLEAR else reading.route.value
        asked = [each.text for each in next_questions(facts, language)[:1]]
        reason = say(f"plan.decide.{name}.reason", language, question="".join(asked))
        return {"reasons": [reason[:1].upper() + reason[1:]], "cheaper_first": None}
    rule = rule_for(reading.route, reading.need)
    cases = len(drafted(facts, language).cases)
    decision = Deciding(facts, cases, rule, 0, language).decision()
    return {"reasons": list(decision.reasons), "cheaper_first": decision.cheaper_first or None}


def _questions(reading: Reading, facts: Facts, language: str) -> list[str]:
    asks = reading.route in (*ROADS, Route.UNCLEAR)
    return [each.text for each in next_questions(facts, language)] if asks else []
