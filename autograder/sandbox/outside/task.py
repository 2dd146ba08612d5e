"""What is to run in a sandbox, however that is made; and what is then running."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ..limits import Limits
from ..locks.expendable import KERNEL, ZYGOTE
from ..orders import Enclosure, Locked, Order, to_json
from .environment import CacheUse, PythonEnvironment, variables
from .places import Places
from .private import PrivateFolder

__all__ = ["Scratch", "Started", "Task"]

_LAUNCHER = str(Path(__file__).resolve().parents[1] / "inside" / "launcher.py")


@dataclasses.dataclass(frozen=True)
class Scratch:
    """A folder on this machine's own disk for one kernel to write to.

    Attributes:
        folder: where.
        uid: whose, if the kernel is to have a user of its own.
    """

    folder: PrivateFolder
    uid: int | None = None


@dataclasses.dataclass(frozen=True)
class Started:
    """A process in a sandbox, and the scratch that was made for it, if one was."""

    process: subprocess.Popen[bytes]
    scratch: Scratch | None = None

    def end(self) -> None:
        """End it and all in its sandbox, and leave nothing; may be called twice."""
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        if self.scratch is not None:
            self.scratch.folder.remove()


@dataclasses.dataclass(frozen=True)
class Task:
    """One process that is to be started.

    Attributes:
        order: what it is to do, of the enclosure that is made for it.
        python: the Python installation.
        limits: what the process may use.
        compiled: whether repeated gradients run compiled.
        fonts: matplotlib's lists of fonts, in one folder.
        cache: the compilation cache, or none.
        cache_use: what is done with it.
        submission: the folder to be copied from, or none.
        hidden: paths that stay unseen.
        inherited: file descriptors that it gets.
        for_zygote: whether kernels are to be forked from it.
    """

    order: Callable[[Enclosure], Order]
    python: PythonEnvironment
    limits: Limits
    compiled: bool
    fonts: tuple[Path, ...] = ()
    cache: Path | None = None
    cache_use: CacheUse = "none"
    submission: str | None = None
    hidden: tuple[str, ...] = ()
    inherited: tuple[int, ...] = ()
    for_zygote: bool = False

    def command(self) -> list[str]:
        """The program and its arguments."""
        return [self.python.executable, "-P", "-s", _LAUNCHER]

    def variables(self, places: Places) -> dict[str, str]:
        """All its environment variables."""
        return variables(places, compiled=self.compiled, cache=self.cache_use)

    @property
    def score(self) -> int:
        """How soon the system is to end it when memory is short."""
        return ZYGOTE if self.for_zygote else KERNEL

    def enclosure(
        self,
        places: Places,
        *,
        readable: Iterable[str],
        landlock: int,
        import_path: Iterable[str] | None = None,
        locked: Locked | None = None,
    ) -> Enclosure:
        """Where the process lives.

        Args:
            places: where it finds what is its own.
            readable: what it sees besides.
            landlock: the version of Landlock.
            import_path: where Python imports from, if not from all that the installation names.
            locked: how it is apart from others without namespaces.
        """
        return Enclosure(
            scratch=places.scratch,
            fonts=tuple(f"{places.fonts}/{path.name}" for path in self.fonts),
            submission=None if self.submission is None else places.submission,
            readable=tuple(readable),
            writable=(places.cache,) if self.cache_use == "write" else (),
            landlock=landlock,
            import_path=self.python.import_path if import_path is None else tuple(import_path),
            compiled=self.compiled,
            limits=self.limits,
            locked=locked,
        )

    def start(
        self,
        command: Sequence[str],
        enclosure: Enclosure,
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a command, and write what it is to read.

        Args:
            command: this task's own, or one that runs it.
            enclosure: where it lives.
            environment: all its variables.
            inherited: file descriptors that it gets besides the task's.
        """
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[*inherited, *self.inherited],
            env=dict(environment),
            cwd="/",
            # Ctrl-C in the grader's terminal is for the grader, who then ends its kernels.
            start_new_session=True,
        )
        assert process.stdin is not None
        try:
            with process.stdin as stdin:
                stdin.write(to_json(self.order(enclosure)))
        except BrokenPipeError:
            pass  # it has ended already; whoever waits for its report finds out why
        process.stdin = None  # closed; `communicate` would flush it
        return process


def readable_pipe(content: bytes) -> int:
    """The reading end of a pipe that holds `content`, which must fit into a pipe (64 KiB)."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(content)
    return reading
