"""The filters, run by a small interpreter of classic BPF: also those of the other machine."""

from __future__ import annotations

import errno
import platform
import struct

import pytest

from autograder.sandbox.locks import bpf, seccomp
from autograder.sandbox.locks.neighbours import neighbour_filter

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
        # With a table of open files of its own.
        (X86, 56, (THREAD & ~0x400,), ALLOW, REFUSED),
        (ARM, 220, (THREAD & ~0x400,), ALLOW, REFUSED),
        (X86, 436, (3, 9, 2), ALLOW, REFUSED),  # close_range
        (ARM, 436, (3, 9, 6), ALLOW, REFUSED),
        (X86, 436, (3, 9, 0), ALLOW, ALLOW),
        (X86, 436, (3, 9, 4), ALLOW, ALLOW),
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
        *[
            (machine, number, (0, 1 << 20, 3, flags), outer, ALLOW)  # mmap
            for machine, number in ((X86, 9), (ARM, 222))
            for flags, outer in (
                (0x22, ALLOW),  # private memory
                (0x01, ALLOW),  # a file's, shared
                (0x21, REFUSED),
                (0x23, REFUSED),  # MAP_SHARED_VALIDATE
                (0x8021, REFUSED),  # MAP_POPULATE
                (0x40022, REFUSED),  # MAP_HUGETLB
            )
        ],
        (X86, 278, (), REFUSED, ALLOW),  # vmsplice
        (ARM, 75, (), REFUSED, ALLOW),
        (X86, 162, (), ERRNO, ALLOW),  # sync, not done
        (ARM, 267, (), ERRNO, ALLOW),  # syncfs
        (X86, 188, (), ERRNO | errno.EOPNOTSUPP, ALLOW),  # setxattr
        (ARM, 7, (), ERRNO | errno.EOPNOTSUPP, ALLOW),  # fsetxattr
        *[(machine, 444, (), ALLOW, REFUSED) for machine in (X86, ARM)],  # a ruleset of Landlock's
        (X86, 317, (), ALLOW, REFUSED),  # seccomp
        (ARM, 277, (), ALLOW, REFUSED),
        *[(X86, 157, (option,), ALLOW, REFUSED) for option in (22, 41, 62)],  # prctl
        (ARM, 167, (41,), ALLOW, REFUSED),
        (X86, 157, (15,), ALLOW, ALLOW),  # PR_SET_NAME
        *[
            (machine, number, (), ALLOW, ERRNO | errno.ENOSYS)
            for machine in (X86, ARM)
            for number in (463, 469)  # setxattrat, file_setattr, and whatever is newer
        ],
        (X86, 46, (), ALLOW, REFUSED),  # sendmsg
        (ARM, 269, (), ALLOW, REFUSED),  # sendmmsg
        (X86, 54, (5, 1, 7), REFUSED, ALLOW),  # setsockopt SO_SNDBUF
        (ARM, 208, (5, 1, 8), REFUSED, ALLOW),
        (X86, 54, (5, 1, 2), ALLOW, ALLOW),
        (X86, 16, (0, 0x5412), REFUSED, ALLOW),  # ioctl TIOCSTI
        (X86, 16, (0, 0x541C), REFUSED, ALLOW),  # TIOCLINUX
        (X86, 16, (0, 0x5401), ALLOW, ALLOW),  # TCGETS: isatty
        (ARM, 29, (0, 0x5412), REFUSED, ALLOW),
        *[(X86, 72, (5, command), ALLOW, ALLOW) for command in (0, 1, 2, 3, 4, 5, 36, 1030)],
        *[(X86, 72, (5, command), ERRNO, ALLOW) for command in (6, 7)],  # SQLite's locks, not made
        # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_OFD_SETLK(W), F_SETLEASE, F_NOTIFY, F_SET_RW_HINT,
        # F_SET_FILE_RW_HINT, and one that nobody knows yet
        *[
            (machine, number, (5, command), REFUSED, ALLOW)
            for machine, number in ((X86, 72), (ARM, 25))
            for command in (8, 10, 15, 37, 38, 1024, 1026, 1036, 1038, 1099)
        ],
        (X86, 73, (5, 2), REFUSED, ALLOW),  # flock
        (ARM, 32, (5, 2), REFUSED, ALLOW),
        (X86, 302, (0, 4), ALLOW, REFUSED),  # prlimit64 of RLIMIT_CORE
        (X86, 302, (0, 7), ALLOW, ALLOW),
        (X86, 160, (4,), ALLOW, REFUSED),  # setrlimit
        (ARM, 261, (0, 4), ALLOW, REFUSED),
        (ARM, 164, (4,), ALLOW, REFUSED),
        (X86, 101, (), REFUSED, ALLOW),  # ptrace
        (ARM, 117, (), REFUSED, ALLOW),
        (X86, 206, (1,), REFUSED, ALLOW),  # io_setup
        (ARM, 0, (1,), REFUSED, ALLOW),
        *[(X86, number, (), REFUSED, ALLOW) for number in (65, 66, 69, 70, 71, 220, 241)],
        *[(ARM, number, (), REFUSED, ALLOW) for number in (181, 187, 188, 189, 191, 192, 193)],
        (X86, 272, (), REFUSED, ALLOW),  # unshare
        (ARM, 97, (), REFUSED, ALLOW),
        (X86, 144, (), ALLOW, ALLOW),  # sched_setscheduler, which libzmq needs
        (X86, 0x40000000 + 41, (1,), ERRNO | errno.ENOSYS, ERRNO | errno.ENOSYS),  # x32
    ],
)
def test_filters_decide(machine, number, arguments, outer, inner):
    arch = bpf.MACHINES[machine]
    assert verdict(seccomp.outer_filter(machine), arch, number, *arguments) == outer
    assert verdict(seccomp.inner_filter(machine), arch, number, *arguments) == inner


ME, NOTHING = 4711, ERRNO
NOT_SUPPORTED, NO_TERMINAL = ERRNO | errno.EOPNOTSUPP, ERRNO | errno.ENOTTY


@pytest.mark.parametrize(
    ("x86", "arm", "arguments", "decided"),
    [
        (1, 64, (), ALLOW),  # write
        (90, None, (), NOTHING),  # chmod, without which shutil.copy gives up
        (91, 52, (), NOTHING),  # fchmod
        (268, 53, (), NOTHING),  # fchmodat
        (452, 452, (), NOTHING),  # fchmodat2
        (280, 88, (), NOTHING),  # utimensat
        (144, 119, (), NOTHING),  # sched_setscheduler, without which libzmq aborts
        (92, None, (), REFUSED),  # chown
        (260, 54, (), REFUSED),  # fchownat
        (188, 5, (), NOT_SUPPORTED),  # setxattr
        (191, 8, (), NOT_SUPPORTED),  # getxattr, which reads what no file right covers
        (285, 47, (), NOT_SUPPORTED),  # fallocate
        (62, 129, (ME, 9), ALLOW),  # kill
        (62, 129, (0, 2), ALLOW),  # its process group, which is itself
        (62, 129, (-ME & 0xFFFFFFFFFFFFFFFF, 2), ALLOW),
        (62, 129, (1, 9), REFUSED),
        (62, 129, (ME + 1, 0), REFUSED),
        (62, 129, (0xFFFFFFFFFFFFFFFF, 9), REFUSED),  # everybody
        (234, 131, (ME, ME + 3, 9), ALLOW),  # tgkill
        (234, 131, (ME + 1, ME + 1, 9), REFUSED),
        (200, 130, (ME, 9), REFUSED),  # tkill
        (129, 138, (ME + 1, 9), REFUSED),  # rt_sigqueueinfo
        (297, 240, (ME + 1, 9), REFUSED),  # rt_tgsigqueueinfo
        (302, 261, (0, 7), ALLOW),  # prlimit64
        (302, 261, (ME, 7), ALLOW),
        (302, 261, (ME + 1, 7), REFUSED),
        (141, 140, (0, 0, 5), REFUSED),  # setpriority
        (53, 199, (1, 1 | 0o2000000), ALLOW),  # socketpair of streams
        (53, 199, (1, 5), ALLOW),  # SOCK_SEQPACKET
        (53, 199, (1, 2), REFUSED),  # SOCK_DGRAM
        (53, 199, (1, 3 | 0o4000), REFUSED),  # SOCK_RAW, which is SOCK_DGRAM here
        (72, 25, (5, 4, 0o4000), ALLOW),  # fcntl F_SETFL
        (72, 25, (5, 1030), ALLOW),  # F_DUPFD_CLOEXEC
        (72, 25, (5, 8, 1), REFUSED),  # F_SETOWN: signals for another
        (72, 25, (5, 10, 9), REFUSED),  # F_SETSIG
        (72, 25, (5, 15), REFUSED),  # F_SETOWN_EX
        (72, 25, (5, 1024, 0), REFUSED),  # F_SETLEASE
        (16, 29, (1, 0x5401), ALLOW),  # TCGETS: isatty
        (16, 29, (1, 0x5421), ALLOW),  # FIONBIO
        (16, 29, (1, 0x40086602), NO_TERMINAL),  # FS_IOC_SETFLAGS
        (16, 29, (1, 0x8901), NO_TERMINAL),  # FIOSETOWN
        (157, 167, (15,), ALLOW),  # prctl PR_SET_NAME
        (157, 167, (1, 0), REFUSED),  # PR_SET_PDEATHSIG
        (157, 167, (4, 0), REFUSED),  # PR_SET_DUMPABLE
        (95, 166, (0o077,), ALLOW),  # umask
        (95, 166, (0o777,), REFUSED),
        (83, None, (0, 0o755), ALLOW),  # mkdir
        (83, None, (0, 0o300), REFUSED),
        (258, 34, (0, 0, 0o777), ALLOW),  # mkdirat
        (258, 34, (0, 0, 0o055), REFUSED),
    ],
)
def test_neighbours_are_left_alone(x86, arm, arguments, decided):
    for machine, number in ((X86, x86), (ARM, arm)):
        if number is not None:
            program = neighbour_filter(ME, machine)
            assert verdict(program, bpf.MACHINES[machine], number, *arguments) == decided


@pytest.mark.parametrize(
    "build",
    [
        seccomp.outer_filter,
        seccomp.inner_filter,
        lambda machine: neighbour_filter(ME, machine),
    ],
)
def test_foreign_numbers_kill(build):
    i386 = 0x40000003
    assert verdict(build(X86), i386, 0) == KILL
    assert verdict(build(ARM), bpf.MACHINES[X86], 0) == KILL


def test_unknown_machine_is_refused():
    with pytest.raises(KeyError, match="riscv64"):
        seccomp.outer_filter("riscv64")


def test_this_machine_is_the_default():
    if platform.machine() in bpf.MACHINES:
        assert seccomp.outer_filter() == seccomp.outer_filter(platform.machine())
