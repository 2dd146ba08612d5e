"""How a process that shares this machine's namespaces comes to be apart from all others in it.

Runs inside, before confinement. What bubblewrap would have done is done here by the process itself:
it dies with the grader, has no privilege to gain, makes no socket, and, where it may, becomes a
user that nobody else is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile

from ..locks import bpf, namespaces, neighbours, seccomp
from ..locks.expendable import be_expendable
from ..orders import Enclosure, Locked
from . import confinement

__all__ = ["begin", "filters", "settle", "settle_child"]

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *(ctypes.c_ulong(n) for n in (value, 0, 0, 0))) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")


def begin(locked: Locked) -> None:
    """Do, as the first thing in a new program, what bubblewrap does before it starts one."""
    _die_with(locked.grader)
    be_expendable(locked.score)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    bpf.load(seccomp.outer_filter())


def _die_with(parent: int) -> None:
    """Be killed when the parent ends, or the thread of it that made this process.

    To be said again after a change of user, which takes it back.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this was said
        os._exit(1)


def settle(enclosure: Enclosure, parent: int, submission: str | None) -> list[str]:
    """Move into a scratch, and be who owns it; return what of the submission was left out."""
    left_out = confinement.furnish(enclosure, submission)
    if enclosure.locked is not None and enclosure.locked.uid is not None:
        _become(enclosure.locked.uid, enclosure.scratch)
    namespaces.drop_capabilities()
    _die_with(parent)
    return left_out


def settle_child(enclosure: Enclosure, parent: int, submission: str | None) -> list[str]:
    """The same for a process that was forked, and holds what its parent knew of its own places."""
    assert enclosure.locked is not None
    os.setsid()  # the first of a process group, in which there is nobody else
    os.environ.clear()
    os.environ.update(enclosure.locked.environment)
    tempfile.tempdir = None
    matplotlib = sys.modules.get("matplotlib")
    for name in ("get_configdir", "get_cachedir"):
        forget = getattr(getattr(matplotlib, name, None), "cache_clear", None)
        if forget is not None:
            forget()
    return settle(enclosure, parent, submission)


def _become(uid: int, scratch: str) -> None:
    for folder, folders, names in os.walk(scratch):
        for name in (*folders, *names):
            os.lchown(os.path.join(folder, name), uid, uid)
    os.chown(scratch, uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _prctl(_PR_SET_DUMPABLE, 1)  # who is root must borrow this user to look what it does


def filters() -> list[bytes]:
    """What a kernel adds to the filter under which it began."""
    return [neighbours.neighbour_filter(os.getpid()), seccomp.inner_filter()]
