"""Whether a base model's folder is whole. Knows nothing of how one gets there."""

from pathlib import Path

from data.errors import Missing
from data.shelf import shelf


def whole(folder: Path) -> Path:
    """The folder, if its manifest, which is written last, is there. Raises Missing."""
    if not (folder / "manifest.json").exists():
        entry = shelf("shipped/base_models").get(folder.name, {})
        raise Missing("starter_missing", name=entry.get("title", folder.name))
    return folder
