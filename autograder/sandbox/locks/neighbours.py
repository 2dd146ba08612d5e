"""Seccomp where there are no namespaces: hands off other processes, and off what files are.

Landlock decides which files can be opened, made and removed, and says nothing of their owners,
modes, times and attributes, which a process may change of all that its user owns; nor of signals
and priorities, before its version 6. In a namespace none of these would be in reach.

What a program does not expect to fail is answered 0, and not done: `shutil.copy`, which is behind
IPython's own writing of files, gives up without `chmod`, and libzmq aborts without
`sched_setscheduler`. Calls newer than any list are refused by the inner filter, which comes last.
Numbers as in seccomp.py; the aarch64 column was not run.
"""

from __future__ import annotations

import errno
import platform

from . import bpf
from .bpf import ALLOW, ANY_BIT, ARGUMENTS, LOAD, Calls, allowing, judging, refuse, step, when
from .open_files import on_open_files

__all__ = ["neighbour_filter"]

_NOT_DONE: Calls = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}
_REFUSED: Calls = {
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setpriority": (141, 140),
    "tkill": (200, 130),
}
_NOT_SUPPORTED: Calls = {  # as on a file system without these, which programs know
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "getxattr": (191, 8),
    "lgetxattr": (192, 9),
    "fgetxattr": (193, 10),
    "listxattr": (194, 11),
    "llistxattr": (195, 12),
    "flistxattr": (196, 13),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "fallocate": (285, 47),  # disk space that is counted as nobody's writing
}
_OF_ONE_PROCESS: Calls = {
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_KILL = (62, 129)
_PRLIMIT = (302, 261)
_SOCKETPAIR = (53, 199)
_IOCTL = (16, 29)
_PRCTL = (157, 167)
_UMASK = (95, 166)
_MKDIR = (83, None)
_MKDIRAT = (258, 34)

# By ioctl the owner of a file can make it unchangeable.
_IOCTLS = {
    "TCGETS": 0x5401,
    "TCGETS2": 0x802C542A,
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_DATAGRAMS = 2  # the bit that SOCK_DGRAM, SOCK_RAW and SOCK_PACKET have, STREAM and SEQPACKET not
_OWNER = (0o400, 0o200, 0o100)


def neighbour_filter(pid: int, machine: str | None = None) -> bytes:
    """The filter for a kernel that shares its namespaces with others.

    Args:
        pid: the only process that it may signal, the first of its process group: the kernel's own.
        machine: one of `bpf.MACHINES`; by default this one.

    Raises:
        KeyError: for a machine that is not in `bpf.MACHINES`.
    """
    machine = machine or platform.machine()
    column = bpf.column(machine)
    own_group = (-pid) & 0xFFFFFFFF
    # A datagram finds its way to any socket with a name; and a folder that its owner may not look
    # into would hide from the watchdog what is in it.
    streams_only = judging(1, step(ANY_BIT, _DATAGRAMS, 0, 1))
    umask = judging(0, step(ANY_BIT, 0o700, 0, 1))
    stay_in_hand = judging(
        0,
        step(bpf.EQUAL, _PR_SET_PDEATHSIG, 1, 0),  # it dies with the grader
        step(bpf.EQUAL, _PR_SET_DUMPABLE, 0, 1),  # and is watched by who is the same user
    )
    return b"".join(
        [
            *bpf.preamble(machine),
            *bpf.denials(_NOT_DONE, machine, 0),
            *bpf.denials(_REFUSED, machine),
            *bpf.denials(_NOT_SUPPORTED, machine, errno.EOPNOTSUPP),
            *when(_KILL[column], allowing(0, (pid, 0, own_group), errno.EPERM)),
            *when(_PRLIMIT[column], allowing(0, (pid, 0), errno.EPERM)),
            *(
                part
                for pair in _OF_ONE_PROCESS.values()
                for part in when(pair[column], allowing(0, (pid,), errno.EPERM))
            ),
            *when(_SOCKETPAIR[column], streams_only),
            *on_open_files(machine),
            *when(_IOCTL[column], allowing(1, _IOCTLS.values(), errno.ENOTTY)),
            *when(_PRCTL[column], stay_in_hand),
            *when(_UMASK[column], umask),
            *when(_MKDIR[column], _open_to_its_owner(1)),
            *when(_MKDIRAT[column], _open_to_its_owner(2)),
            ALLOW,
        ]
    )


def _open_to_its_owner(argument: int) -> list[bytes]:
    """Allow modes that let the owner read, write and enter."""
    bits = [part for bit in _OWNER for part in (step(ANY_BIT, bit, 1, 0), refuse(errno.EPERM))]
    return [step(LOAD, ARGUMENTS[argument]), *bits, ALLOW]
