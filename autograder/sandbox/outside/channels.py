"""The five sockets of a kernel, made outside the sandbox and handed in already listening.

ZeroMQ can take over a listening socket (`ZMQ_USE_FD`). So the socket files live in a directory that
the kernel never sees: it needs no writable path on the host, may not create a socket of any family,
and cannot put a link in the place of a socket that the client will open. And a client may connect
before the kernel is up, instead of being refused and trying again 100 ms later.

There are two for each channel: clients connect at the front, the kernel listens at the back, and
between them is the relay.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from ..errors import SandboxStartError
from .private import PrivateFolder
from .relay import Relay

__all__ = ["PORTS", "Channels"]

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
"""Over ipc a port is a suffix of the socket's file name."""

_SOCKET_PATH_MAX = 107  # sun_path of unix(7), without the closing zero
_BACKLOG = 16


class Channels:
    """A private run directory with the five listening sockets of one kernel.

    Attributes:
        directory: a `PrivateFolder`, gone after `close`.
        ip: what Jupyter calls the address: the path to which a port is appended.

    Raises:
        SandboxStartError: if the temporary directory cannot hold sockets.
    """

    def __init__(self) -> None:
        self._folder = PrivateFolder("autograder")
        self.directory = self._folder.path
        self.ip = str(self.directory / "f")
        self._front: dict[int, socket.socket] = {}
        self._back: dict[int, socket.socket] = {}
        self._relay: Relay | None = None
        try:
            for port in PORTS.values():
                self._front[port] = _listen(f"{self.ip}-{port}")
                self._back[port] = _listen(self._back_path(port))
        except BaseException:
            self.close()
            raise

    def descriptors(self) -> dict[int, int]:
        """The file descriptor at which the kernel is to listen on each port."""
        return {port: listener.fileno() for port, listener in self._back.items()}

    def hand_over(self, limit: int, on_exceeded: Callable[[], None]) -> None:
        """Once the kernel holds its descriptors: close ours, and let clients in.

        Were ours left open, a client of a dead kernel would connect and wait for ever.

        Args:
            limit: the bytes that the kernel may send.
            on_exceeded: called, from another thread, when it sends more.
        """
        self._close(self._back)
        paths = {port: self._back_path(port) for port in self._front}
        self._relay = Relay(self._front, paths, limit, on_exceeded)
        self._front.clear()  # the relay's to close
        self._relay.start()

    def close(self) -> None:
        """Close what is open and remove the run directory; may be called twice."""
        if self._relay is not None:
            self._relay.stop()
            self._relay = None
        self._close(self._front)
        self._close(self._back)
        self._folder.remove()

    def _back_path(self, port: int) -> str:
        return str(self.directory / f"b-{port}")

    @staticmethod
    def _close(listeners: dict[int, socket.socket]) -> None:
        for listener in listeners.values():
            listener.close()
        listeners.clear()


def _listen(path: str) -> socket.socket:
    if len(os.fsencode(path)) > _SOCKET_PATH_MAX:
        raise SandboxStartError(
            f"The socket path {path} is longer than {_SOCKET_PATH_MAX} bytes; "
            "set TMPDIR to a shorter directory."
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.bind(path)
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise SandboxStartError(f"No socket can be made at {path}: {exc}.") from exc
    return listener
