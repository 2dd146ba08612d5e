"""A Dask cluster on the loopback, as an administrator would start one: a scheduler and workers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_DASK = Path(sys.executable).with_name("dask")
_QUIET = ("--no-dashboard",)


class Site:
    """Processes with folders of their own, all of which end with the `with`.

    Args:
        folder: for the workers' files and what they log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self._all: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Site:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._all:
            # With a nanny a worker is a group; without, it may have kernels at work.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def _start(self, name: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [os.fspath(_DASK), *arguments, *_QUIET],
                cwd=self.folder,
                env={**os.environ, **more},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._all.append(process)
        return process

    def scheduler(self, port: int = 0) -> subprocess.Popen[bytes]:
        """Start one, and wait until it has an address."""
        told = self.folder / "scheduler.json"
        told.unlink(missing_ok=True)
        process = self._start(
            "scheduler",
            "scheduler",
            *("--host", "127.0.0.1", "--port", str(port), "--scheduler-file", os.fspath(told)),
        )
        while not told.is_file() or not told.read_text():
            assert process.poll() is None, (self.folder / "scheduler.log").read_text()
            time.sleep(0.05)
        self.address = json.loads(told.read_text())["address"]
        return process

    def worker(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start one, in a folder of its own; nobody waits for it."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return self._start(
            name,
            *("worker", self.address, "--nthreads", "1", "--no-nanny", "--name", name),
            *("--host", "127.0.0.1", "--local-directory", os.fspath(place)),
            **environment,
        )
