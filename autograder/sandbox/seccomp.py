"""Seccomp: the system calls that a notebook has no business with.

Two filters, since Python itself must still be executed under the first; a kernel that was forked
warm loads both itself:

`outer_filter`  for `bwrap --seccomp`: no namespaces, mounts, tracing, keys, kernel facilities
                with a history of holes, and no socket of any family (the kernel's own sockets are
                handed to it, already listening).
`inner_filter`  loaded by the launcher before the kernel starts: no new process, no new program.

What is not named is allowed: a list of what NumPy, XLA and libzmq need would break with each of
their releases, and the namespaces around do not depend on this lock. Each number was compared with
the headers of Linux 6.1 (asm/unistd_64.h and asm-generic/unistd.h); the aarch64 column was not run.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping

__all__ = ["MACHINES", "inner_filter", "load", "outer_filter"]

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The machines whose numbers are known, with their AUDIT_ARCH."""

_Calls = Mapping[str, tuple[int | None, int | None]]
# name: (x86_64, aarch64); None where the machine has no such call
_NAMESPACES_AND_MOUNTS: _Calls = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
}
_OTHER_PROCESSES: _Calls = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
_SHARED_MEMORY_AND_QUEUES: _Calls = {  # memory that no file size, no tmpfs and no rlimit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
}
_KERNEL_FACILITIES: _Calls = {
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "lookup_dcookie": (212, 18),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "uselib": (134, None),
    "vhangup": (153, 58),
}
_THE_MACHINE: _Calls = {
    "syslog": (103, 116),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "sched_setattr": (314, 274),  # sched_setscheduler must stay: libzmq aborts without it
    "ioprio_set": (251, 30),
    "set_mempolicy": (238, 237),
    "mbind": (237, 235),
}
_SOCKETS: _Calls = {  # socketpair stays, for asyncio, but of one family
    "socket": (41, 198),
    "bind": (49, 200),
    "listen": (50, 201),
    "connect": (42, 203),
}
_OUTER: _Calls = {
    **_NAMESPACES_AND_MOUNTS,
    **_OTHER_PROCESSES,
    **_SHARED_MEMORY_AND_QUEUES,
    **_KERNEL_FACILITIES,
    **_THE_MACHINE,
    **_SOCKETS,
}
_INNER: _Calls = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "sched_setaffinity": (203, 122),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_SOCKETPAIR = (53, 199)
_IOCTL = (16, 29)
_SECCOMP = (317, 277)

_AF_UNIX = 1
_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000  # NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # typing into the grader's terminal

# Classic BPF, as in linux/filter.h; offsets into struct seccomp_data
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT = 0x40000000


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(code: int) -> bytes:
    return _step(_RETURN, _ERRNO | code)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """`body`, which must end in a return, for this system call alone."""
    return [_step(_EQUAL, number, 0, len(body)), *body]


def _preamble(machine: str) -> list[bytes]:
    """Refuse foreign architectures, whose numbers mean other calls; leave the number loaded."""
    steps = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, MACHINES[machine], 1, 0),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, _X32_BIT, 0, 1), _refuse(errno.ENOSYS)]
    return steps


def _column(machine: str) -> int:
    if machine not in MACHINES:
        raise KeyError(f"no system call numbers for {machine}")
    return list(MACHINES).index(machine)


def _denials(calls: _Calls, machine: str) -> list[bytes]:
    numbers = (pair[_column(machine)] for pair in calls.values())
    return [
        step
        for number in numbers
        if number is not None
        for step in _when(number, [_refuse(errno.EPERM)])
    ]


def outer_filter(machine: str | None = None, *, for_zygote: bool = False) -> bytes:
    """The filter under which Python is executed, as BPF instructions.

    Args:
        machine: one of `MACHINES`; by default this one.
        for_zygote: whether new namespaces and mounts are allowed, for kernels yet to be forked.

    Raises:
        KeyError: for a machine that is not in `MACHINES`.
    """
    machine = machine or platform.machine()
    column = _column(machine)
    spared = ("unshare", "mount", "mount_setattr") if for_zygote else ()
    no_namespaces = [
        _step(_LOAD, _ARG0),
        _step(_ANY_BIT, _CLONE_NAMESPACES, 0, 1),
        _refuse(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    unix_only = [
        _step(_LOAD, _ARG0),
        _step(_EQUAL, _AF_UNIX, 1, 0),
        _refuse(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    no_typing = [
        _step(_LOAD, _ARG1),
        _step(_EQUAL, _TIOCSTI, 1, 0),
        _step(_EQUAL, _TIOCLINUX, 0, 1),
        _refuse(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(
        [
            *_preamble(machine),
            *_denials({n: c for n, c in _OUTER.items() if n not in spared}, machine),
            # clone3 hides its flags behind a pointer, where no filter can read; on ENOSYS glibc
            # takes clone instead.
            *_when(_CLONE3[column], [_refuse(errno.ENOSYS)]),
            *_when(_CLONE[column], no_namespaces),
            *_when(_SOCKETPAIR[column], unix_only),
            *_when(_IOCTL[column], no_typing),
            _step(_RETURN, _ALLOW),
        ]
    )


def inner_filter(machine: str | None = None) -> bytes:
    """The filter that the kernel's own process adds: threads yes, processes and programs no.

    Raises:
        KeyError: for a machine that is not in `MACHINES`.
    """
    machine = machine or platform.machine()
    column = _column(machine)
    threads_only = [
        _step(_LOAD, _ARG0),
        _step(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _refuse(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(
        [
            *_preamble(machine),
            *_denials(_INNER, machine),
            *_when(_CLONE[column], threads_only),
            _step(_RETURN, _ALLOW),
        ]
    )


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
    number = _SECCOMP[_column(platform.machine())]
    if libc.syscall(ctypes.c_long(number), set_mode_filter, no_flags, description) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
