"""Checkpoints that are whole or do not count: written aside, sealed by a manifest, then renamed."""

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


def save(folder: Path, learner: Any, progress: Progress) -> Path:
    """Keep everything that a later sitting needs to go on exactly; drops checkpoints past KEPT."""
    target = folder / f"step-{progress.step:06d}"
    with _aside(target) as aside:
        learner.model.save_pretrained(aside)
        state = io.BytesIO()  # torch writing to a full disk does not say that it is full
        torch.save(
            {"optimizer": learner.optimizer.state_dict(), "random": torch.get_rng_state()}, state
        )
        (aside / "optimizer.pt").write_bytes(state.getbuffer())
        write_json(aside / "progress.json", asdict(progress))
        write_json(aside / "manifest.json", _digests(aside))
    for old in _all(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint; a damaged one is passed over, with a line in the log."""
    for found in reversed(_all(folder)):
        manifest = _record(found / "manifest.json")
        if manifest and manifest == _digests(found):
            return found
        print(f"checkpoint {found.name} is damaged and passed over", flush=True)
    return None


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
    with _aside(target) as aside:
        learner.model.save_pretrained(aside)
    known = [_record(each / "progress.json") for each in _all(run / "checkpoints")]
    needed = {target, *(best(run, each.get("best_step", 0)) for each in known)}
    for old in set(run.glob("best-*")) - needed:
        shutil.rmtree(old, ignore_errors=True)


def best(run: Path, step: int) -> Path:
    """Where the weights of a step are kept that was the best when it was looked at."""
    return run / f"best-{step:06d}"


def clear(run: Path) -> None:
    """Drop all that only an unfinished run needs."""
    for old in (run / "checkpoints", *run.glob("best-*"), *run.glob(".best-*")):
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A folder to fill, which then takes the target's place; on a fault nothing of it stays, as
    what is half written may be what fills the disk."""
    aside = target.with_name(f".{target.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _all(folder: Path) -> list[Path]:
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
