"""How many notebooks this machine can mark side by side."""

from __future__ import annotations

import os

import psutil

__all__ = ["default_size"]

_GIB = 1 << 30
# A marking process, its warm process and a kernel at work (`python -m benchmarks.memory`).
_PER_WORKER = 0.7 * _GIB
# The system's, and one kernel at its limit. Two at once are rare, and whoever then has no memory
# left is marked again, alone.
_SPARED = 2.4 * _GIB


def default_size() -> int:
    """How many workers this machine has cores and free memory for; at least one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    room = (psutil.virtual_memory().available - _SPARED) / _PER_WORKER
    return max(1, min(cores, int(room)))
