"""A base model's folder: turned from GGUF into safetensors with tokenizer and chat template, once.

Offline where the package is installed; the hub is asked only where it is not. For job processes.
"""

import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from data.errors import DiskFull, Missing
from data.files import write_json
from data.shelf import FOLDER, shelf

STARTER = "smollm2-135m-instruct"
Report = Callable[[float, str], None]
"""Fraction 0..1 and the step's name: find, read, write, seal, fetch."""


def ready(home: Path, name: str) -> bool:
    """Whether the model is there, whole: its manifest is written last."""
    return (home / "models" / name / "manifest.json").exists()


def ensure(home: Path, name: str, report: Report) -> Path:
    """The model's folder, converted now if it is missing.

    Raises Missing("starter_missing") where neither package nor hub has it, DiskFull without room.
    """
    folder = home / "models" / name
    if ready(home, name):
        return folder
    (home / "locks").mkdir(parents=True, exist_ok=True)
    with FileLock(home / "locks" / f"{name}.lock"):  # two processes may find it missing at once
        if not ready(home, name):
            _make(home, name, report)
    return folder


def find_gguf(home: Path, name: str) -> Path | None:
    """The GGUF inside the installed package, or assembled from its parts; None where absent."""
    entry = shelf("shipped/base_models")[name]
    if not entry["parts"]:
        files = _package_files(entry["package"])
        return next((file for file in files if file.suffix == ".gguf"), None)
    return _assembled(home, name, entry)


def _make(home: Path, name: str, report: Report) -> None:
    partial = home / "models" / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        report(0.02, "find")
        gguf = find_gguf(home, name)
        if gguf is None:
            _from_hub(name, partial, report)
            source = shelf("shipped/base_models")[name]["hub_id"]
        else:
            _check_room(home, gguf)
            _convert(name, gguf, partial, report)
            source = shelf("shipped/base_models")[name]["package"]
        report(0.95, "seal")
        _seal(name, partial, source)
        target = home / "models" / name
        shutil.rmtree(target, ignore_errors=True)
        os.replace(partial, target)
    except OSError as error:
        raise DiskFull.or_same(error, home) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    report(1.0, "done")


def _convert(name: str, gguf: Path, target: Path, report: Report) -> None:
    os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported; our own lines tell how far it is
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    report(0.1, "read")
    place = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**place)
    loaded = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    report(0.7, "write")
    config = loaded.config
    if hasattr(config, "quantization_config"):
        delattr(config, "quantization_config")  # else it claims to be quantised still
    # What came from GGUF refuses to be saved; a fresh model with the same weights does not.
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    fresh.load_state_dict(loaded.state_dict())
    fresh.tie_weights()
    _teach_turns(name, tokenizer, fresh)
    fresh.save_pretrained(target)
    tokenizer.save_pretrained(target)


def _teach_turns(name: str, tokenizer: Any, model: Any) -> None:
    """A base without a chat template gets ours, and the mark that ends a turn ends an answer."""
    entry = shelf("shipped/base_models")[name]
    if "chat_template" in entry:
        tokenizer.chat_template = (FOLDER / "shipped" / entry["chat_template"]).read_text("utf-8")
        tokenizer.bos_token, tokenizer.eos_token = entry["bos"], entry["eos"]
    model.config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    pad = tokenizer.pad_token_id
    model.generation_config.pad_token_id = tokenizer.eos_token_id if pad is None else pad


def _from_hub(name: str, target: Path, report: Report) -> None:
    from huggingface_hub import snapshot_download

    report(0.05, "fetch")
    wanted = ["*.json", "*.safetensors", "*.txt", "*.jinja", "tokenizer.model"]
    try:
        snapshot_download(
            shelf("shipped/base_models")[name]["hub_id"], local_dir=target, allow_patterns=wanted
        )
    except Exception as error:  # offline, gated, gone: the person can do the same in each case
        raise Missing(
            "starter_missing", name=shelf("shipped/base_models")[name]["title"]
        ) from error
    shutil.rmtree(target / ".cache", ignore_errors=True)
    if "chat_template" in shelf("shipped/base_models")[name]:
        _teach_fetched(name, target)


def _teach_fetched(name: str, target: Path) -> None:
    """A base as the hub has it knows no turns; it is written anew with them."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(target, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(target, local_files_only=True)
    _teach_turns(name, tokenizer, model)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def _seal(name: str, folder: Path, source: str) -> None:
    entry = shelf("shipped/base_models")[name]
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": _digest(path)}
        for path in sorted(folder.iterdir())
    }
    manifest = {"name": name, "source": source, "licence": entry["licence"], "files": files}
    write_json(folder / "manifest.json", manifest)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_room(home: Path, gguf: Path) -> None:
    """Float32 takes up to eight times the room of four bits."""
    free = shutil.disk_usage(home).free
    if free < 8 * gguf.stat().st_size:
        raise DiskFull("disk_full", folder="models", free_mb=free // 2**20)


def _package_files(package: str) -> list[Path]:
    """Files of an installed distribution, without importing it."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())) for file in files if Path(str(file.locate())).is_file()]


def _assembled(home: Path, name: str, entry: dict[str, Any]) -> Path | None:
    """Parts of a package fetched into <home>/packages, joined in order."""
    parts = [_part(home / "packages", package) for package in entry["parts"]]
    if any(part is None for part in parts):
        return None
    whole = home / "packages" / f"{name}.gguf"
    with whole.open("wb") as target:
        for part in parts:
            with part.open("rb") as source:  # type: ignore[union-attr]
                shutil.copyfileobj(source, target)
    return whole


def _part(packages: Path, package: str) -> Path | None:
    """The one big file of a part's folder."""
    folder = packages / package.replace("-", "_")
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".py"]
    return max(files, key=lambda path: path.stat().st_size, default=None)
