"""The model card: a README that any hub can read and no text of a person can break."""

import re
from typing import Any

import pytest

from data.records import (
    Brief,
    Compared,
    Dataset,
    Evaluation,
    Language,
    LossReading,
    Publication,
    TrainPlan,
)
from tools.publish.base import Base
from tools.publish.card import Story, card, sources

EVIL = "<script>alert(1)</script> | ![x](http://evil.example/p.png) **b**\n# heading\n---"


def story(language: Language = "zh", **changes: Any) -> Story:
    asked = Compared(
        kind="held_out",
        question=EVIL,
        messages=[{"role": "user", "content": EVIL}],
        expected="乖孩子",
        base="I am an AI | <b>",
        tuned="乖孩子，回来吃饭。",
    )
    given: dict[str, Any] = {
        "about": Publication(
            name="grandma-001",
            run="001",
            base_model="tiny",
            language=language,
            licence="Apache-2.0",
            created="2026-01-01T00:00:00+00:00",
            system="你是奶奶。\n```\n别停",
        ),
        "speaks": "zh",
        "base": Base("tiny", "owner/tiny", "Apache-2.0", "https://example.org/licence"),
        "plan": TrainPlan(
            base_model="tiny",
            epochs=3,
            learning_rate=1e-3,
            rank=8,
            alpha=16,
            batch_rows=8,
            max_length=512,
            steps=39,
            warmup_steps=4,
            evaluate_every=5,
            save_every=10,
            train_rows=100,
            held_out_rows=12,
            reasons={"epochs": "因为 | 少"},
        ),
        "brief": Brief(
            aim=EVIL, audience="家里人", language="zh", inputs="", outputs="", expected="心疼人"
        ),
        "dataset": Dataset(
            title="奶奶 | 说话",
            language="zh",
            train_rows=100,
            held_out_rows=12,
            dropped_rows=3,
            seed=7,
            sources={"file:妈妈的聊天记录.json": 60, "file:b.csv": 20, "hand": 35},
            fingerprint="ab12",
        ),
        "reading": LossReading(label="healthy", evidence=("先快后平",), advice="", best_step=35),
        "evaluation": Evaluation(
            run="001", base_loss=3.71, tuned_loss=0.31, held_out_rows=12, items=(asked,)
        ),
        "metrics": [{"step": s, "loss": 4 / s, "held_out_loss": 3 / s} for s in range(1, 40)],
    }
    return Story(**{**given, **changes})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_tells_data_parameters_curve_answers_licence_and_how_to_call(
    language: Language,
) -> None:
    text = card(story(language))
    for piece in (
        "license: apache-2.0",
        'base_model: "owner/tiny"',
        "- zh",
        "curve.svg",
        "3.71",
        "0.31",
        "0.001",
        "tunepath serve .",
        "curl --noproxy",
        "AutoModelForCausalLM",
        "https://example.org/licence",
        "乖孩子，回来吃饭。",
        "ab12",
    ):
        assert piece in text, piece


def test_text_of_people_and_models_is_never_markup() -> None:
    text = card(story())
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.S | re.M)  # code fences show it raw
    assert "<script" not in outside and "![x]" not in outside and "**b**" not in outside
    assert "\n# heading" not in outside and outside.count("\n---\n") == 1
    assert "因为 &#124; 少" in outside


def test_the_names_of_a_person_s_own_files_stay_at_home() -> None:
    assert "妈妈" not in card(story())
    assert (
        sources({"file:a": 60, "file:b": 20, "hand": 35}, "zh")
        == "上传的文件 80 条、自己写的 35 条"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_run_without_brief_data_record_reading_or_comparison_still_gets_a_card(
    language: Language,
) -> None:
    bare = story(language, brief=None, dataset=None, reading=None, evaluation=None, metrics=[])
    text = card(bare)
    assert text.startswith("---\nlanguage:") and "## " in text and "curve.svg" not in text


def test_an_unknown_licence_is_named_as_the_hub_wants_it() -> None:
    other = Base("m", "o/m", 'Own "terms"\nevil: 1', "https://example.org", notice="Keep this.")
    text = card(story(base=other))
    assert 'license: other\nlicense_name: "Own \\"terms\\"\\nevil: 1"' in text
    assert "Keep this." in text


def test_a_loss_that_did_not_fall_is_said_to_be_so() -> None:
    worse = Evaluation(run="001", base_loss=1.0, tuned_loss=1.5, held_out_rows=9, items=())
    assert "did not fall" in card(story("en", evaluation=worse))
    none = Evaluation(run="001", base_loss=0.0, tuned_loss=0.0, held_out_rows=0, items=())
    assert "could not be measured" in card(story("en", evaluation=none))
