"""Classic BPF for seccomp: the few instructions that filters of system calls are made of."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Mapping

__all__ = [
    "ALLOW",
    "ANY_BIT",
    "ARGUMENTS",
    "AT_LEAST",
    "EQUAL",
    "LOAD",
    "MACHINES",
    "Calls",
    "allowing",
    "column",
    "denials",
    "judging",
    "load",
    "preamble",
    "refuse",
    "step",
    "when",
]

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The machines whose numbers are known, with their AUDIT_ARCH."""

Calls = Mapping[str, tuple[int | None, int | None]]
"""From names to numbers (x86_64, aarch64); None where the machine has no such call."""

# As in linux/filter.h; offsets into struct seccomp_data. Of an argument, the lower half.
LOAD, EQUAL, AT_LEAST, ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH = 0, 4
ARGUMENTS = (16, 24, 32, 40)
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT = 0x40000000
_SECCOMP = (317, 277)


def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; jumps are relative to the next."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


ALLOW = step(_RETURN, _ALLOW)


def refuse(code: int) -> bytes:
    """End: the call is not made, and this is its errno; with 0, it seems to be made."""
    return step(_RETURN, _ERRNO | code)


def when(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body`, which must end in a return, for this system call alone."""
    return [] if number is None else [step(EQUAL, number, 0, len(body)), *body]


def allowing(argument: int, values: Iterable[int], otherwise: int) -> list[bytes]:
    """A body that allows these values of an argument (0 is the first), and refuses all others."""
    tests = [part for value in values for part in (step(EQUAL, value, 0, 1), ALLOW)]
    return [step(LOAD, ARGUMENTS[argument]), *tests, refuse(otherwise)]


def judging(argument: int, *tests: bytes) -> list[bytes]:
    """A body that looks at an argument: refused where the tests end, allowed one step beyond."""
    return [step(LOAD, ARGUMENTS[argument]), *tests, refuse(errno.EPERM), ALLOW]


def preamble(machine: str) -> list[bytes]:
    """Refuse foreign architectures, whose numbers mean other calls; leave the number loaded."""
    steps = [
        step(LOAD, _ARCH),
        step(EQUAL, MACHINES[machine], 1, 0),
        step(_RETURN, _KILL_PROCESS),
        step(LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [step(AT_LEAST, _X32_BIT, 0, 1), refuse(errno.ENOSYS)]
    return steps


def column(machine: str) -> int:
    """Which number of a pair is this machine's.

    Raises:
        KeyError: for a machine that is not in `MACHINES`.
    """
    if machine not in MACHINES:
        raise KeyError(f"no system call numbers for {machine}")
    return list(MACHINES).index(machine)


def denials(calls: Calls, machine: str, code: int = errno.EPERM) -> list[bytes]:
    """Refuse all these calls."""
    numbers = (pair[column(machine)] for pair in calls.values())
    return [part for number in numbers for part in when(number, [refuse(code)])]


def load(program: bytes) -> None:
    """Put the calling thread, and all it starts, under this filter for good.

    Raises:
        OSError: if the kernel refuses it.
    """
    set_mode_filter, no_flags = 1, 0
    instructions = ctypes.create_string_buffer(program, len(program))
    description = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    number = _SECCOMP[column(platform.machine())]
    if libc.syscall(ctypes.c_long(number), set_mode_filter, no_flags, description) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
