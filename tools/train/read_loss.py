"""Read the curves of a run, or of any file: the shape, the evidence, the next step."""

from pathlib import Path

from data.errors import NotReady
from data.files import read_lines
from data.records import LossReading
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.train.curves import Shape, shape_of
from tools.train.points import points_of, read_points


@tool(stage="train", needs=("Run",), leaves="LossReading")
def read_loss(context: Context, run: str = "") -> Outcome:
    """Read the loss curves of a finished training run: name their shape with evidence, the best step
    and the next step. `run`: its number, the newest finished run by default."""
    project = context.project
    chosen = project.run(run) if run else project.finished_run()
    if chosen is None:
        raise NotReady("needs_run")
    reading = worded(shape_of(points_of(read_lines(chosen.metrics))), context.language)
    chosen.write(reading)
    return Outcome(
        say(f"train.label.{reading.label}", context.language),
        card=card(reading),
        facts={"label": reading.label, "best_step": reading.best_step, **reading.numbers},
    )


def read_file(path: Path, language: str) -> LossReading:
    """The reading of a curve's file. Raises Missing or BadInput."""
    return worded(shape_of(read_points(path)), language)


def card(reading: LossReading) -> str:
    """Evidence as a list, then what to do."""
    return "\n".join([*(f"- {line}" for line in reading.evidence), "", reading.advice])


def worded(shape: Shape, language: str) -> LossReading:
    """A shape in words."""
    found = {name: _shown(value) for name, value in shape.numbers.items()}
    evidence = [say("train.evidence.fell", language, **found)] if "first" in found else []
    if "held_first" in found:
        evidence.append(say("train.evidence.held", language, **found))
    if own := _own_evidence(shape, language, found):
        evidence.append(own)
    if shape.best_step is not None and "held_best" in found:
        best = say("train.evidence.best", language, step=shape.best_step, loss=found["held_best"])
        evidence.append(best)
    return LossReading(
        label=shape.label,
        evidence=tuple(evidence),
        advice=say(f"train.advice.{shape.label}", language),
        best_step=shape.best_step,
        numbers=shape.numbers,
    )


def _own_evidence(shape: Shape, language: str, found: dict[str, str]) -> str:
    """The sentence that speaks for this label and no other."""
    key = {
        "broken_nan_zero": "nan" if shape.numbers.get("nan") else "zero",
        "too_short_to_tell": "short",
        "spike_or_divergence": "spike" if "height" in shape.numbers else "ran_away",
        "overfit_gap": "gap",
        "too_low_memorised": "apart" if shape.numbers.get("unseen") else "low",
        "oscillating": "shaky",
        "epoch_steps": "stairs",
    }.get(shape.label)
    if key is None:
        return ""
    if key == "shaky":
        found = found | {"percent": str(round(100 * shape.numbers["share"]))}
    return say(f"train.evidence.{key}", language, **found)


def _shown(value: float) -> str:
    """Whole numbers bare, small ones with the digits that tell them apart."""
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"
