"""The shortcut changes nothing: loss and gradients as if every logit were computed, in float64."""

# Models of torch and transformers are typed loosely; what they hold is what is tested here.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false
# pyright: reportAttributeAccessIssue=false, reportOptionalOperand=false

import math

import pytest
import torch
from transformers import (
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from data.alpaca import Row
from data.errors import BadInput
from data.files import write_lines
from data.records import TrainPlan
from tests.tools.tiny import tiny_model
from tools.shared.graded import Encoded, encode
from tools.train.batches import shared_start
from tools.train.learner import Learner, learning_rate, read_rows

ROWS = [
    Row(instruction="Hi", output="Hello there."),
    Row(instruction="A long question about tea " * 6, output="Yes."),
    Row(instruction="奶奶我今天加班", output="乖孩子，早点回来，粥在锅里。"),
    Row(instruction="Why?", output="Because the kettle sings " * 5, system="Be kind."),
]


def plan(**changes) -> TrainPlan:
    made = TrainPlan(
        base_model="tiny",
        epochs=2,
        learning_rate=1e-2,
        rank=4,
        alpha=8,
        batch_rows=4,
        max_length=256,
        steps=10,
        warmup_steps=2,
        evaluate_every=2,
        save_every=2,
        train_rows=4,
        held_out_rows=0,
    )
    return made.model_copy(update=changes)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def learner(tiny):
    return roughened(Learner(tiny, plan()))


def roughened(learner: Learner) -> Learner:
    """In float64, with LoRA weights that are not zero, where half of all gradients vanish."""
    learner.model.double()
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in learner.weights:
            weight.normal_(0, 0.05)
    return learner


def reference(learner, rows) -> torch.Tensor:
    """Row by row, all logits, the loss masked afterwards: the textbook way."""
    total, count = torch.zeros((), dtype=torch.float64), 0
    for row in rows:
        ids = torch.tensor([row.ids])
        logits = learner.model(input_ids=ids).logits[0, :-1]
        chosen = torch.tensor(row.graded[1:])
        losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
        total = total + losses[chosen].sum()
        count += int(chosen.sum())
    return total / count


def assert_exact(learner: Learner) -> None:
    """Once with rows that share their start, once with rows that do not.

    float32 alone rounds gradients at 5e-6; in float64 only the norms inside still round.
    """
    rows = [encode(learner.tokenizer, row, 256) for row in ROWS]
    assert shared_start([r.ids for r in rows[:3]], [r.graded for r in rows[:3]]) > 8
    assert not shared_start([r.ids for r in rows], [r.graded for r in rows])
    compare(learner, rows[:3])
    compare(learner, rows)


def compare(learner: Learner, rows: list[Encoded]) -> None:
    learner.optimizer.zero_grad()
    wanted = reference(learner, rows)
    wanted.backward()
    gradients = [weight.grad.clone() for weight in learner.weights]
    for weight in learner.weights:
        weight.grad = None
    graded = sum(sum(row.graded[1:]) for row in rows)
    found = sum(learner._loss(part) for part in learner._parts(rows)) / graded
    found.backward()
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), abs=1e-7)
    for mine, theirs in zip((w.grad for w in learner.weights), gradients, strict=True):
        scale = float(theirs.norm()) + 1e-12
        assert float((mine - theirs).norm()) / scale < 1e-6


@pytest.mark.parametrize("budget", [1, 120, 10_000])
def test_loss_and_gradients_are_those_of_the_whole_text(learner, monkeypatch, budget):
    monkeypatch.setattr("tools.train.learner.TOKENS_AT_ONCE", budget)
    assert_exact(learner)


SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def qwen(words: int) -> Qwen2ForCausalLM:
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=words, **SHAPE))


def gemma(words: int) -> Gemma3ForCausalLM:
    """Two layers that see 8 tokens back only, and one that sees all."""
    layers = ["sliding_attention", "full_attention", "sliding_attention"]
    shape = Gemma3TextConfig(
        vocab_size=words, head_dim=8, sliding_window=8, layer_types=layers, **SHAPE
    )
    return Gemma3ForCausalLM(shape)


@pytest.mark.parametrize("kind", [qwen, gemma])
@pytest.mark.parametrize("budget", [120, 10_000])
def test_the_shortcut_holds_for_other_families_too(tiny, tmp_path, monkeypatch, kind, budget):
    monkeypatch.setattr("tools.train.learner.TOKENS_AT_ONCE", budget)
    torch.manual_seed(2)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    kind(len(tokenizer)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert_exact(roughened(Learner(tmp_path, plan())))


def test_a_step_moves_the_weights_as_the_textbook_would(tiny):
    mine, theirs = (roughened(Learner(tiny, plan())) for _ in range(2))
    for number in (1, 2, 3):
        rows = [encode(mine.tokenizer, row, 256) for row in ROWS]
        loss, norm = mine.step(rows, number)
        theirs.optimizer.zero_grad()
        wanted = reference(theirs, rows)
        wanted.backward()
        length = torch.nn.utils.clip_grad_norm_(theirs.weights, 1.0)
        for group in theirs.optimizer.param_groups:
            group["lr"] = learning_rate(theirs.plan, number)
        theirs.optimizer.step()
        assert loss == pytest.approx(float(wanted.detach()), abs=1e-7)
        assert norm == pytest.approx(float(length), rel=1e-6)
    for left, right in zip(mine.weights, theirs.weights, strict=True):
        assert torch.allclose(left, right, atol=1e-6)


def test_a_look_at_held_out_rows_is_the_textbook_loss_and_changes_nothing(learner):
    rows = [encode(learner.tokenizer, row, 256) for row in ROWS]
    before = [weight.detach().clone() for weight in learner.weights]
    with torch.no_grad():
        wanted = float(reference(learner, rows))
    assert learner.held_out_loss(rows) == pytest.approx(wanted, abs=1e-7)
    assert all(torch.equal(a, b) for a, b in zip(before, learner.weights, strict=True))
    assert all(weight.grad is None for weight in learner.weights)


def test_steps_bring_the_loss_down_and_leave_the_base_as_it_was(tiny):
    learner = Learner(tiny, plan())
    base = {n: p.clone() for n, p in learner.model.named_parameters() if not p.requires_grad}
    rows = [encode(learner.tokenizer, row, 256) for row in ROWS]
    losses = [learner.step(rows, number)[0] for number in range(1, 11)]
    assert losses[-1] < losses[0]
    for name, weight in learner.model.named_parameters():
        if not weight.requires_grad:
            assert torch.equal(weight, base[name]), name


def test_a_loss_that_is_no_number_changes_no_weight(tiny):
    learner = Learner(tiny, plan())
    with torch.no_grad():
        learner.weights[0].fill_(math.inf)
    before = [weight.clone() for weight in learner.weights]
    rows = [encode(learner.tokenizer, ROWS[0], 256)]
    loss, norm = learner.step(rows, 1)
    assert not (math.isfinite(loss) and math.isfinite(norm))
    assert all(torch.equal(a, b) for a, b in zip(before, learner.weights, strict=True))


def test_the_learning_rate_warms_up_and_ends_near_zero():
    rates = [learning_rate(plan(), number) for number in range(1, 11)]
    assert rates[0] == pytest.approx(5e-3) and rates[1] == pytest.approx(1e-2)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert 0 < rates[-1] < 2e-3


def test_rows_that_are_too_long_are_left_out_and_counted(tiny, tmp_path):
    learner = Learner(tiny, plan())
    write_lines(tmp_path / "a.jsonl", [row.alpaca() for row in ROWS])
    write_lines(tmp_path / "b.jsonl", [ROWS[0].alpaca()])
    rows = read_rows(learner.tokenizer, tmp_path / "a.jsonl", tmp_path / "b.jsonl", 60)
    assert len(rows.train) + rows.cut == len(ROWS) and rows.cut >= 1
    assert len(rows.held_out) == 1
    with pytest.raises(BadInput) as caught:
        read_rows(learner.tokenizer, tmp_path / "a.jsonl", tmp_path / "b.jsonl", 8)
    assert caught.value.code == "nothing_graded"
