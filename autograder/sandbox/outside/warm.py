"""The grader's end of a zygote: one warm process for all kernels that see the same.

It costs a Python start and the imports of JAX and matplotlib once. Where the system does not let a
process in a sandbox make namespaces of its own, or Landlock is too old to keep such processes
apart, kernels are started cold instead, and `Refused` says why.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..orders import ForkOrder, to_json
from .task import Started

__all__ = ["OLDEST_LANDLOCK_TO_FORK", "Refused", "Zygote", "why_cold", "zygote_for"]

OLDEST_LANDLOCK_TO_FORK = 6
"""The first that keeps signals and abstract sockets of one kernel from the next (Linux 6.12)."""

_WARM_UP_SECONDS = 120.0
_MESSAGE_BYTES = 1 << 16


class Refused(Exception):
    """Kernels cannot be forked on this machine; the message says why."""


class Zygote:
    """A warm process in a sandbox.

    Args:
        spawn: starts it in a sandbox and hands it this descriptor as its control socket.

    Raises:
        Refused: it did not come up, or cannot make a child that is alone.
    """

    def __init__(self, spawn: Callable[[int], Started]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._spawned = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._started: Started | None = None
        self._fault: BaseException | None = None
        # It dies with the thread that started it. This one lives for nothing else.
        threading.Thread(
            target=self._keep, args=(spawn, theirs), name="zygote", daemon=True
        ).start()
        self._spawned.wait()
        try:
            self._await_warmth()
        except BaseException:
            self.end()
            raise

    def _keep(self, spawn: Callable[[int], Started], theirs: socket.socket) -> None:
        try:
            with theirs:
                self._started = spawn(theirs.fileno())
        except BaseException as exc:  # noqa: BLE001 - raised again by whoever waits
            self._fault = exc
        finally:
            self._spawned.set()
        self._over.wait()

    def _await_warmth(self) -> None:
        if self._fault is not None:
            raise self._fault
        if not select.select([self._control], [], [], _WARM_UP_SECONDS)[0]:
            raise Refused(f"it was not warm within {_WARM_UP_SECONDS:g} s")
        message = self._control.recv(_MESSAGE_BYTES)
        said = json.loads(message) if message else {"fault": "it ended while warming up"}
        if "fault" in said:
            raise Refused(str(said["fault"]))

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._started is not None and self._started.process.poll() is None

    def fork_kernel(self, order: ForkOrder, descriptors: Sequence[int]) -> None:
        """Ask for a kernel; whether it comes up is said over the first descriptor.

        Raises:
            OSError: the zygote has ended.
        """
        with self._lock:
            socket.send_fds(self._control, [to_json(order)], descriptors)

    def end(self) -> None:
        """End it, and with it every kernel that it has forked; may be called twice."""
        self._control.close()
        if self._started is not None:
            self._started.end()
        self._over.set()


_zygotes: dict[Any, Zygote | str] = {}
_making = threading.Lock()


def zygote_for(key: Any, spawn: Callable[[int], Started]) -> Zygote:
    """The zygote of this process for everything that sees what `key` says.

    Raises:
        Refused: there can be none; it is not tried again in this process.
    """
    with _making:
        found = _zygotes.get(key)
        if isinstance(found, Zygote) and not found.alive:
            found.end()
            found = None
        if found is None:
            try:
                found = Zygote(spawn)
            except (Refused, OSError) as exc:
                found = str(exc)
            _zygotes[key] = found
    if isinstance(found, str):
        raise Refused(found)
    return found


_why_cold = ""


def went_cold(reason: Refused) -> None:
    """Remember why a kernel is not forked."""
    global _why_cold
    _why_cold = str(reason)


def why_cold() -> str:
    """Why kernels of this process were started cold, or ""."""
    return _why_cold


@atexit.register
def _end_all() -> None:
    for found in _zygotes.values():
        if isinstance(found, Zygote):
            found.end()
    _zygotes.clear()


def _forget_after_fork() -> None:
    # A forked grader has neither the thread nor the right to the parent's zygote.
    _zygotes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
