"""Drafts a Brief from what the person said. Pure.

A draft to correct, never a claim about what they meant.
"""

import re
from typing import Any

from data.records import Brief, Case, Facts
from data.say import say, words
from tools.plan.cite import must_stay
from tools.plan.hear import HAN, topics
from tools.plan.match import as_typed, find, groups, mend, plain, table

BOTH = ("manner", "facts")
END = " 。.!！;；,，"  # word list: marks


def drafted(facts: Facts, language: str) -> Brief:
    """A whole Brief. `language` is the talk's, and the product's where nothing else was said."""
    spoken = facts.language or ("zh" if language == "zh" else "en")
    parts = _parts(facts, spoken)
    values = _values(facts, spoken)
    first = {
        name: str(parts[0][name]).format_map(values) for name in ("inputs", "outputs", "expected")
    }
    expected = facts.expected.strip(END) or first["expected"]
    values["expected"] = expected[:1].upper() + expected[1:]
    return Brief(
        aim=facts.aim,
        audience=facts.audience or words("plan.options.audience", spoken)[-1],
        language=spoken,
        inputs=first["inputs"],
        outputs=_outputs(first["outputs"], facts, spoken),
        expected=expected,
        constraints=(*_constraints(parts, values), *_kept_in(facts, spoken)),
        cases=_cases(parts, values),
    )


def kinds(facts: Facts) -> tuple[str, ...]:
    """Which drafts fit: one, or two where manner and facts are both wanted."""
    said = mend(plain(f"{facts.aim}\n{facts.expected}\n{facts.audience}"))
    match facts.need:
        case "manner":
            return (_manner(facts, said),)
        case "facts":
            return ("price" if find("kind.price", said) else "facts",)
        case "labels":
            return ("extract" if find("kind.extract", said) else "labels",)
        case "manner_and_facts":
            return _manner(facts, said), "price" if find("kind.price", said) else "facts"
        case "manner_and_steps":
            return _manner(facts, said), "steps"
        case "" | "general":
            return ("text" if find("kind.text", said) else "general",)
        case need:
            return (need,)


def _manner(facts: Facts, said: str) -> str:
    name, service = who(facts.aim), bool(find("kind.service", said))
    if name and (_call(name, "en") or not service):  # a pirate who serves customers serves
        return "persona"
    if service:
        return "service"
    return "writing" if find("kind.writing", said) else "general"


def who(aim: str) -> str:
    """Whose manner is wanted, in the person's words; empty where nobody is named."""
    never = table("who")["never"]
    caught = [name for name in groups("who", plain(aim)) if name not in never]
    return as_typed(caught[0], aim) if caught else ""


def _parts(facts: Facts, spoken: str) -> list[dict[str, Any]]:
    chosen = kinds(facts)
    if "persona" in chosen and not _fits(who(facts.aim), spoken):
        chosen = tuple("general" if kind == "persona" else kind for kind in chosen)
    return [words(f"plan.draft.{kind}", spoken) for kind in chosen]


def _values(facts: Facts, spoken: str) -> dict[str, str]:
    name = who(facts.aim)
    return {"who": name, "call": _call(name, spoken), "topic": _topic(facts.aim, spoken)}


def _call(name: str, spoken: str) -> str:
    """How the person would address whoever it sounds like: `Grandma, `; empty for a pirate."""
    bare = re.sub(table("who")["own"], "", name.lower())
    if bare not in table("kin")["words"]:
        return ""
    return f"{bare}，" if spoken == "zh" else f"{bare.capitalize()}, "  # word list: a mark


def _topic(aim: str, spoken: str) -> str:
    """The material that is asked about, as it can stand in a sentence."""
    said = mend(plain(aim))
    named = [each for each in find("topic", said) if topics(aim) and _fits(each.text, spoken)]
    if not named:
        return say("plan.your_data", spoken)
    before = re.search(table("topic")["before"], said[: named[0].start])
    whole = (before[0] if before else "") + named[0].text
    return whole if spoken == "zh" else f"the {whole}"


def _fits(words_: str, spoken: str) -> bool:
    """Whether a word can stand in a sentence of that language."""
    return bool(words_) and bool(HAN.search(words_)) == (spoken == "zh")


def _outputs(drafted_: str, facts: Facts, spoken: str) -> str:
    """What goes out, with the form that the person named, where it is in the product's language."""
    if not _fits(facts.output_format, spoken):
        return drafted_
    return say("plan.draft_format", spoken, outputs=drafted_, format=facts.output_format)


def _kept_in(facts: Facts, spoken: str) -> tuple[str, ...]:
    """The person's own words on what must not go out."""
    stays = _fits(facts.privacy, spoken) and must_stay(facts.privacy)
    return (facts.privacy,) if stays else ()


def _constraints(parts: list[dict[str, Any]], values: dict[str, str]) -> tuple[str, ...]:
    return tuple(str(each).format_map(values) for part in parts for each in part["constraints"])


def _cases(parts: list[dict[str, Any]], values: dict[str, str]) -> tuple[Case, ...]:
    """All cases of one draft; of two, the first three and the second's most telling ones."""
    chosen = parts[0]["cases"]
    if len(parts) > 1:
        chosen = [*chosen[:3], parts[1]["cases"][0], parts[1]["cases"][3]]
    return tuple(
        Case(**{name: _filled(text, values) for name, text in case.items()}) for case in chosen
    )


def _filled(template: str, values: dict[str, str]) -> str:
    """A drafted line; where a value stands first, it begins with a capital."""
    text = template.format_map(values).strip()
    return text[:1].upper() + text[1:] if template.startswith("{") else text
