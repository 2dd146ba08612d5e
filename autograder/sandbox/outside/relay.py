"""Carries bytes between a kernel and its clients, and counts them before anything parses them.

ZeroMQ's own limits are not enough for a sender that is hostile: `ZMQ_MAXMSGSIZE` limits a frame and
`ZMQ_RCVHWM` counts whole messages, so that one message of endlessly many frames, written to the
connection by hand, fills the memory of whoever receives it. Here the sum is known at each byte, and
a client that does not read is not read for: at most one chunk waits in each direction.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Mapping

__all__ = ["Relay"]

_CHUNK_BYTES = 1 << 18


class _Connection:
    """A client, the kernel, and what waits to be sent to each."""

    def __init__(self, client: socket.socket, kernel: socket.socket) -> None:
        self.client, self.kernel = client, kernel
        self.waiting = {client: memoryview(b""), kernel: memoryview(b"")}
        for side in self.waiting:
            side.setblocking(False)

    def other(self, side: socket.socket) -> socket.socket:
        return self.kernel if side is self.client else self.client

    def interest(self, side: socket.socket) -> int:
        """Writing while something waits for this side; reading once the other took the last."""
        writing = selectors.EVENT_WRITE if self.waiting[side] else 0
        reading = 0 if self.waiting[self.other(side)] else selectors.EVENT_READ
        return writing | reading


class Relay:
    """A thread that joins clients to a kernel, channel by channel.

    Args:
        front: for each port, the socket at which clients connect; the relay closes it.
        back: for each port, the path at which the kernel listens.
        limit: the bytes that the kernel may send, all connections together.
        on_exceeded: called, from the relay's thread, when it sends more; nothing is carried then.
    """

    def __init__(
        self,
        front: Mapping[int, socket.socket],
        back: Mapping[int, str],
        limit: int,
        on_exceeded: Callable[[], None],
    ) -> None:
        self._front = dict(front)
        self._back = dict(back)
        self._left = limit
        self._on_exceeded = on_exceeded
        self._connections: set[_Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin to accept clients."""
        self._thread.start()

    def stop(self) -> None:
        """Close all connections; may be called twice, and from the relay's own thread."""
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._selector.register(self._woken, selectors.EVENT_READ)
            for port, listener in self._front.items():
                listener.setblocking(False)
                self._selector.register(listener, selectors.EVENT_READ, port)
            while self._left >= 0:
                for key, events in self._selector.select():
                    if key.fileobj is self._woken:
                        return
                    if isinstance(key.data, _Connection):
                        self._serve(key.data, key.fileobj, events)
                    else:
                        self._accept(key.data)
            self._on_exceeded()
        finally:
            for connection in list(self._connections):
                self._close(connection)
            for sock in (*self._front.values(), self._wake, self._woken):
                sock.close()
            self._selector.close()

    def _accept(self, port: int) -> None:
        try:
            client, _ = self._front[port].accept()
        except OSError:
            return  # it went away again
        kernel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        kernel.setblocking(False)
        try:
            kernel.connect(self._back[port])
        except OSError:
            # The kernel is dead, or has closed this channel: the client finds out by itself.
            client.close()
            kernel.close()
            return
        connection = _Connection(client, kernel)
        self._connections.add(connection)
        for side in connection.waiting:
            self._selector.register(side, selectors.EVENT_READ, connection)

    def _serve(self, connection: _Connection, side: object, events: int) -> None:
        assert isinstance(side, socket.socket)
        if connection not in self._connections:
            return  # closed for what its other side did, a moment ago
        try:
            if events & selectors.EVENT_WRITE:
                sent = side.send(connection.waiting[side])
                connection.waiting[side] = connection.waiting[side][sent:]
            if events & selectors.EVENT_READ and not self._read(connection, side):
                self._close(connection)
                return
        except BlockingIOError:
            pass
        except OSError:
            self._close(connection)
            return
        for end in connection.waiting:
            self._watch(end, connection)

    def _read(self, connection: _Connection, side: socket.socket) -> bool:
        """Take a chunk from one side for the other; whether there was one."""
        chunk = side.recv(_CHUNK_BYTES)
        if side is connection.kernel:
            self._left -= len(chunk)
            if self._left < 0:
                return False
        other = connection.other(side)
        # Nothing waits for it, or this side would not have been read.
        try:
            sent = other.send(chunk)
        except BlockingIOError:
            sent = 0
        connection.waiting[other] = memoryview(chunk)[sent:]
        return bool(chunk)

    def _watch(self, side: socket.socket, connection: _Connection) -> None:
        interest = connection.interest(side)
        known = side in self._selector.get_map()
        if interest and known:
            self._selector.modify(side, interest, connection)
        elif interest:
            self._selector.register(side, interest, connection)
        elif known:
            self._selector.unregister(side)

    def _close(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        for side in connection.waiting:
            if side in self._selector.get_map():
                self._selector.unregister(side)
            side.close()
