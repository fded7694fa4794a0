"""What a message already says about the Facts, by the word lists of data/knowledge/hear.toml. Pure.

Nothing is guessed: a field is there only when its words are. It does not understand sentences.
"""

import re
from typing import Any

from tools.plan.count import amount_of, counts_rows, data_at_hand, number_in, without_numbers
from tools.plan.match import any_of, as_typed, find, mend, plain, table
from tools.plan.quote import quote

AIM_WHOLE, AIM_PART = 240, 200
"""Characters up to which a message is kept whole as the aim, and kept of a longer one."""
NO_WISH = ("sample", "none")
"""Sentences on data of these kinds are no part of the aim."""
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")


def hear(text: str, language: str) -> dict[str, Any]:
    """Facts that a message states: any of aim, need, data_at_hand, language, audience, expected.

    `beyond` is there (refuse or out_of_scope) where the wish can't be followed; `changed` where
    the person takes something back. A question about a word states nothing. `language` is the
    talk's, only used to join what was heard.
    """
    said, glue = mend(plain(text)), "，" if language == "zh" else ", "  # word list: a mark
    if concept(said):
        return {}
    heard: dict[str, Any] = {
        "aim": aim(text),
        "need": need(said),
        "data_at_hand": data_at_hand(said),
        "language": product_language(said),
        "audience": audience(plain(text), text),
        "expected": glue.join(expectations(text)),
        "beyond": beyond(text),
        "changed": bool(find("change", said)),
    }
    return {name: value for name, value in heard.items() if value}


def hear_answer(text: str, question: str) -> dict[str, str]:
    """A short answer to an open question, such as `both`, `none yet` or `about forty`.

    Empty where it says nothing; the value `default` where the person leaves the choice to us.
    """
    said = mend(plain(text))
    if len(said) > 60:
        return {}
    if question in ("need", "data_at_hand"):
        choices = table(f"answer.{question}")
        for value, words in reversed(choices.items()):
            if any_of(words, said) and not (value in NO_WISH and number_in(said)):
                return {question: value}
        if question == "data_at_hand" and (number := _amount(said)) is not None:
            return {question: amount_of(number)}
    return {question: "default"} if any_of(table("undecided")["words"], said) else {}


def hear_amount(text: str) -> str:
    """Of an answer that may be for another question too, the clause that is an amount and no more:
    `几十条，要毒舌一点`, `about forty, and always short`. A value of data_at_hand, or empty."""
    said = mend(plain(text))
    if any_of(table("answer.data_at_hand")["unobtainable"], said):
        return "unobtainable"
    for clause in re.split(r"[\n，。;；、!！?？]|,(?!\d)|\.(?:\s|$)", said):
        if re.search(table("answer")["length"], clause):
            continue  # how long an answer may be
        if len(clause.strip()) == 1:
            continue  # the number of a question, or a slip of the hand
        bare = re.sub(table("answer")["around"], "", clause.strip()).strip()
        for value, words in table("answer.data_at_hand").items():
            if bare in words:
                return value
        if (number := _amount(clause.strip())) is not None:
            return amount_of(number)
    return ""


def _amount(said: str) -> float | None:
    """The number in an answer that says how many, and of what or little else: `about 40 chats`."""
    rule, number = table("data.count"), number_in(said)
    if number is None or re.search(rule["no_count"], said):
        return None
    if counts_rows(said):
        return number
    rest = re.sub(f"{rule['unit']}|{rule['held']}|{rule['about']}", " ", without_numbers(said))
    return None if _has_content(rest) else number


def message_language(text: str, fallback: str) -> str:
    """zh or en as a message is written; short neutral texts and pasted data keep the fallback."""
    if re.match(r"\s*(?:[\[{]|```)", text) or re.search(r'"(?:instruction|output)"\s*:', text):
        return fallback
    unquoted = re.sub('"[^"]*"|“[^”]*”|「[^」]*」|`[^`]*`', " ", text)  # word list: quotes
    seen = unquoted if re.search(r"[^\W\d_]", unquoted) else text
    han, words = len(HAN.findall(seen)), re.findall(r"[a-z][a-z']*", seen.lower())
    if len(_KANA.findall(seen)) > han:
        return fallback
    if han and han >= len(words):
        return "zh"
    english = set(table("english")["words"].split())
    return "en" if words and (len(words) >= 3 or english & set(words)) else fallback


def need(said: str) -> str:
    """What matters most in a plain text; empty where nothing in it tells."""
    for name in ("hidden_prompt", "steps", "manner_and_facts", "labels"):
        if find(f"need.{name}", said):
            return name
    manner, facts = bool(find("need.manner", said)), bool(_facts(said))
    if manner and facts:
        return "manner_and_facts"
    return "manner" if manner else "facts" if facts else ""


def evidence(text: str, wanted: str) -> str:
    """The clause in the person's own words that speaks for a need; empty where there is none."""
    parts = wanted.split("_and_") if "_and_" in wanted else [wanted]
    if wanted == "general":  # no words tell it
        return ""
    for clause in re.split(r"[\n。;；!！?？，]|,(?!\d)|\.\s", text):
        said = mend(plain(clause))
        if any(_facts(said) if part == "facts" else find(f"need.{part}", said) for part in parts):
            return clause.strip()
    return text.strip() if need(mend(plain(text))) == wanted else ""  # it spans several clauses


def topics(text: str) -> list[str]:
    """What the facts are about, in the words found: price list, 产品手册."""  # word list
    return [each.text.strip() for each in _facts(mend(plain(text)))]


def beyond(text: str) -> str:
    """refuse for a harmful wish, out_of_scope for one that is none of ours, else empty."""
    said = plain(text)
    if find("beyond.refuse", said):
        return "refuse"
    return "out_of_scope" if find("beyond.out_of_scope", said) and not concept(said) else ""


def wards_off(text: str) -> bool:
    """Whether a text speaks of recognising, stopping or warning of something."""
    return re.search(table("beyond.refuse")["unless"], plain(text)) is not None


def aim(text: str) -> str:
    """The wish in the person's words; empty where there is none, or only a question on a word."""
    text = re.sub(table("restart")["pattern"], "", text.strip(), flags=re.IGNORECASE)
    said = plain(text)
    if not said or concept(said) or not _has_content(said):
        return ""
    whole = " ".join(_without_data(text).split())
    return whole if len(whole) <= AIM_WHOLE else _wishing_part(text)


def _without_data(text: str) -> str:
    """The text without sentences that only tell which data there is."""
    kept = [s for s in sentences(text) if not any(find(f"data.{n}", plain(s)) for n in NO_WISH)]
    return " ".join(kept) if any(_has_content(plain(s)) for s in kept) else text


def expectations(text: str) -> list[str]:
    """What a good answer is like, in the person's words, each once."""
    heard: list[str] = []
    for clause in re.split(r"[\n。;；!！?？，、]|,(?!\d)|\.(?:\s|$)", plain(text)):
        phrases = [as_typed(each.text.strip(), text) for each in find("expected", clause)]
        due = re.search(table("expected")["duty"], clause.strip())
        if due and (phrases or any_of(table("expected")["quality"], clause)):
            heard.append(as_typed(clause.strip(), text))
        else:
            heard += phrases
    return list(dict.fromkeys(heard))


def sentences(text: str) -> list[str]:
    """A text's sentences as typed, each without outer space."""
    return [s.strip() for s in re.split(r"(?<=[。！？!?\n])|(?<=\.)\s", text) if s.strip()]


def _wishing_part(text: str) -> str:
    parts = sentences(text)
    wishing = [s for s in parts if find("wish", plain(s)) and _has_content(plain(s))]
    greets = re.compile(table("greeting")["pattern"], re.IGNORECASE)
    told = [s for s in wishing or parts if not greets.match(s)]
    telling = [s for s in told if need(mend(plain(s)))]
    chosen = " ".join((telling or told or wishing or parts or [text])[0].split())
    return chosen[:AIM_PART]


def concept(said: str) -> bool:
    """Whether a plain text asks for the meaning of a word, and wishes for nothing."""
    return bool(find("concept", said))


def _has_content(said: str) -> bool:
    """Whether anything is left without greetings, wishing words and the trade's own words."""
    rule = table("vague")
    common = set(rule["english"].split())
    words = [w for w in re.findall(r"[a-z][a-z'-]*", said) if w not in common and len(w) >= 3]
    for phrase in rule["chinese"]:
        said = said.replace(phrase, " ")
    return bool(words) or len(HAN.findall(said)) >= 2


def _facts(said: str) -> list[Any]:
    weak = table("need.facts.weak")
    found = find("need.facts", said)
    if not found and re.search(weak["context"], said):
        found = find("need.facts.weak", said)
    return found


def product_language(said: str) -> str:
    """zh or en where a plain text says which of them the product speaks, else empty."""
    spoken = [name for name in ("zh", "en") if find(f"language.{name}", said)]
    return spoken[0] if len(spoken) == 1 else ""


def audience(said: str, text: str) -> str:
    """Who is to use it, as typed in the text; `said` is its plain form."""
    users = quote("audience", said)
    return as_typed(users[0], text) if users else ""
