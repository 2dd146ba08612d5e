"""The five sockets of a kernel, made outside the sandbox and handed in already listening.

ZeroMQ can take over a listening socket (`ZMQ_USE_FD`). So the socket files live in a directory that
the kernel never sees: it needs no writable path on the host, may not create a socket of any family,
and cannot put a link in the place of a socket that the client will open. And a client may connect
before the kernel is up, instead of being refused and trying again 100 ms later.

There are two for each channel: clients connect at the front, the kernel listens at the back, and
between them is the relay.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import socket
import stat
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.errors import SandboxStartError
from autograder.sandbox.relay import Relay

__all__ = ["PORTS", "Channels"]

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
"""Over ipc a port is a suffix of the socket's file name."""

_SOCKET_PATH_MAX = 107  # sun_path of unix(7), without the closing zero
_BACKLOG = 16
_STALE_SECONDS = 60.0


class Channels:
    """A private run directory with the five listening sockets of one kernel.

    Attributes:
        directory: mode 0700, with an unguessable name; gone after `close`, at the end of this
            process, or, if it was killed, when the next run directory of this user is made.
        ip: what Jupyter calls the address: the path to which a port is appended.

    Raises:
        SandboxStartError: if the temporary directory cannot hold sockets.
    """

    def __init__(self) -> None:
        root = _run_root()
        _sweep(root)
        self.directory = root / secrets.token_hex(8)
        self.directory.mkdir(mode=0o700)
        # While this lock is held, the directory belongs to a living process (see _sweep).
        lock = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_SH)
        self._finalizer = weakref.finalize(self, _remove, self.directory, lock)
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
        self._finalizer()

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


def _run_root() -> Path:
    """This user's directory of run directories; a fresh one if another user took its name."""
    root = Path(tempfile.gettempdir()) / f"autograder-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        root.mkdir(mode=0o700)
    found = root.lstat()
    if (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and stat.S_IMODE(found.st_mode) == 0o700
    ):
        return root
    return Path(tempfile.mkdtemp(prefix="autograder-"))


def _sweep(root: Path) -> None:
    """Remove run directories whose process was killed before it could."""
    for directory in root.iterdir():
        try:
            if time.time() - directory.lstat().st_mtime < _STALE_SECONDS:
                continue  # perhaps just made, and not locked yet
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(descriptor)
            if exc.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        else:
            _remove(directory, descriptor)


def _remove(directory: Path, descriptor: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    os.close(descriptor)
