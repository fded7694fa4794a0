"""A TrainPlan from the rows: every number with its reason. Pure.

Sources: a LoRA wants about ten times the learning rate of full tuning, and more still in runs under a
hundred steps (LoRA Without Regret); 2e-4 is a common start for longer runs (Unsloth); epochs by rows
follow the published ranges of fine-tuning services, with one epoch above 2,000 rows; rank and alpha
of 8 to 16 do for small sets. The rates below were measured on the starter model.
"""

from typing import Any

from data.alpaca import Row
from data.errors import BadInput
from data.records import TrainPlan
from data.say import say
from tools.train.batches import steps_in_all

BATCH, RANK = 8, 8
FEWEST_STEPS = 36
"""Optimizer steps below which a small set hardly changes the starter model (measured)."""
MOST_EPOCHS = 8
CEILING_ROWS, CEILING_EPOCHS = 10_000, 4
"""Above so many rows, never five epochs or more: it learns by heart."""
EXAMPLES = 6
"""Looks at the held-out loss in one run."""
BOUNDS = {
    "epochs": (1, 50),
    "learning_rate": (1e-6, 1e-2),
    "rank": (1, 256),
    "batch_rows": (1, 128),
    "max_length": (32, 8192),
}


def derive(
    rows: list[Row], held_out: int, base_model: str, language: str, wishes: dict[str, Any]
) -> TrainPlan:
    """The plan for these training rows. `wishes` are the person's own numbers; zero means none.

    Raises BadInput for a number out of bounds.
    """
    wanted = {name: value for name, value in wishes.items() if value}
    for name, value in wanted.items():
        low, high = BOUNDS[name]
        if not low <= value <= high:
            raise BadInput(
                "out_of_bounds", name=say(f"train.name.{name}", language), low=low, high=high
            )
    batch = int(wanted.get("batch_rows", min(BATCH, max(2, len(rows) // 8))))
    epochs = int(wanted.get("epochs", epochs_for(len(rows), batch)))
    steps = steps_in_all(len(rows), batch, epochs)
    rank = int(wanted.get("rank", RANK))
    every = max(1, steps // EXAMPLES)
    plan = TrainPlan(
        base_model=base_model,
        epochs=epochs,
        learning_rate=float(wanted.get("learning_rate", rate_for(steps))),
        rank=rank,
        alpha=2 * rank,
        batch_rows=batch,
        max_length=int(wanted.get("max_length", length_for(rows))),
        steps=steps,
        warmup_steps=max(1, steps // 10),
        evaluate_every=every,
        save_every=every,
        train_rows=len(rows),
        held_out_rows=held_out,
    )
    return plan.model_copy(update={"reasons": _reasons(plan, set(wanted), language)})


def epochs_for(rows: int, batch: int) -> int:
    """Epochs by rows; a small set gets enough of them for FEWEST_STEPS, within MOST_EPOCHS."""
    usual = 3 if rows < 500 else 2 if rows < 2000 else 1
    per_epoch = -(-rows // batch)
    needed = -(-FEWEST_STEPS // per_epoch)
    return max(usual, min(needed, MOST_EPOCHS))


def rate_for(steps: int) -> float:
    """Learning rate by length of the run."""
    if steps <= 100:
        return 1e-3
    return 5e-4 if steps <= 500 else 2e-4


def length_for(rows: list[Row]) -> int:
    """Tokens that hold the longest row, in steps of 64, at most 1,024.

    Reckoned from characters: a Chinese one may take up to three tokens in an English vocabulary,
    an English one about a third; 48 tokens are for the marks and a default system prompt.
    """
    longest = max((_tokens(row) for row in rows), default=0) + 48
    return min(1024, max(128, -(-longest // 64) * 64))


def _tokens(row: Row) -> int:
    text = "".join(turn["content"] for turn in row.turns)
    wide = sum(ord(sign) > 0x2E7F for sign in text)
    return 3 * wide + (len(text) - wide) // 3


def _reasons(plan: TrainPlan, wanted: set[str], language: str) -> dict[str, str]:
    """A sentence a number; a number of the person's own is said to be theirs, with its risk."""
    values = plan.model_dump()
    reasons = {
        name: say(f"train.why.{name}", language, **values)
        for name in ("epochs", "learning_rate", "rank", "batch_rows", "max_length", "steps")
    }
    for name in wanted:
        reasons[name] = say("train.why.yours", language)
    if plan.train_rows > CEILING_ROWS and plan.epochs > CEILING_EPOCHS:
        reasons["epochs"] = say("train.risk.epochs", language, rows=plan.train_rows)
    if "learning_rate" in wanted and plan.learning_rate < rate_for(plan.steps) / 5:
        reasons["learning_rate"] = say("train.risk.rate_low", language)
    if "learning_rate" in wanted and plan.learning_rate > 2.5e-3:
        reasons["learning_rate"] = say("train.risk.rate_high", language)
    return reasons
