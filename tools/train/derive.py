"""A TrainPlan from the rows: every number with its reason, every own number with its risk. Pure.

Sources: a LoRA wants about ten times the learning rate of full tuning, and more in runs of under a
hundred steps (LoRA Without Regret); 2e-4 is a common start for longer runs (Unsloth). Published
ranges of epochs by rows end at one for more than 2,000 rows; very small sets need more, for what
counts is steps. Batches above 32 rows suit LoRA badly (TRL). Rank matters less than the learning
rate. The rates below were tried on the starter model.
"""

from collections.abc import Mapping, Sequence

from data.alpaca import Row
from data.errors import BadInput
from data.records import TrainPlan
from data.say import say
from tools.train.batches import steps_in_all

BATCH, SMALL_BATCH, RANK = 8, 4, 8
SMALL = 200
"""Rows up to which a step averages over SMALL_BATCH: much the same is learnt from two thirds of
the rows read (90 rows, 46 steps of 4 at 2e-3, 36 of 8 at 1e-3: held-out loss 1.45, 1.40)."""
FEWEST_STEPS = 40
"""Optimizer steps below which a small set is learnt halfway: after 23 steps the starter's short
Chinese answers held half words, after 46 whole sentences (90 rows, measured)."""
MOST_EPOCHS = 8
CEILING_ROWS, CEILING_EPOCHS = 10_000, 4
"""Above so many rows, never five epochs or more, whoever asks: it learns by heart."""
LOOKS = 6
"""Looks at the held-out loss in one run, with a checkpoint at each."""
SHORTEST, LONGEST = 128, 1024
"""Tokens of max_length where nobody names a number."""
BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (1, 50),
    "learning_rate": (1e-6, 1e-2),
    "rank": (1, 256),
    "batch_rows": (1, 128),
    "max_length": (32, 8192),
}
EXPLAINED = (
    "epochs",
    "batch_rows",
    "steps",
    "rank",
    "learning_rate",
    "max_length",
    "warmup_steps",
    "evaluate_every",
)
"""Numbers that have a reason, in the order in which they are shown."""


def derive(
    rows: Sequence[Row],
    held_out: int,
    base_model: str,
    language: str,
    wishes: Mapping[str, float],
    too_long: int = 0,
) -> TrainPlan:
    """The plan for these training rows. `wishes` are the person's own numbers; zero means none.

    `too_long`: rows that measuring found longer than max_length; training leaves them out. Raises
    BadInput for a number out of bounds.
    """
    wanted = _checked(wishes, language)
    count = max(len(rows) - too_long, 1)
    batch = int(wanted.get("batch_rows", batch_for(count)))
    epochs = int(wanted.get("epochs", epochs_for(count, batch)))
    if count > CEILING_ROWS:
        epochs = min(epochs, CEILING_EPOCHS)
    steps = steps_in_all(count, batch, epochs)
    rank = int(wanted.get("rank", RANK))
    every = max(1, round(steps / LOOKS))
    plan = TrainPlan(
        base_model=base_model,
        epochs=epochs,
        learning_rate=float(wanted.get("learning_rate", rate_for(steps))),
        rank=rank,
        alpha=2 * rank,
        batch_rows=batch,
        max_length=int(wanted.get("max_length", length_for(rows))),
        steps=steps,
        warmup_steps=max(1, round(steps / 10)),
        evaluate_every=every,
        save_every=every,
        train_rows=len(rows),
        held_out_rows=held_out,
    )
    reasons = _reasons(plan, rows, count, wanted, language)
    return plan.model_copy(update={"reasons": reasons})


def batch_for(rows: int) -> int:
    """Rows a step averages over: few rows in few steps are learnt better from small ones."""
    return min(SMALL_BATCH if rows <= SMALL else BATCH, max(2, rows // 8))


def epochs_for(rows: int, batch: int) -> int:
    """Epochs by rows; a small set gets enough of them for FEWEST_STEPS, within MOST_EPOCHS."""
    usual = 1 if rows <= SMALL or rows >= 2000 else 2
    per_epoch = steps_in_all(rows, batch, 1)
    needed = -(-FEWEST_STEPS // per_epoch)
    return max(usual, min(needed, MOST_EPOCHS))


def rate_for(steps: int) -> float:
    """Learning rate by length of the run: few steps have to be larger ones."""
    if steps <= 100:
        return 2e-3 if steps <= 60 else 1e-3
    return 5e-4 if steps <= 500 else 2e-4


def length_for(rows: Sequence[Row]) -> int:
    """Tokens that hold the longest row, in steps of 64, between SHORTEST and LONGEST."""
    longest = max(map(tokens, rows), default=0)
    return min(LONGEST, max(SHORTEST, -(-longest // 64) * 64))


def tokens(row: Row) -> int:
    """At most about so many tokens, reckoned from characters, as no tokenizer is loaded here.

    A Chinese character may take three in an English vocabulary, three Latin letters about one;
    48 are for the marks of turns and a default system prompt.
    """
    text = "".join(turn["content"] for turn in row.turns)
    wide = sum(ord(sign) > 0x2E7F for sign in text)
    return 3 * wide + (len(text) - wide) // 3 + 48


def risks(
    plan: TrainPlan, rows: Sequence[Row], wishes: Mapping[str, float], language: str
) -> dict[str, str]:
    """What the person's own numbers risk, a sentence a number; empty where nothing is risked."""
    wanted = {name: value for name, value in wishes.items() if value}
    found: dict[str, str] = {}
    if "epochs" in wanted:
        found["epochs"] = _risk_of_epochs(plan, wanted["epochs"])
    if "learning_rate" in wanted:
        usual = rate_for(plan.steps)
        low, high = plan.learning_rate < usual / 5, plan.learning_rate > 2.5e-3
        found["learning_rate"] = "rate_low" if low else "rate_high" if high else ""
    if wanted.get("rank", 0) > 64:
        found["rank"] = "rank"
    if wanted.get("batch_rows", 0) > 32:
        found["batch_rows"] = "batch"
    if "max_length" in wanted and max(map(tokens, rows), default=0) > plan.max_length:
        found["max_length"] = "length"
    values = {"rows": plan.train_rows, "steps": plan.steps, "most": CEILING_EPOCHS}
    said = {name: code for name, code in found.items() if code}
    return {
        name: say(f"train.risk.{code}", language, asked=f"{wanted[name]:g}", **values)
        for name, code in said.items()
    }


def _risk_of_epochs(plan: TrainPlan, asked: float) -> str:
    if plan.train_rows > CEILING_ROWS and asked > plan.epochs:
        return "epochs_ceiling"
    if plan.steps < FEWEST_STEPS:
        return "epochs_few"
    usual = epochs_for(plan.train_rows, plan.batch_rows)
    return "epochs_many" if plan.epochs > max(2 * usual, 5) else ""


def _checked(wishes: Mapping[str, float], language: str) -> dict[str, float]:
    wanted = {name: value for name, value in wishes.items() if value}
    for name, value in wanted.items():
        low, high = BOUNDS[name]
        if not low <= value <= high:
            named = say(f"train.name.{name}", language)
            raise BadInput("out_of_bounds", name=named, low=f"{low:g}", high=f"{high:g}")
    return wanted


def _reasons(
    plan: TrainPlan, rows: Sequence[Row], count: int, wanted: Mapping[str, float], language: str
) -> dict[str, str]:
    """What each number is, and why this one; a number of the person's own is said to be theirs."""
    values = plan.model_dump() | {
        "train_rows": count,
        "per_epoch": steps_in_all(count, plan.batch_rows, 1),
        "looks": -(-plan.steps // plan.evaluate_every),
    }
    glue = "" if language == "zh" else " "
    dangers = risks(plan, rows, wanted, language)
    reasons: dict[str, str] = {}
    for name in EXPLAINED:
        parts = [say(f"train.what.{name}", language)]
        if name in dangers:
            parts.append(dangers[name])
        elif name in wanted:
            parts.append(say("train.why.yours", language))
        else:
            parts.append(say(f"train.why.{_why(name, plan)}", language, **values))
        reasons[name] = glue.join(parts)
    return reasons


def _why(name: str, plan: TrainPlan) -> str:
    """The key of a reason: some numbers have another one in long runs."""
    if name == "epochs":
        return "epochs" if plan.train_rows < 500 else "epochs_large"
    if name == "learning_rate":
        return "learning_rate" if plan.steps <= 100 else "learning_rate_long"
    if name == "max_length" and plan.max_length == LONGEST:
        return "max_length_capped"
    return name
