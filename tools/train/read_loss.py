"""Tool: the curves of a run, or of any trainer's file: shape, evidence, next step."""

from pathlib import Path

from data.errors import NotReady
from data.files import read_lines
from data.project import Run
from data.records import LossReading
from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.train.curves import LOW, MILD, MODERATE, SEVERE, TURNED, Shape, shape_of
from tools.train.points import points_of, read_points


@tool(stage="train", leaves="LossReading")
def read_loss(context: Context, run: str = "") -> Outcome:
    """Read the loss curves of a training run: name their shape, with evidence, the best step and
    what to do next. Works for finished, stopped and failed runs. `run`: its number, such as 001;
    the newest by default."""
    language = context.language
    chosen = _chosen(context, run)
    job = jobs.read(chosen.folder)
    shape = shape_of(points_of(read_lines(chosen.metrics)))
    reading = worded(shape, language, own=True)
    said = [say(f"train.label.{reading.label}", language)]
    if job and job.alive:  # a curve under way is read, not kept: its end may read otherwise
        said.append(say("train.under_way", language))
    else:
        chosen.write(reading)
    facts = {"run": chosen.name, **reading.model_dump(include={"label", "best_step", "numbers"})}
    return Outcome(("" if language == "zh" else " ").join(said), card(reading), facts)


def read_file(path: Path, language: str) -> LossReading:
    """The reading of a curve's file. Raises Missing or BadInput."""
    return worded(shape_of(read_points(path)), language, own=False)


def card(reading: LossReading) -> str:
    """Evidence as a list, then what to do."""
    return "\n".join([*(f"- {line}" for line in reading.evidence), "", reading.advice])


def worded(shape: Shape, language: str, *, own: bool) -> LossReading:
    """A shape in words. `own`: our trainer made the run, which keeps the best weights by itself."""
    shown = {name: _shown(value) for name, value in shape.numbers.items()}
    keys = [*_course(shape), *_signs(shape)]
    values = shown | _derived(shape, language)
    return LossReading(
        label=shape.label,
        evidence=tuple(say(f"train.evidence.{key}", language, **values) for key in keys),
        advice=say(f"train.advice.{_advice(shape, own)}", language),
        best_step=shape.best_step,
        numbers={name: round(value, 6) for name, value in shape.numbers.items()},
    )


def _chosen(context: Context, name: str) -> Run:
    """The named run, or the newest that has logged something. Raises NotReady."""
    logged = [each for each in context.project.runs() if read_lines(each.metrics)]
    found = [each for each in logged if not name or each.name == name.zfill(3)]
    if not found:
        raise NotReady("needs_run")
    return found[-1]


def _course(shape: Shape) -> list[str]:
    """What is told of every curve: from where to where."""
    numbers = shape.numbers
    keys = ["fell" if "first" in numbers else "no_points"]
    if "held_out_first" in numbers:
        keys.append("held")
    if shape.best_step is not None:
        keys.append("best")
    return keys


def _signs(shape: Shape) -> list[str]:
    """What speaks for this label and for no other."""
    numbers = shape.numbers
    held = "held_out_first" in numbers
    signs: dict[str, list[str]] = {
        "healthy": _healthy(numbers, held),
        "underfit_flat": ["flat" if numbers.get("fall", 0) > 0 else "flat_up"]
        + ["flat_low"] * _low_start(shape),
        "oscillating": ["swing"],
        "spike_or_divergence": ["spike" if "jump" in numbers else "ran_away"],
        "overfit_gap": ["gap" if "gap" in numbers else "rise"],
        "too_low_memorised": ["gap" if held else "no_held"],
        "epoch_steps": ["stairs"],
        "broken_nan_zero": ["zero" if numbers.get("zero") else "nan"],
        "too_short_to_tell": ["short"] + ["held_nan"] * ("held_out_nan_step" in numbers),
    }
    return signs[shape.label]


def _healthy(numbers: dict[str, float], held: bool) -> list[str]:
    keys = ["falling"] if "falling" in numbers else []
    if not held:
        return [*keys, "no_held"]
    return [*keys, "followed"] if numbers["last"] < LOW else keys


def _low_start(shape: Shape) -> bool:
    return shape.numbers.get("first", 1.0) < LOW


def _derived(shape: Shape, language: str) -> dict[str, str]:
    """Values that sentences name and that are no figures of the shape."""
    numbers = shape.numbers
    rise = numbers.get("held_out_rise", 1.0)
    level = "severe" if rise >= SEVERE else "moderate" if rise >= MODERATE else "mild"
    steps = ("jump_step", "broken_step", "held_out_nan_step")
    step = next((numbers[name] for name in steps if name in numbers), 0)
    times = numbers.get("jump_times", numbers.get("gap", rise if rise >= MILD else 1.0))
    percent = numbers.get("swing", max(0.0, numbers.get("fall", 0.0)))
    return {
        "best": str(shape.best_step),
        "step": str(round(step)),
        "times": f"{times:.1f}",
        "percent": f"{100 * percent:.0f}",
        "severity": say(f"train.severity.{level}", language),
    }


def _advice(shape: Shape, own: bool) -> str:
    if shape.label == "healthy" and "falling" in shape.numbers:
        return "healthy_falling"
    if shape.label == "underfit_flat" and _low_start(shape):
        return "underfit_flat_low"
    if shape.label == "overfit_gap" and not own:
        return "overfit_gap_file"
    if shape.label == "broken_nan_zero" and shape.numbers.get("zero"):
        return "broken_nan_zero_zero"
    if shape.label == "too_short_to_tell" and "held_out_nan_step" in shape.numbers:
        return "too_short_to_tell_nan"
    if shape.label == "too_short_to_tell" and shape.numbers.get("held_out_rise", 1.0) > TURNED:
        return "too_short_to_tell_rising"
    return shape.label


def _shown(value: float) -> str:
    """Whole numbers bare, small ones with the digits that tell them apart."""
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"
