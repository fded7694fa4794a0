"""Choosing a base says what it can't do."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import pytest

from data.errors import Missing
from data.records import BaseModelChoice, Brief
from tools.base_model.choose import choose
from tools.base_model.fetch import terms


def brief(language):
    return Brief(aim="a", audience="b", language=language, inputs="c", outputs="d", expected="e")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_chinese_work_on_the_first_starter_is_warned_about(context, language):
    context.project.write(brief(language))
    outcome = choose(context)
    kept = context.project.read(BaseModelChoice)
    assert kept.name == "smollm2-135m-instruct" and kept.licence == "Apache-2.0"
    assert bool(kept.warning) == (language == "zh")
    assert ("Gemma" in outcome.card) == (language == "zh")


def test_a_model_that_nobody_has_and_one_not_fetched_are_told_apart(context):
    with pytest.raises(Missing) as unknown:
        choose(context, name="gpt-7")
    with pytest.raises(Missing) as absent:
        choose(context, name="gemma-3-270m")
    assert unknown.value.code == "base_model_missing"
    assert absent.value.code == "base_model_not_fetched"


def test_gemmas_terms_are_shown_before_anything_is_fetched(context):
    quote = terms(context)
    assert "ai.google.dev/gemma/terms" in quote.text
    assert "prohibited_use_policy" in quote.text
    assert quote.numbers["megabytes"] > 200
