"""Makes a base model ready: python -m tools.base_model.convert [--home DIR] [NAME]."""

import argparse
import os
import sys
from pathlib import Path

from data.errors import DiskFull, Missing
from data.settings import read_settings
from data.shelf import shelf
from tools.shared.starter import STARTER, ensure


def main(arguments: list[str]) -> int:
    """Convert one model, printing how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default=STARTER)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args(arguments)
    settings = read_settings(os.environ)
    home = given.home or settings.home

    def report(fraction: float, step: str) -> None:
        print(f"{fraction:4.0%} {step}", flush=True)

    try:
        if given.name not in (known := shelf("shipped/base_models")):
            raise Missing("base_model_missing", name=given.name[:64], known="、".join(known))
        ensure(home, given.name, report)
    except (Missing, DiskFull) as error:
        print(error.text(settings.language), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
