"""A kernel's process as the grader holds it: one that was started cold, or one that was forked."""

from __future__ import annotations

import contextlib
import os
import select
import signal

from .task import Scratch, Started
from .warm import Zygote

__all__ = ["ColdProcess", "WarmProcess"]

_LAST_WORDS_BYTES = 4096
_DEATH_SECONDS = 10.0


class ColdProcess:
    """The bubblewrap around one kernel, whose death is the death of all in it; or the kernel."""

    def __init__(self, started: Started) -> None:
        self._started = started
        self._process = started.process
        self.scratch = started.scratch

    def is_ready(self, pidfd: int) -> None:
        """From here on its standard error is the student's to write to, and nobody's to read."""
        assert self._process.stderr is not None
        self._process.stderr.close()

    def poll(self) -> int | None:
        """The exit status of the sandbox, or none while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def last_words(self) -> str:
        """End it; what it wrote to standard error."""
        assert self._process.stderr is not None
        self._process.kill()
        self._process.wait()
        os.set_blocking(self._process.stderr.fileno(), False)
        words = self._process.stderr.read(1 << 16) or b""
        return words[-_LAST_WORDS_BYTES:].decode(errors="replace").strip()

    def end(self) -> None:
        """End it, and forget it."""
        self._started.end()


class WarmProcess:
    """A forked kernel: the first process of its own pid namespace, or one that may make none."""

    def __init__(self, zygote: Zygote, scratch: Scratch | None = None) -> None:
        self._zygote = zygote
        self.scratch = scratch
        self._pidfd: int | None = None

    def is_ready(self, pidfd: int) -> None:
        """The kernel has said which process it is."""
        self._pidfd = os.dup(pidfd)

    def poll(self) -> int | None:
        """0 once it has ended: how, only its parent, which is in the sandbox, could say."""
        if self._pidfd is None:
            return None if self._zygote.alive else 0
        return 0 if select.select([self._pidfd], [], [], 0)[0] else None

    def kill(self) -> None:
        """End it; one that has not said yet which process it is, with all its kin."""
        if self._pidfd is None:
            self._zygote.end()
        else:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def last_words(self) -> str:
        """Nothing: what a forked kernel has to say before it is ready, it reports."""
        return "" if self._zygote.alive else "the warm process has ended"

    def end(self) -> None:
        """End it, and forget it; may be called twice."""
        self.kill()
        if self._pidfd is not None:
            select.select([self._pidfd], [], [], _DEATH_SECONDS)
            os.close(self._pidfd)
            self._pidfd = None
        if self.scratch is not None:
            self.scratch.folder.remove()
