"""A small real job for the tests of tools/jobs.py: counts, and ends as its argument says."""

import os
import signal
import sys
import time
from pathlib import Path

from data.errors import BadInput
from tools.jobs import Stopped, job_process


def main(folder: Path, ending: str) -> None:
    """Count to twenty, slowly enough to be stopped, then end."""
    with job_process(folder) as me:
        (folder / "environment.txt").write_text("\n".join(sorted(os.environ)))
        for step in range(1, 21):
            me.report(step / 20, (20 - step) * 0.05, step=step)
            if me.stop_wanted():
                (folder / "saved.txt").write_text(str(step))
                raise Stopped
            time.sleep(0.05 if ending != "long" else 1)
        if ending == "mistake":
            raise BadInput("bad_argument", field="x", reason="y")
        if ending == "crash":
            raise ValueError("a path: /somewhere/secret")
        if ending == "memory":
            raise MemoryError
        if ending == "full":
            raise OSError(28, "No space left on device")
        if ending == "killed":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
