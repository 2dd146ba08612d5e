"""How much of the processor a kernel had, and how long it waited for it behind others."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

__all__ = ["Processor", "used_by"]

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclasses.dataclass(frozen=True)
class Processor:
    """What a process had of the processor since it began.

    Attributes:
        used: seconds of all its threads together.
        waited: seconds that its first thread, in which cells run, was ready to run and did not; 0
            where the system does not count them (`CONFIG_SCHED_INFO`).
        at: when this was so, by the monotonic clock.
    """

    used: float
    waited: float
    at: float

    def taken_since(self, before: Processor) -> float:
        """Seconds of its time that others had.

        What it waited, but no more than it did not use: who starts fifty threads of its own and
        waits for those is owed nothing.
        """
        waited, idle = self.waited - before.waited, self.at - before.at - (self.used - before.used)
        return max(0.0, min(waited, idle))


def used_by(pid: int, now: float) -> Processor | None:
    """What a process had of it, or None if it has ended.

    Args:
        pid: as this process numbers it.
        now: the monotonic clock.
    """
    process = Path("/proc", str(pid))
    try:
        # The name, second field, is the process's to choose and may hold anything.
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
        used = (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
    except (OSError, IndexError):
        return None
    try:
        waited = int((process / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        waited = 0.0
    return Processor(used, waited, now)
