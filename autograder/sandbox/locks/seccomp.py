"""Seccomp: the system calls that a notebook has no business with.

Two filters, since Python itself must still be executed under the first; a kernel that was forked
warm loads both itself:

`outer_filter`  for `bwrap --seccomp`: no namespaces, mounts, tracing, keys, kernel facilities
                with a history of holes, no socket of any family (the kernel's own sockets are
                handed to it, already listening), no memory to be shared, and no lock, lease or
                notice of an open file.
`inner_filter`  loaded by the launcher before the kernel starts: no new process, no new program.

What is not named is allowed: a list of what NumPy, XLA and libzmq need would break with each of
their releases, and the namespaces around do not depend on this lock. Each number was compared with
the headers of Linux 6.1 (asm/unistd_64.h and asm-generic/unistd.h); the aarch64 column was not run.
"""

from __future__ import annotations

import errno
import platform

from . import bpf
from .bpf import ALLOW, ANY_BIT, AT_LEAST, EQUAL, Calls, judging, refuse, step, when
from .open_files import on_open_files

__all__ = ["inner_filter", "outer_filter"]

_NAMESPACES_AND_MOUNTS: Calls = {
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
_OTHER_PROCESSES: Calls = {
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
_SHARED_MEMORY_AND_QUEUES: Calls = {  # memory that no file size, no tmpfs and no rlimit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),  # what a pipe was given of one's memory stays in it when it is unmapped
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    # Those of others have small numbers, and need not be asked for.
    "msgget": (68, 186),
    "msgctl": (71, 187),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "semget": (64, 190),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "semop": (65, 193),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
}
_KERNEL_FACILITIES: Calls = {
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
_THE_MACHINE: Calls = {
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
    "io_setup": (206, 0),  # the machine has a number of them for all its programs
}
_ATTRIBUTES: Calls = {
    # Among them the lists of who may use a file: 64 KiB for each, which no tmpfs counts.
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
}
_NOT_DONE: Calls = {  # all that anybody wrote, to all disks of the machine
    "sync": (162, 81),
    "syncfs": (306, 267),
}
_SOCKETS: Calls = {  # socketpair stays, for asyncio, but of one family
    "socket": (41, 198),
    "bind": (49, 200),
    "listen": (50, 201),
    "connect": (42, 203),
}
_OUTER: Calls = {
    **_NAMESPACES_AND_MOUNTS,
    **_OTHER_PROCESSES,
    **_SHARED_MEMORY_AND_QUEUES,
    **_KERNEL_FACILITIES,
    **_THE_MACHINE,
    **_SOCKETS,
}
_INNER: Calls = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "sched_setaffinity": (203, 122),
    # Descriptors that are on their way in a message are counted for all processes of a user
    # together: a kernel that leaves some unread would keep the next one from saying who it is.
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # Rules and filters are the machine's memory, which no limit counts.
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}
_NEWEST_CALL = 462
"""The last that was looked at (mseal). Files change owners and attributes by newer ones too."""

_CLONE = (56, 220)
_CLONE3 = (435, 435)
_CLOSE_RANGE = (436, 436)
_SOCKETPAIR = (53, 199)
_SETSOCKOPT = (54, 208)
_IOCTL = (16, 29)
_MMAP = (9, 222)
_PRCTL = (157, 167)
_PRLIMIT = (302, 261)
_SETRLIMIT = (160, 164)

_PR_SET_SECCOMP, _PR_SET_THP_DISABLE, _PR_SCHED_CORE = 22, 41, 62
_RLIMIT_CORE = 4
_AF_UNIX = 1
_CLONE_THREAD = 0x00010000
_CLONE_FILES = 0x00000400
_CLOSE_RANGE_UNSHARE = 2
_SO_SNDBUF, _SO_RCVBUF = 7, 8
_CLONE_NAMESPACES = 0x7E020000  # NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x01, 0x20, 0x40000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # typing into the grader's terminal


def outer_filter(machine: str | None = None, *, for_zygote: bool = False) -> bytes:
    """The filter under which Python is executed, as BPF instructions.

    Args:
        machine: one of `MACHINES`; by default this one.
        for_zygote: whether new namespaces and mounts are allowed, for kernels yet to be forked.

    Raises:
        KeyError: for a machine that is not in `MACHINES`.
    """
    machine = machine or platform.machine()
    column = bpf.column(machine)
    spared = ("unshare", "mount", "mount_setattr") if for_zygote else ()
    no_namespaces = judging(0, step(ANY_BIT, _CLONE_NAMESPACES, 0, 1))
    unix_only = judging(0, step(EQUAL, _AF_UNIX, 1, 0))
    # Pages that are shared stay while any of them is mapped: of a gigabyte that was written and
    # then unmapped but for a page, neither the address space nor what is resident knows. Nor is
    # what is taken from the machine's pool of huge pages among the latter.
    uncounted = _MAP_SHARED | _MAP_HUGETLB
    private_only = judging(3, step(ANY_BIT, _MAP_ANONYMOUS, 0, 2), step(ANY_BIT, uncounted, 0, 1))
    # Each socket of a pair may hold what the machine allows one, up to many megabytes.
    usual_buffers = judging(2, step(EQUAL, _SO_SNDBUF, 1, 0), step(EQUAL, _SO_RCVBUF, 0, 1))
    no_typing = judging(1, step(EQUAL, _TIOCSTI, 1, 0), step(EQUAL, _TIOCLINUX, 0, 1))
    return b"".join(
        [
            *bpf.preamble(machine),
            *bpf.denials({n: c for n, c in _OUTER.items() if n not in spared}, machine),
            # As on a file system that has none, which programs know.
            *bpf.denials(_ATTRIBUTES, machine, errno.EOPNOTSUPP),
            *bpf.denials(_NOT_DONE, machine, 0),
            # clone3 hides its flags behind a pointer, where no filter can read; on ENOSYS glibc
            # takes clone instead.
            *when(_CLONE3[column], [refuse(errno.ENOSYS)]),
            *when(_CLONE[column], no_namespaces),
            *when(_SOCKETPAIR[column], unix_only),
            *when(_SETSOCKOPT[column], usual_buffers),
            *when(_MMAP[column], private_only),
            *when(_IOCTL[column], no_typing),
            *on_open_files(machine),
            ALLOW,
        ]
    )


def inner_filter(machine: str | None = None) -> bytes:
    """The filter that the kernel's own process adds: threads yes, processes and programs no.

    To be added as the last of all locks, since no other can be under it: after Landlock, other
    filters and `Limits.enforce`, whose limit of cores cannot be changed any more.

    Raises:
        KeyError: for a machine that is not in `MACHINES`.
    """
    machine = machine or platform.machine()
    column = bpf.column(machine)
    # The number of open files is limited for each table of them: all threads share one.
    threads_only = judging(0, step(ANY_BIT, _CLONE_THREAD, 0, 1), step(ANY_BIT, _CLONE_FILES, 1, 0))
    no_table_of_its_own = judging(2, step(ANY_BIT, _CLOSE_RANGE_UNSHARE, 0, 1))

    as_confined = judging(
        0,
        step(EQUAL, _PR_SET_SECCOMP, 2, 0),
        step(EQUAL, _PR_SET_THP_DISABLE, 1, 0),
        step(EQUAL, _PR_SCHED_CORE, 0, 1),  # a core that it shares with nobody
    )

    def but_of_cores(argument: int) -> list[bytes]:
        # What limits.py has set it to is what stops a handler of cores; less would not.
        return judging(argument, step(EQUAL, _RLIMIT_CORE, 0, 1))

    return b"".join(
        [
            *bpf.preamble(machine),
            step(AT_LEAST, _NEWEST_CALL + 1, 0, 1),
            refuse(errno.ENOSYS),
            *bpf.denials(_INNER, machine),
            *when(_CLONE[column], threads_only),
            *when(_CLOSE_RANGE[column], no_table_of_its_own),
            *when(_PRCTL[column], as_confined),
            *when(_PRLIMIT[column], but_of_cores(1)),
            *when(_SETRLIMIT[column], but_of_cores(0)),
            ALLOW,
        ]
    )
