"""How much data a person says to have: numbers in digits, in English and in Chinese words. Pure."""

import re

from tools.plan.match import find, table


def data_at_hand(text: str) -> str:
    """none, few, dozens, hundreds or sample, as said in a plain text; empty where it was not."""
    if find("data.sample", text):
        return "sample"
    for clause in re.split(r"[\n，。;；!！?？]|,(?!\d)|\.\s", text):
        if amount := _counted(clause):
            return amount
    for amount in ("none", "hundreds", "dozens", "few"):
        if find(f"data.{amount}", text) and not _only_wanted(text):
            return amount
    return ""


def amount_of(number: float) -> str:
    """The word for a number of rows."""
    rule = table("data.count")
    if number >= rule["hundreds_from"]:
        return "hundreds"
    return "dozens" if number >= rule["few_below"] else "few" if number >= 1 else "none"


def number_in(text: str) -> float | None:
    """The first number in a plain text; None where there is none."""
    match = re.search(_number(), text)
    return _value(match[0]) if match else None


def counts_rows(text: str) -> bool:
    """Whether a plain text gives a number of things that could be learnt from."""
    rule = table("data.count")
    return _counting(text, f"{rule['unit']}|{rule['held']}") is not None


def without_numbers(text: str) -> str:
    """What is left of a plain text."""
    return re.sub(_number(), " ", text)


def _counted(clause: str) -> str:
    rule = table("data.count")
    clause = re.sub(rule["rate"], " ", clause)
    if _only_wanted(clause):
        return ""
    having = re.search(rule["having"], clause)
    unit = rule["unit"] + ("|" + rule["held"] if having else "")
    match = _counting(clause, unit)
    number = _value(match[1]) if match else None
    return amount_of(number) if number and number > 1 else ""  # `a chatbot` is no count


def _counting(text: str, unit: str) -> re.Match[str] | None:
    between = r"\s*(?:or so|多)?\s*(?:[a-z-]+\s+){0,2}?"
    return re.search(rf"({_number()}){between}(?:{unit})(?![a-z])", text)


def _only_wanted(clause: str) -> bool:
    """A number of rows to make, to allow or to handle each day, rather than to have."""
    return re.search(table("data.count")["never"], clause) is not None


def _number() -> str:
    """A number in digits, English or Chinese words; runs are bounded, so that it stays quick."""
    words = "|".join(table("numbers")["english"])
    chinese = "".join((*table("numbers")["digits"], *"十百千万"))  # word list
    vague = "".join(table("numbers")["vague"])
    digits = r"(?<![\d.,])\d[\d,]{0,11}(?:\.\d{1,6})?\s?[k千万百]?(?!\d)"
    english = rf"(?<![a-z])(?:{words})(?:[ -](?:and )?(?:{words})){{0,5}}(?![a-z])"
    return rf"{digits}|{english}|(?<![{vague}{chinese}])[{chinese}]{{1,9}}"


def _value(text: str) -> float | None:
    text = text.strip()
    if re.match(r"\d", text):
        return _digits(text)
    if text.isascii():
        return _english(text)
    return _chinese(text)


def _digits(text: str) -> float | None:
    scales = table("numbers")["scales"]
    scale = scales.get(text[-1], 1)
    try:
        return float(text.rstrip("".join(scales)).replace(",", "").strip()) * scale
    except ValueError:
        return None


def _english(text: str) -> float:
    values, total = table("numbers")["english"], 0.0
    for word in re.findall("[a-z]+", text):
        value = values.get(word, 0)
        total = max(total, 1) * value if value in (100, 1000) else total + value
    return total


def _chinese(text: str) -> float:
    digits, scales = table("numbers")["digits"], table("numbers")["scales"]
    total, section, last = 0, 0, 0
    for sign in text:
        if sign in digits:
            last = digits[sign]
        elif scales[sign] == scales[max(scales, key=scales.get)]:
            total, section, last = total + (section + last or 1) * scales[sign], 0, 0
        else:
            section, last = section + (last or 1) * scales[sign], 0
    return total + section + last
