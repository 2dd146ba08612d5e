"""The relay: what is carried, what is counted, and what is not held."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.outside.relay import Relay

PORT = 1


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


class Ends:
    """A relay between a client and what stands for a kernel."""

    def __init__(self, directory: Path, limit: int) -> None:
        self.exceeded = threading.Event()
        front = listening(directory / "front")
        self.kernel_listener = listening(directory / "back")
        self.front_path = str(directory / "front")
        self.relay = Relay({PORT: front}, {PORT: str(directory / "back")}, limit, self.exceeded.set)
        self.relay.start()

    def connect(self) -> tuple[socket.socket, socket.socket]:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(self.front_path)
        kernel, _ = self.kernel_listener.accept()
        kernel.settimeout(10)
        return client, kernel


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(10)
    return listener


@pytest.fixture
def ends(directory: Path) -> Iterator[Ends]:
    made = Ends(directory, limit=10_000_000)
    yield made
    made.relay.stop()
    made.kernel_listener.close()


def received(sock: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size and (part := sock.recv(size - len(parts))):
        parts += part
    return bytes(parts)


def sent_before_it_waits(sock: socket.socket) -> int:
    sent = 0
    with contextlib.suppress(TimeoutError):
        while True:
            sent += sock.send(bytes(100_000))
    return sent


def test_bytes_arrive_both_ways_in_order(ends: Ends):
    message = bytes(range(256)) * 8192
    client, kernel = ends.connect()
    with client, kernel:
        for source, sink in ((client, kernel), (kernel, client)):
            sender = threading.Thread(target=source.sendall, args=(message,))
            sender.start()
            assert received(sink, len(message)) == message
            sender.join()


def test_end_of_one_side_is_the_end_of_the_other(ends: Ends):
    client, kernel = ends.connect()
    with client:
        kernel.sendall(b"last words")
        kernel.close()
        assert received(client, 100) == b"last words"
    client, kernel = ends.connect()
    with kernel:
        client.close()
        assert kernel.recv(1) == b""


def test_what_nobody_reads_is_not_held(ends: Ends):
    client, kernel = ends.connect()
    kernel.settimeout(0.5)
    with client, kernel:
        # The buffers of four sockets, and one chunk.
        assert sent_before_it_waits(kernel) < 3_000_000
    assert not ends.exceeded.is_set()


def test_one_client_that_does_not_read_does_not_hold_up_another(ends: Ends):
    lazy, flooding = ends.connect()
    flooding.settimeout(0.5)
    with lazy, flooding:
        sent_before_it_waits(flooding)
        client, kernel = ends.connect()
        with client, kernel:
            kernel.sendall(b"hello")
            assert received(client, 5) == b"hello"


def test_kernel_is_cut_off_at_the_limit_whatever_the_connection(directory: Path):
    ends = Ends(directory, limit=1000)
    first, kernel_first = ends.connect()
    second, kernel_second = ends.connect()
    with first, kernel_first, second, kernel_second:
        kernel_first.sendall(bytes(600))
        assert len(received(first, 600)) == 600
        assert not ends.exceeded.is_set()
        kernel_second.sendall(bytes(600))
        assert ends.exceeded.wait(10)
        assert received(second, 600) == b""
    ends.kernel_listener.close()
    ends.relay.stop()


def test_what_a_client_sends_is_not_counted(directory: Path):
    ends = Ends(directory, limit=10)
    client, kernel = ends.connect()
    with client, kernel:
        client.sendall(bytes(1000))
        assert len(received(kernel, 1000)) == 1000
        assert not ends.exceeded.is_set()
    ends.relay.stop()
    ends.kernel_listener.close()


def test_stop_closes_everything_and_can_be_repeated(directory: Path):
    before = set(threading.enumerate())
    ends = Ends(directory, limit=10)
    client, kernel = ends.connect()
    ends.relay.stop()
    ends.relay.stop()
    with client, kernel:
        assert client.recv(1) == b""
        assert kernel.recv(1) == b""
    with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
        late.connect(ends.front_path)
    ends.kernel_listener.close()
    assert set(threading.enumerate()) <= before
