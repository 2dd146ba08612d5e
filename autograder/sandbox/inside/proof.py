"""Asks the system whether a process has lost what it should have, rather than trust our own lines.

Runs inside, in each kernel after it has been confined and before it is a kernel.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

from ..orders import Enclosure

__all__ = ["no_memory_is_shared", "no_privilege_is_left", "nobody_else_is_in_reach"]


def no_privilege_is_left() -> None:
    """See that the filters are in force, and that there are no capabilities.

    Raises:
        RuntimeError: something is left.
    """
    try:
        os.execv("/nonexistent", ["/nonexistent"])
    except PermissionError:
        pass
    except OSError as exc:
        raise RuntimeError("the filter of system calls is not in force") from exc
    if os.path.exists("/proc/self/status"):
        status = dict(
            line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines()
        )
        held = {name: status[name].strip() for name in ("CapEff", "CapPrm", "CapInh")}
        if any(int(mask, 16) for mask in held.values()) or status["NoNewPrivs"].strip() != "1":
            raise RuntimeError(f"privileges are left: {held}")


def nobody_else_is_in_reach(enclosure: Enclosure) -> None:
    """See that a process that shares its namespaces with others cannot do anything to them.

    Raises:
        RuntimeError: it can.
    """
    attempts: dict[str, Callable[[], object]] = {
        "folders of its neighbours can be listed": lambda: os.listdir(
            os.path.dirname(enclosure.scratch)
        ),
        "the root can be listed": lambda: os.listdir("/"),
        "its parent can be signalled": lambda: os.kill(os.getppid(), 0),
        "datagrams can be sent": _make_datagram_sockets,
        "owners of files can be changed": lambda: os.chown(enclosure.scratch, -1, -1),
        "folders can be closed to the watchdog": lambda: os.mkdir(enclosure.scratch + "/closed", 0),
    }
    for what, attempt in attempts.items():
        try:
            attempt()
        except OSError as exc:
            if exc.errno in (errno.EPERM, errno.EACCES):
                continue
        raise RuntimeError(f"{what}: this process is not apart from others")


def _make_datagram_sockets() -> None:
    for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM):
        end.close()


def no_memory_is_shared() -> None:
    """See that a process holds no memory that its children could write to and it would read.

    Raises:
        RuntimeError: it does.
    """
    if not os.path.exists("/proc/self/maps"):
        return
    for line in Path("/proc/self/maps").read_text().splitlines():
        permissions = line.split()[1]
        if "w" in permissions and permissions.endswith("s"):
            raise RuntimeError(f"memory is shared with its children: {line}")
