"""A word is put right where that is meant; an ordinary sentence changes nothing."""

import pytest

from data.records import Facts
from tools.plan.correct import corrected

KNOWN = {"need": "manner", "data_at_hand": "few"}
GRANDMA = Facts.model_validate(
    {**KNOWN, "aim": "像我奶奶一样说话的机器人", "audience": "家里人", "expected": "像奶奶，短"}
)
MOTHER = Facts.model_validate(
    {**KNOWN, "aim": "像我妈妈一样说话", "audience": "朋友", "expected": "短"}
)
SHOP = Facts.model_validate(
    {
        **KNOWN,
        "aim": "a bot that answers our customers by email in English in our tone",
        "audience": "customers",
        "expected": "short answers and warm",
    }
)
GRANNY = Facts.model_validate(
    {**KNOWN, "aim": "talks like my grandma", "audience": "us", "expected": "like a grandmother"}
)


def open_at(field: str, facts: Facts) -> Facts:
    """The facts while a question in free words is open."""
    later = ("audience", "expected") if field == "audience" else ("expected",)
    return facts.model_copy(update=dict.fromkeys(later, ""))


@pytest.mark.parametrize(
    ("facts", "message", "aim"),
    [
        (GRANDMA, "不是奶奶，是爷爷", "像我爷爷一样说话的机器人"),
        (GRANDMA, "是爷爷，不是奶奶。", "像我爷爷一样说话的机器人"),
        (GRANDMA, "改成爷爷吧", "像我爷爷一样说话的机器人"),
        (GRANDMA, "把奶奶换成我外公", "像我外公一样说话的机器人"),
        (MOTHER, "不是妈，是爷爷", "像我爷爷一样说话"),
        (GRANNY, "not grandma, grandpa", "talks like my grandpa"),
        (GRANNY, "Actually my grandpa, not my grandma", "talks like my grandpa"),
        (GRANNY, "make it my grandpa instead", "talks like my grandpa"),
        (open_at("audience", GRANNY), "not granny, grandpa", "talks like my grandpa"),
        (SHOP, "not customers, students", SHOP.aim.replace("customers", "students")),
    ],
)
def test_a_word_is_exchanged_wherever_it_was_said(facts: Facts, message: str, aim: str) -> None:
    made = corrected(facts, message)
    assert made is not None and made.aim == aim
    assert "grandmother" not in made.expected and "奶奶" not in made.expected


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (open_at("expected", GRANDMA), "不像机器人，像真人"),
        (open_at("audience", GRANDMA), "应该是我妈妈"),
        (open_at("audience", GRANDMA), "其实是老师"),
        (GRANDMA, "不是人，是猫"),
        (GRANDMA, "我不是很懂，是新手"),
        (GRANDMA, "回答不要太长，要短"),
        (GRANDMA, "改成"),
        (GRANDMA, "改成短一点"),
        (GRANDMA, "改成英文"),
        (open_at("expected", GRANNY), "warm, not like a bot"),
        (open_at("expected", SHOP), "human, not a bot"),
        (GRANNY, "make it funny instead"),
        (SHOP, "not customers anymore"),
        (SHOP, "not customers, thanks"),
        (SHOP, "That's not the tone I want"),
        (SHOP, "no, not in English"),
        (SHOP, "the customers are not in our office"),
        (SHOP, "why not short answers"),
        (SHOP, "answer by phone not by email"),
        (SHOP, "not customers, students. " * 9),
        (SHOP, "not customers, students\nQ: who?"),
    ],
)
def test_an_ordinary_sentence_changes_nothing(facts: Facts, message: str) -> None:
    assert corrected(facts, message) is None
