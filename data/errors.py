"""Everything that can go wrong in a way a person can do something about.

TunePathError
├── NotReady        a step was asked for before what it needs is there
├── BadInput        a file, a row, an argument or a reply that can't be used
├── Missing         something named does not exist (project, model, run)
├── Busy            something else holds the place: a turn, a training, a port
├── Unreachable     a server, key or hub does not answer as it should
├── DiskFull        no room left on the disk
└── JobFailed       a child process ended without its result

Each has a code; words/<language>/errors.toml holds its sentence (`what`) and next step (`next`).
"""

import errno
import shutil
from pathlib import Path

from data.say import say


class TunePathError(Exception):
    """A fault with a code, the values its sentence names, and a next step. Exit code 1."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def sentence(self, language: str) -> str:
        """What happened, for the person."""
        return say(f"errors.{self.code}.what", language, **self.values)

    def next_step(self, language: str) -> str:
        """What to do now."""
        return say(f"errors.{self.code}.next", language, **self.values)

    def text(self, language: str) -> str:
        """Both, as one line."""
        glue = "" if language == "zh" else " "
        return self.sentence(language) + glue + self.next_step(language)


class NotReady(TunePathError):
    """A step was asked for before what it needs is there."""


class BadInput(TunePathError):
    """A file, a row, an argument or a reply that can't be used."""


class Missing(TunePathError):
    """Something named does not exist."""


class Busy(TunePathError):
    """Something else holds the place."""


class Unreachable(TunePathError):
    """A server, key or hub does not answer as it should."""


class JobFailed(TunePathError):
    """A child process ended without its result."""


class DiskFull(TunePathError):
    """No room left on the disk."""

    @classmethod
    def or_same(cls, error: OSError, folder: Path) -> Exception:
        """DiskFull for a full disk or quota, else the error as it was."""
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return error
        return cls("disk_full", folder=folder.name, free_mb=_free_megabytes(folder))


def _free_megabytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free // 2**20
    except OSError:
        return 0
