"""Has a student's texts made into HTML by a process of its own, within limits of time."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import AutograderError
from .workshop import SECONDS

__all__ = ["PAGE_SECONDS", "Job", "Press"]

PAGE_SECONDS = 10.0  # of processor time, for all of a page

Job = tuple[str, str, Any]
"""What is to be made ("markdown", "code", "ansi", "latex", "html" or "picture"), of which text, and
with which attachments."""


class Press:
    """One process, started where it is needed, and again where a job has ended it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._lock = threading.Lock()  # the formgrader's server may have several threads
        atexit.register(self.close)

    def make(self, jobs: Sequence[Job]) -> list[str | None]:
        """What is made of all jobs of a page; None for what takes too long, or cannot be made.

        Raises:
            AutograderError: the process cannot be started.
        """
        with self._lock:
            return list(self._made(jobs))

    def _made(self, jobs: Sequence[Job]) -> Iterator[str | None]:
        left = PAGE_SECONDS
        for job in jobs:
            if left <= 0:
                yield None
                continue
            made, seconds = self._one(job)
            left -= seconds
            yield made

    def _one(self, job: Job) -> tuple[str | None, float]:
        process = self._ready()
        assert process.stdin is not None
        assert process.stdout is not None
        line = ""
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line.endswith("\n"):
            self.close()
            return None, SECONDS
        made, seconds = json.loads(line)
        return made, float(seconds)

    def _ready(self) -> subprocess.Popen[str]:
        # A process that was forked from ours must not talk into the same pipes.
        if self._process is not None and self._owner == os.getpid():
            return self._process
        module = f"{__package__}.workshop"
        process = subprocess.Popen(
            # Not the folder one is in: a course may hold a `json.py`.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._process, self._owner = process, os.getpid()
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            self.close()
            raise AutograderError(
                "The process that makes pages did not start; the parts of a page are made there, "
                f"so that none takes for ever. Try `python -m {module}` to see what it lacks."
            )
        return process

    def close(self) -> None:
        """End the process, if it is ours."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()
