"""Ends a kernel that takes what no limit of the operating system's can hold.

Of memory, the system limits what a process reserves and not what it takes; of the first, JAX needs
gigabytes. A tmpfs made by bubblewrap has a size but no ceiling for the number of its files, whose
names and inodes take the machine's memory (an eighth of it at most), and a scratch on the disk has
no size at all; what is watched by epoll is counted for all of a user's processes together, and when
there is no more, libzmq ends the grader's; `RLIMIT_NPROC` does not bind a grader who is root; and
of a process killed for its CPU time nobody says why. So a thread of the grader looks several times
a second. It is a thread, not a task of an event loop, since a loop that is busy judging answers
looks at nothing.
"""

from __future__ import annotations

import enum
import os
import threading
from collections.abc import Callable

from ..limits import Limits
from .meters import look_as, memory_of, meter_of, watches_of
from .task import Scratch

__all__ = ["Breach", "Watchdog"]

_PERIOD_SECONDS = 0.1
_WATCHES_A_FILE = 16
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Breach(enum.StrEnum):
    """The limit for which a kernel was ended."""

    CPU = "cpu_seconds"
    MEMORY = "resident"
    THREADS = "threads"
    ENTRIES = "scratch_entries"
    BYTES = "scratch_bytes"
    """Only of a scratch on the disk: in one of limited size, writing more is refused."""
    OUTPUT = "output_bytes"
    WATCHES = "watches"
    """It watches its open files (`open_files`) many times over."""
    CONNECTION = "connection"
    """It sent a message longer than `message_bytes`, or closed its own sockets."""


class Watchdog:
    """Looks at one process until it ends.

    Args:
        pid: the kernel's process, as this process numbers it.
        limits: what it may use.
        on_breach: called once, from the watching thread, before it ends.
        scratch: its scratch, if that is a folder on the disk.
    """

    def __init__(
        self,
        pid: int,
        limits: Limits,
        on_breach: Callable[[Breach], None],
        scratch: Scratch | None = None,
    ) -> None:
        self._pid = pid
        self._limits = limits
        self._scratch = scratch
        self._used = meter_of(pid, limits, scratch)
        self._on_breach = on_breach
        self._stopped = threading.Event()
        self._looked = threading.Event()
        self._fault: OSError | None = None
        self._thread = threading.Thread(target=self._watch, name=f"watchdog-{pid}", daemon=True)

    def start(self) -> None:
        """Look once, then begin to watch.

        Raises:
            OSError: if the process cannot be looked at; it must not run unwatched.
        """
        self._thread.start()
        self._looked.wait()
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        """Watch no longer; may be called from the watching thread itself."""
        self._stopped.set()

    def _watch(self) -> None:
        try:
            if self._scratch is not None and self._scratch.uid is not None:
                look_as(self._scratch.uid)
            self._look()
        except OSError as exc:
            self._fault = exc
            return
        finally:
            self._looked.set()
        while not self._stopped.wait(_PERIOD_SECONDS):
            try:
                breach = self._look()
            except (FileNotFoundError, ProcessLookupError):
                return  # it has ended
            except OSError:
                # A process that is just ending refuses its root; one that goes on does not.
                continue
            if breach is not None:
                self._on_breach(breach)
                return

    def _look(self) -> Breach | None:
        with open(f"/proc/{self._pid}/stat", encoding="ascii", errors="replace") as file:
            # The name, second field, is the process's to choose and may hold anything.
            fields = file.read().rpartition(")")[2].split()
        user_ticks, system_ticks, threads = int(fields[11]), int(fields[12]), int(fields[17])
        if (user_ticks + system_ticks) / _CLOCK_TICKS >= self._limits.cpu_seconds:
            return Breach.CPU
        if threads > self._limits.thread_limit():
            return Breach.THREADS
        with open(f"/proc/{self._pid}/status", encoding="ascii", errors="replace") as file:
            if memory_of(file.read()) > self._limits.resident:
                return Breach.MEMORY
        watches = _WATCHES_A_FILE * self._limits.open_files
        if watches_of(self._pid, watches) > watches:
            return Breach.WATCHES
        too_many, too_much = self._used()
        return Breach.ENTRIES if too_many else Breach.BYTES if too_much else None
