"""What may be done to an open file, beside reading and writing it.

All kernels see the same files: Python's, and this package's. Whatever a descriptor can leave at a
file, read-only as it is, or hear of it, is a wire to the next kernel and to the grader: leases and
notices (F_SETLEASE, F_NOTIFY), hints (F_SET_RW_HINT), and locks of every kind, which need no right
to write. F_SETOWN and F_SETSIG send signals. So a list of what is allowed.

A process that is alone needs no locks of its own files, but SQLite does not expect to be refused
them: F_SETLK is answered 0, and not done.
"""

from __future__ import annotations

import errno

from . import bpf
from .bpf import ARGUMENTS, EQUAL, LOAD, allowing, refuse, step, when

__all__ = ["FCNTLS", "on_open_files"]

_FCNTL = (72, 25)
_FLOCK = (73, 32)

FCNTLS = {
    "F_DUPFD": 0,
    "F_GETFD": 1,
    "F_SETFD": 2,
    "F_GETFL": 3,
    "F_SETFL": 4,
    "F_GETLK": 5,
    "F_OFD_GETLK": 36,
    "F_DUPFD_CLOEXEC": 1030,
    "F_GETPIPE_SZ": 1032,
}
"""What fcntl may be asked for."""

NOT_DONE = {"F_SETLK": 6, "F_SETLKW": 7}
"""What it seems to do."""


def on_open_files(machine: str) -> list[bytes]:
    """The part of a filter on fcntl and flock.

    Raises:
        KeyError: for a machine that is not in `bpf.MACHINES`.
    """
    column = bpf.column(machine)
    seemingly = [
        part for command in NOT_DONE.values() for part in (step(EQUAL, command, 0, 1), refuse(0))
    ]
    fcntl = [step(LOAD, ARGUMENTS[1]), *seemingly, *allowing(1, FCNTLS.values(), errno.EPERM)]
    return [
        *when(_FCNTL[column], fcntl),
        *when(_FLOCK[column], [refuse(errno.EPERM)]),
    ]
