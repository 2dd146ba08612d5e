"""How a process becomes a kernel: it makes its home, locks the doors behind it, and looks again.

Runs inside the sandbox, before the process has a second thread: both Landlock and seccomp bind only
the calling thread and those it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterable, Mapping

from ..locks import bpf, landlock, pages
from ..orders import Enclosure, Serving
from . import proof, workspace

__all__ = ["close_all_but", "confine", "furnish", "see_packages", "serve", "thread_count"]

_MAX_NAMES = 50


def thread_count() -> int:
    """The threads of this process; 1 where there is no /proc to ask."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1


def close_all_but(kept: Iterable[int]) -> None:
    """Put nothing in the place of standard input and output, and close what is not to be kept."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    low = 3
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def see_packages(enclosure: Enclosure) -> None:
    """Let Python import what is installed; this package is found by the launcher's finder."""
    sys.path += [entry for entry in enclosure.import_path if entry not in sys.path]


def furnish(enclosure: Enclosure, submission: str | None) -> list[str]:
    """Make the home and the working directory; return what of the submission was left out."""
    allowed = enclosure.limits
    for folder in (enclosure.home, enclosure.work, enclosure.matplotlib):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for prepared in enclosure.fonts:
        shutil.copy(prepared, enclosure.matplotlib)
    if submission is None:
        return []
    # Half of the scratch at most: the student's own work needs room too.
    return workspace.fill(
        submission,
        enclosure.work,
        max_bytes=allowed.scratch_bytes // 2,
        max_entries=allowed.scratch_entries // 2,
    )


def confine(enclosure: Enclosure, filters: list[bytes]) -> None:
    """Give up, for good, all that a kernel does not need; then ask the system whether it is gone.

    Raises:
        RuntimeError, OSError: something is left.
    """
    if thread_count() != 1:
        raise RuntimeError("a second thread is running, which would escape confinement")
    alone = enclosure.locked is None or enclosure.locked.uid is not None
    enclosure.limits.enforce(alone=alone)
    pages.no_huge_pages()
    if enclosure.landlock:
        landlock.restrict(
            enclosure.landlock,
            readable=[
                *enclosure.readable,
                "/dev/zero",
                "/dev/random",
                "/dev/urandom",
                "/proc/self",
                "/proc/cpuinfo",
                "/proc/meminfo",
                "/proc/stat",
                "/proc/sys/kernel/osrelease",
                "/proc/sys/vm/overcommit_memory",
            ],
            writable=[enclosure.scratch, *enclosure.writable, "/dev/null", "/dev/full"],
        )
    for program in filters:
        bpf.load(program)
    proof.no_privilege_is_left()
    if enclosure.locked is not None:
        proof.nobody_else_is_in_reach(enclosure)


def serve(
    enclosure: Enclosure,
    serving: Serving,
    filters: list[bytes],
    channel: socket.socket,
    descriptors: Mapping[int, int],
    left_out: list[str],
) -> None:
    """Be a kernel, confined, and say over `channel` when it is ready.

    Raises:
        RuntimeError, OSError: this process cannot be confined.
    """
    # The grader signals this process through its pidfd: a number could be another's by then.
    # It cannot be sent any more under the filters.
    myself = os.pidfd_open(os.getpid())
    socket.send_fds(channel, [b"{}"], [myself])
    os.close(myself)
    confine(enclosure, filters)
    see_packages(enclosure)

    def ready() -> None:
        report = {"left_out": left_out[:_MAX_NAMES], "left_out_count": len(left_out)}
        channel.send(json.dumps(report).encode())
        channel.close()

    # Only now: the kernel has threads.
    from . import kernel_app

    kernel_app.run(
        descriptors=descriptors,
        ports=serving.ports,
        key=serving.key,
        work=enclosure.work,
        compiled=enclosure.compiled,
        ready=ready,
    )
