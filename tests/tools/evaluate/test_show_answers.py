"""The side by side that a person reads."""

import pytest

from data.errors import NotReady
from data.files import write_json
from data.project import Project
from data.records import Compared, Evaluation
from data.settings import Settings
from tools.contract import Context
from tools.evaluate.show_answers import show_answers
from tools.shared.answering import Answering
from tools.shared.plain import plain


def evaluated(project: Project, answer: str) -> None:
    run = project.new_run()
    item = Compared(
        kind="case",
        question="I work late.",
        messages=[{"role": "user", "content": "I work late."}],
        expected="kind",
        base=answer,
        tuned="Dear,\ncome home.",
    )
    run.write(
        Evaluation(run=run.name, base_loss=3.712, tuned_loss=0.309, held_out_rows=12, items=(item,))
    )
    run.write(Answering(max_new_tokens=96))
    write_json(run.folder / "done.json", {})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_numbers_have_units_and_a_meaning_and_small_samples_a_caution(
    project: Project, settings: Settings, language: str
) -> None:
    evaluated(project, "I am an AI.")
    shown = show_answers(Context(project, settings, language))
    assert "3.71 → 0.31" in shown.text and "12" in shown.text
    assert ("lower is better" if language == "en" else "越低越好") in shown.text
    assert ("luck" if language == "en" else "运气") in shown.text
    assert "Dear,<br>come home." in shown.card and "96" in shown.card
    assert shown.facts["held_out_loss"] == {"before": 3.712, "after": 0.309}


def test_what_a_model_says_is_text_and_never_markup_and_not_endless(
    project: Project, settings: Settings
) -> None:
    evaluated(project, "<img src=x> ![a](http://b) | `c` " + "loop " * 1000)
    card = show_answers(Context(project, settings, "en")).card
    assert "<img" not in card and "![a]" not in card and "http://" not in card
    assert len(card) < 2000


def test_before_a_comparison_the_next_step_is_said(project: Project, settings: Settings) -> None:
    context = Context(project, settings, "en")
    with pytest.raises(NotReady) as caught:
        show_answers(context)
    assert caught.value.text("en") and caught.value.text("zh")


def test_plain_text_drops_what_can_not_be_seen_and_keeps_what_can() -> None:
    assert plain("a\x00b\u202ec 奶奶's “ok” (yes), fine.") == "abc 奶奶's “ok” (yes), fine."
    assert plain("abcdef", 3) == "abc…"
