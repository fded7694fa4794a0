"""Whether the disk has room for a training run. Knows no torch."""

import shutil
from pathlib import Path

from data.errors import DiskFull

ROOM_MB = 600
"""Free disk that a run wants before it starts: three checkpoints, the best weights, the adapter."""


def check_room(folder: Path) -> None:
    """Raises DiskFull with what is free and what is wanted."""
    free = shutil.disk_usage(folder).free // 2**20
    if free < ROOM_MB:
        raise DiskFull("disk_too_small", free_mb=free, wanted_mb=ROOM_MB)
