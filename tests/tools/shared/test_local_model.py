"""A local model answers the same way however it is asked."""

import pytest

from tests.tools.tiny import tiny_model
from tools.shared.local_model import UNFINISHED, load

ASK = [{"role": "user", "content": "Tell me about tea, 奶奶."}]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load(tiny_model(tmp_path_factory.mktemp("tiny") / "tiny"))


def test_streamed_pieces_add_up_to_the_answer(model):
    assert "".join(model.stream(ASK, 40)).strip() == model.answer(ASK, 40)
    assert model.answer(ASK, 40) == model.answer(ASK, 40)


def test_an_answer_keeps_to_its_limit_and_to_the_context(model):
    assert len(list(model.tokens(ASK, 5))) <= 5
    long = [{"role": "user", "content": "tea " * 490}]
    asked = len(model.tokenizer.apply_chat_template(long, add_generation_prompt=True)["input_ids"])
    assert len(list(model.tokens(long, 100))) <= max(0, model.context - asked)


def test_no_half_character_is_ever_shown(model):
    for limit in range(1, 30):
        assert not model.answer(ASK, limit).endswith(UNFINISHED)


def test_a_temperature_makes_answers_vary_and_zero_does_not(model):
    import torch

    torch.manual_seed(1)
    warm = {"".join(model.stream(ASK, 12, temperature=2.0)) for _ in range(6)}
    assert len(warm) > 1
    assert len({"".join(model.stream(ASK, 12)) for _ in range(3)}) == 1
