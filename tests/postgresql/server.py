"""A PostgreSQL server of the tests' own: on loopback, in a temporary folder, gone at the end."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

__all__ = ["OWNER", "PASSWORD", "Server", "programs", "running"]

OWNER = "grader"
# Easy to find where it must not be, and with what a URL has to quote.
PASSWORD = "open-sesame/4@2"
_START_SECONDS = 120
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """One that is running.

    Attributes:
        port: on 127.0.0.1.
    """

    port: int

    def new_database(self) -> str:
        """An empty database's name."""
        name = f"course_{secrets.token_hex(4)}"
        self.execute(f'CREATE DATABASE "{name}"')
        return name

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str, **changes: Any) -> str:
        """The URL of a database; `changes` are parts of it that are different."""
        parts: dict[str, Any] = {
            "drivername": "postgresql+psycopg",
            "username": OWNER,
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": self.port,
            "database": database,
        }
        return URL.create(**{**parts, **changes}).render_as_string(hide_password=False)


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; Debian puts them on nobody's PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """A server, until the end of the block, or of this process, however that comes."""
    # Not in pytest's folder, which is closed to whom the server runs as.
    home = Path(tempfile.mkdtemp(prefix="autograder-postgresql-"))
    try:
        someone = _nobody_special(home)
        data = home / "data"
        (home / "password").write_text(PASSWORD)
        if someone:
            os.chown(home / "password", someone["user"], someone["group"])
        subprocess.run(
            [
                *(os.fspath(binaries / "initdb"), "--auth=scram-sha-256", "--no-sync"),
                *(f"--pgdata={data}", f"--username={OWNER}", f"--pwfile={home / 'password'}"),
                *("--encoding=UTF8", "--locale=C"),
            ],
            check=True,
            capture_output=True,
            cwd=home,
            **someone,
        )
        port = _free_port()
        log = (home / "log").open("wb")
        process = subprocess.Popen(
            [
                *_dying_with_us(),
                *(os.fspath(binaries / "postgres"), "-D", os.fspath(data), "-p", str(port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *("-c", "fsync=off"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
            **someone,
        )
        log.close()
        try:
            server = Server(port)
            _await(server, process, home / "log")
            yield server
        finally:
            _stop(process)
    finally:
        shutil.rmtree(home)


def _nobody_special(home: Path) -> dict[str, Any]:
    """For `subprocess`: another user than root, whom PostgreSQL does not serve."""
    if os.getuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(home, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _dying_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(2)  # PostgreSQL's fast end: connections are cut, nothing is left
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
