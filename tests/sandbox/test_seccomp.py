"""The filters, run by a small interpreter of classic BPF: also those of the other machine."""

from __future__ import annotations

import errno
import platform
import struct

import pytest

from autograder.sandbox import seccomp

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000


def verdict(program: bytes, arch: int, number: int, *arguments: int) -> int:
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, arch, 0, *padded)
    steps = list(struct.iter_unpack("<HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return value
        else:
            holds = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[code]
            at += if_true if holds else if_false


X86, ARM = "x86_64", "aarch64"
REFUSED = ERRNO | errno.EPERM
THREAD, FORK = 0x3D0F00, 0x01200011
NEW_NAMESPACES = [
    0x00020000,
    0x02000000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
]


@pytest.mark.parametrize(
    ("machine", "number", "arguments", "outer", "inner"),
    [
        (X86, 0, (), ALLOW, ALLOW),  # read
        (ARM, 63, (), ALLOW, ALLOW),
        (X86, 59, (), ALLOW, REFUSED),  # execve
        (ARM, 221, (), ALLOW, REFUSED),
        (X86, 57, (), ALLOW, REFUSED),  # fork
        (X86, 58, (), ALLOW, REFUSED),  # vfork
        (X86, 56, (THREAD,), ALLOW, ALLOW),  # clone
        (ARM, 220, (THREAD,), ALLOW, ALLOW),
        (X86, 56, (FORK,), ALLOW, REFUSED),
        (ARM, 220, (FORK,), ALLOW, REFUSED),
        *[(X86, 56, (THREAD | flag,), REFUSED, ALLOW) for flag in NEW_NAMESPACES],
        *[(ARM, 220, (FORK | flag,), REFUSED, REFUSED) for flag in NEW_NAMESPACES],
        (X86, 435, (), ERRNO | errno.ENOSYS, ALLOW),  # clone3
        (ARM, 435, (), ERRNO | errno.ENOSYS, ALLOW),
        (X86, 41, (1,), REFUSED, ALLOW),  # socket
        (ARM, 198, (2,), REFUSED, ALLOW),
        (X86, 53, (1,), ALLOW, ALLOW),  # socketpair of AF_UNIX
        (X86, 53, (16,), REFUSED, ALLOW),
        (ARM, 199, (1,), ALLOW, ALLOW),
        (ARM, 199, (2,), REFUSED, ALLOW),
        (X86, 16, (0, 0x5412), REFUSED, ALLOW),  # ioctl TIOCSTI
        (X86, 16, (0, 0x541C), REFUSED, ALLOW),  # TIOCLINUX
        (X86, 16, (0, 0x5401), ALLOW, ALLOW),  # TCGETS: isatty
        (ARM, 29, (0, 0x5412), REFUSED, ALLOW),
        (X86, 101, (), REFUSED, ALLOW),  # ptrace
        (ARM, 117, (), REFUSED, ALLOW),
        (X86, 272, (), REFUSED, ALLOW),  # unshare
        (ARM, 97, (), REFUSED, ALLOW),
        (X86, 144, (), ALLOW, ALLOW),  # sched_setscheduler, which libzmq needs
        (X86, 0x40000000 + 41, (1,), ERRNO | errno.ENOSYS, ERRNO | errno.ENOSYS),  # x32
    ],
)
def test_filters_decide(machine, number, arguments, outer, inner):
    arch = seccomp.MACHINES[machine]
    assert verdict(seccomp.outer_filter(machine), arch, number, *arguments) == outer
    assert verdict(seccomp.inner_filter(machine), arch, number, *arguments) == inner


@pytest.mark.parametrize("build", [seccomp.outer_filter, seccomp.inner_filter])
def test_foreign_numbers_kill(build):
    i386 = 0x40000003
    assert verdict(build(X86), i386, 0) == KILL
    assert verdict(build(ARM), seccomp.MACHINES[X86], 0) == KILL


def test_unknown_machine_is_refused():
    with pytest.raises(KeyError, match="riscv64"):
        seccomp.outer_filter("riscv64")


def test_this_machine_is_the_default():
    if platform.machine() in seccomp.MACHINES:
        assert seccomp.outer_filter() == seccomp.outer_filter(platform.machine())
