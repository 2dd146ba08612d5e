from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder.sandbox.errors import SandboxStartError
from autograder.sandbox.outside.channels import PORTS, Channels


@pytest.fixture
def temporary(monkeypatch) -> Path:
    # Not tmp_path, which is too long a path for a socket on some machines.
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def test_clients_can_connect_before_there_is_a_kernel(temporary: Path):
    channels = Channels()
    for port in PORTS.values():
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{channels.ip}-{port}")
    channels.close()


def test_run_directory_is_private_and_goes(temporary: Path):
    channels = Channels()
    assert channels.directory.stat().st_mode & 0o777 == 0o700
    assert channels.directory.parent.stat().st_mode & 0o777 == 0o700
    channels.close()
    channels.close()
    assert not channels.directory.exists()


def test_handed_over_sockets_refuse_once_their_kernel_is_gone(temporary: Path):
    channels = Channels()
    channels.hand_over(1000, lambda: None)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(f"{channels.ip}-1")
        assert client.recv(1) == b""
    channels.close()


def test_directory_that_another_user_prepared_is_not_used(temporary: Path):
    trap = temporary / f"autograder-{os.getuid()}"
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    channels = Channels()
    assert not channels.directory.is_relative_to(trap)
    channels.close()


def test_link_in_the_place_of_the_directory_is_not_followed(temporary: Path):
    (temporary / "elsewhere").mkdir(mode=0o700)
    (temporary / f"autograder-{os.getuid()}").symlink_to(temporary / "elsewhere")
    channels = Channels()
    assert list((temporary / "elsewhere").iterdir()) == []
    channels.close()


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(temporary: Path):
    code = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from autograder.sandbox.outside.channels import Channels\n"
        "channels = Channels()\n"
        "print(channels.directory, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(temporary)], capture_output=True, text=True
    )
    left = Path(done.stdout.strip())
    assert left.is_dir(), done.stderr
    alive = Channels()
    old = time.time() - 3600
    for directory in (left, alive.directory):
        os.utime(directory, (old, old))
    Channels().close()
    assert not left.exists()
    assert alive.directory.exists()
    alive.close()


def test_path_too_long_for_a_socket_says_what_to_do(monkeypatch, tmp_path: Path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(SandboxStartError, match="TMPDIR"):
        Channels()
