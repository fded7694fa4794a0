"""The glossary: a term is found by any of its names and by slips; unknown ones are said to be."""

from dataclasses import replace

import pytest

from tools.contract import Context
from tools.learn.explain import entries, explain


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_entry_is_found_by_each_of_its_names(context: Context, language: str) -> None:
    context = replace(context, language=language)
    for key, entry in entries().items():
        for name in (key, *entry["names"]):
            outcome = explain(context, term=name)
            assert entry[language].strip() in outcome.text, name


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("LoRA", "lora"),
        ("lo ra?", "lora"),
        ("过拟合", "overfitting"),
        ("over-fitting", "overfitting"),
        ("overfiting", "overfitting"),
        ("过拟合到底", "overfitting"),
    ],
)
def test_a_term_is_found_in_either_language_and_with_slips(
    context: Context, term: str, found: str
) -> None:
    assert explain(context, term=term).facts["found"] == found


def test_an_unknown_term_is_said_to_be_unknown(context: Context) -> None:
    outcome = explain(context, term="zzqxw")
    assert outcome.facts["found"] == ""
    assert "not in my glossary" in outcome.text


def test_close_terms_are_named(context: Context) -> None:
    outcome = explain(context, term="overfish")
    assert outcome.facts.get("found") == ""
    assert "overfitting" in outcome.facts["close"]


def test_an_explanation_leads_back_to_the_persons_own_step(context: Context) -> None:
    assert "thinking out what to make" in explain(context, term="LoRA").text


def test_no_term_names_some(context: Context) -> None:
    assert "For instance" in explain(context, term=" ? ").text
