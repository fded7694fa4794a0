"""The most memory that this process has held so far. Knows no torch."""

import sys

import psutil


def peak_mb() -> int:
    """Peak resident memory in MB.

    On Linux from the kernel's own mark: what getrusage tells there may be the parent's.
    """
    info = psutil.Process().memory_info()
    return max(int(getattr(info, "peak_wset", 0)), info.rss, _kernels_mark()) // 2**20


def _kernels_mark() -> int:
    """Bytes; 0 where the system keeps no such mark."""
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            marks = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(marks[0]) * 1024 if marks else 0
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0
