"""Shipped tables of data/shipped and data/knowledge, read once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def shelf(name: str) -> dict[str, Any]:
    """The table `shipped/<name>` or `knowledge/<name>`. Callers must not change what they get."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
