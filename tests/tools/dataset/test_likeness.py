"""The index finds exactly the pairs that comparing all with all finds."""

from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from tests.tools.dataset.rows import GRANDMA, rows
from tools.dataset.likeness import alike, bare, jaccard, leaking, repeated, shingles

words = st.lists(
    st.sampled_from(["奶", "奶我", "今天", "加班", "回来", "cat", "dog", "吃", "饭", "1", "2"]),
    max_size=9,
)


@tries(max_examples=200, deadline=None)
@given(st.lists(words.map("".join), max_size=25), st.sampled_from([0.5, 0.6, 0.72, 0.9]))
def test_no_pair_is_missed_and_none_invented(texts: list[str], least: float) -> None:
    unique = list({bare(text): text for text in texts}.values())
    sets = [shingles(text) for text in unique]
    wanted = {
        (one, two)
        for one in range(len(sets))
        for two in range(one + 1, len(sets))
        if jaccard(sets[one], sets[two]) >= least
    }
    assert {(one, two) for one, two, _ in alike(unique, least)} == wanted


def test_spelling_habits_do_not_hide_a_copy() -> None:
    found = list(alike(["奶奶，我饿了。", "别的话", "奶奶 我饿了!"], 0.9))
    assert found == [(0, 2, 1.0)]


def test_the_same_question_with_another_answer_is_no_copy_but_would_leak() -> None:
    pair = rows(
        ["今天吃什么好呢|吃面，热乎乎的下一碗。", "今天吃什么好呢|包饺子，韭菜鸡蛋馅儿的。"]
    )
    assert not list(repeated(pair))
    assert set(leaking(pair)) == {(0, 1)}


def test_a_paraphrased_question_with_the_same_long_answer_would_leak() -> None:
    answer = "早点回来，粥在锅里热着呢，别饿着。"
    assert set(leaking(rows([f"我今天加班|{answer}", f"公司活儿多走不开|{answer}"]))) == {(0, 1)}


def test_a_question_that_all_rows_share_says_nothing_about_likeness() -> None:
    same = rows([f"说一句关心的话|{row.output}" for row in rows(GRANDMA)])
    assert not list(repeated(same)) and not list(leaking(same))
