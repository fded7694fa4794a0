"""Checkpoints and best weights that are whole or do not count: written aside, sealed by a manifest,
then renamed."""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import set_peft_model_state_dict
from safetensors.torch import load_file

from data.files import read_json, write_json

KEPT = 2
"""Checkpoints kept, the newest ones."""
WEIGHTS = "adapter_model.safetensors"


@dataclass
class Progress:
    """How far a run is, beside its weights."""

    step: int = 0
    best_step: int = 0
    best_loss: float | None = None
    first_loss: float | None = None
    """Held-out loss before the first step."""
    seconds: float = 0.0
    """Time spent in earlier sittings."""


def save(run: Path, learner: Any, progress: Progress) -> Path:
    """Keep everything that a later sitting needs to go on exactly; drops checkpoints past KEPT."""
    target = run / "checkpoints" / f"step-{progress.step:06d}"
    with _sealed(target) as aside:
        learner.model.save_pretrained(aside)
        state = io.BytesIO()  # torch writing to a full disk does not say that it is full
        torch.save(
            {"optimizer": learner.optimizer.state_dict(), "random": torch.get_rng_state()}, state
        )
        (aside / "optimizer.pt").write_bytes(state.getbuffer())
        write_json(aside / "progress.json", asdict(progress))
    for old in _all(run)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(run: Path) -> Path | None:
    """The newest checkpoint that is whole, as are the best weights it names; others are passed
    over, each with a line in the log."""
    for found in reversed(_all(run)):
        damaged = next((part for part in _parts(run, found) if not whole(part)), None)
        if damaged is None:
            return found
        print(f"{damaged.name} is damaged, checkpoint {found.name} is passed over", flush=True)
    return None


def drop_past(run: Path, found: Path | None) -> None:
    """Drop what `newest` passed over: its steps are done anew."""
    for each in _all(run):
        if found is None or each.name > found.name:
            shutil.rmtree(each, ignore_errors=True)


def restore(folder: Path, learner: Any) -> Progress:
    """Weights, optimizer and random state as they were. `folder` comes from `newest`."""
    set_peft_model_state_dict(learner.model, load_file(folder / WEIGHTS))
    state = torch.load(folder / "optimizer.pt", weights_only=True)
    learner.optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    return Progress(**_record(folder / "progress.json"))


def save_best(run: Path, learner: Any, step: int) -> None:
    """The weights alone, as the best so far; earlier ones go once no checkpoint points at them."""
    target = best(run, step)
    with _sealed(target) as aside:
        learner.model.save_pretrained(aside)
    known = [_record(each / "progress.json") for each in _all(run)]
    needed = {target, *(best(run, each.get("best_step", 0)) for each in known)}
    for old in set(run.glob("best-*")) - needed:
        shutil.rmtree(old, ignore_errors=True)


def best(run: Path, step: int) -> Path:
    """Where the weights of a step are kept that was the best when it was looked at."""
    return run / f"best-{step:06d}"


def whole(folder: Path) -> bool:
    """Whether all files are as they were when the folder was sealed."""
    manifest = _record(folder / "manifest.json")
    return bool(manifest) and manifest == _digests(folder)


def clear(run: Path) -> None:
    """Drop all that only an unfinished run needs."""
    for old in (run / "checkpoints", *run.glob("best-*"), *run.glob(".best-*")):
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _sealed(target: Path) -> Iterator[Path]:
    """A folder to fill, which is then sealed and takes the target's place; on a fault nothing of it
    stays, as what is half written may be what fills the disk."""
    aside = target.with_name(f".{target.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        write_json(aside / "manifest.json", _digests(aside))
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _parts(run: Path, found: Path) -> Iterator[Path]:
    yield found
    if step := _record(found / "progress.json").get("best_step"):
        yield best(run, step)


def _all(run: Path) -> list[Path]:
    folder = run / "checkpoints"
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"step-\d{6}", path.name))


def _record(path: Path) -> dict[str, Any]:
    """A JSON object; empty where the file is absent or damaged."""
    try:
        return dict(read_json(path) or {})
    except ValueError:
        return {}


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json" and path.is_file()
    }
