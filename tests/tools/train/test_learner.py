"""The shortcut changes nothing: loss and gradients as if every logit were computed, in float64."""

import math

import pytest
import torch

from data.alpaca import Row
from data.errors import BadInput
from data.files import write_lines
from data.records import TrainPlan
from tests.tools.tiny import tiny_model
from tools.shared.graded import encode
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
    made = Learner(tiny, plan())
    made.model.double()
    with torch.no_grad():  # LoRA begins at zero, where every gradient of its first half vanishes
        for weight in made.weights:
            weight.normal_(0, 0.05)
    return made


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


@pytest.mark.parametrize("budget", [1, 120, 10_000])
def test_loss_and_gradients_are_those_of_the_whole_text(learner, monkeypatch, budget):
    monkeypatch.setattr("tools.train.learner.TOKENS_AT_ONCE", budget)
    rows = [encode(learner.tokenizer, row, 256) for row in ROWS]
    wanted = reference(learner, rows)
    wanted.backward()
    gradients = [weight.grad.clone() for weight in learner.weights]
    for weight in learner.weights:
        weight.grad = None
    graded = sum(sum(row.graded[1:]) for row in rows)
    found = sum(learner._loss(part) for part in learner._parts(rows)) / graded
    found.backward()
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), abs=1e-6)
    for mine, theirs in zip((w.grad for w in learner.weights), gradients, strict=True):
        scale = float(theirs.norm()) + 1e-12
        assert float((mine - theirs).norm()) / scale < 1e-5


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
