"""Everything a change must pass: `python -m tests.check [--quick] [pytest's own arguments]`.

The same on a desk and in CI: ruff, its formatter, pyright, then pytest, whose closing line is last.
"""

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = {
    "OMP_NUM_THREADS": "1",  # on a busy machine, tiny models train many times faster on one thread
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",  # else it asks the network for a newer pyright
}
CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "pyright": ["pyright"],
}


def run(title: str, command: list[str]) -> bool:
    """Runs one module of this Python under a headline. True when it passed."""
    print(f"\n== {title} ==", flush=True)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **QUIET})
    if title != "pytest":
        word = "passed" if done.returncode == 0 else "FAILED"
        print(f"{title}: {word} in {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def browser() -> str | None:
    """A Chromium to drive: the system's, else the one that Playwright fetched, else None."""
    for name in ("chromium", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def missing_pieces() -> list[str]:
    """What the browser tests need and this machine lacks, by Debian's names."""
    missing = [] if browser() else ["chromium"]
    if platform.system() == "Linux":
        fonts = " ".join(path.name for path in Path("/usr/share/fonts").rglob("*Noto*"))
        needed = {"fonts-noto-cjk": "CJK", "fonts-noto-color-emoji": "Emoji"}
        missing += [package for package, mark in needed.items() if mark not in fonts]
    return missing


def commands_for(missing: list[str]) -> list[list[str]]:
    """What installs the pieces here: apt on Debian, Playwright's own Chromium elsewhere."""
    release = Path("/etc/os-release")
    debian = release.exists() and "ID=debian" in release.read_text("utf-8").splitlines()
    apt = shutil.which("apt-get") is not None
    playwright = [sys.executable, "-m", "playwright", "install", *(["--with-deps"] * apt)]
    packages = [name for name in missing if apt and (debian or name != "chromium")]
    commands = [["apt-get", "install", "-y", "--no-install-recommends", *packages]]
    if "chromium" in missing and "chromium" not in packages:  # Ubuntu's own is a snap
        commands.append([*playwright, "chromium"])
    return commands if packages else commands[1:]


def prepare_browser() -> None:
    """Installs the missing pieces where root, else names the command in one sentence."""
    if not (missing := missing_pieces()):
        return
    commands, names = commands_for(missing), ", ".join(missing)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"For the browser tests, installing {names}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], *commands):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL)
        missing = missing_pieces()
    if missing:
        typed = " && ".join(" ".join(command) for command in commands)
        print(f"BROWSER TESTS WILL BE SKIPPED: no {', '.join(missing)}. To have them: {typed}")


def main(arguments: list[str]) -> int:
    """Runs all, however many fail; 1 when any did."""
    quick = ["-m", "not slow"] if "--quick" in arguments else []
    rest = [argument for argument in arguments if argument != "--quick"]
    prepare_browser()
    failed = [title for title, command in CHECKS.items() if not run(title, command)]
    print(f"\nBefore the tests: {len(CHECKS) - len(failed)} of {len(CHECKS)} checks passed")
    tests = run("pytest", ["pytest", *quick, *rest])
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}", file=sys.stderr)
    return 0 if tests and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
