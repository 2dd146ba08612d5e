"""What a sandbox is made of, cold or warm: the view of this machine, the variables, the program."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from autograder.sandbox import abilities, prepared, seccomp
from autograder.sandbox.bubblewrap import SUBMISSION, View, command
from autograder.sandbox.environment import (
    CACHE,
    HOME,
    MATPLOTLIB,
    OURS,
    SCRATCH,
    WORK,
    PythonEnvironment,
    variables,
)
from autograder.sandbox.limits import Limits

__all__ = ["Setting"]

_LAUNCHER = str(Path(__file__).with_name("launcher.py").resolve())
_FONTS = OURS + "/fonts"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all kernels of one kind share.

    Attributes:
        also_readable: further paths to show, read-only.
        hidden: paths that stay unseen.
        compiled: whether repeated gradients run compiled.
        rehearsed: notebooks without solutions, from whose cells the compilation cache is filled.
    """

    also_readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    compiled: bool = True
    rehearsed: tuple[str, ...] = ()

    def spawn_kernel(
        self,
        wishes: Mapping[str, Any],
        submission: str | None,
        limits: Limits,
        inherited: Sequence[int],
    ) -> subprocess.Popen[bytes]:
        """Start a sandbox for one kernel."""
        more = {**wishes, "submission": None if submission is None else SUBMISSION}
        return self._spawn(more, submission, limits, inherited, cache=self.compilation_cache())

    def spawn_zygote(self, control_fd: int) -> subprocess.Popen[bytes]:
        """Start a sandbox for a process from which kernels are forked."""
        limits = Limits()
        wishes = {"control_fd": control_fd, "limits": limits.as_dict()}
        return self._spawn(
            wishes, None, limits, [control_fd], cache=self.compilation_cache(), for_zygote=True
        )

    def compilation_cache(self) -> Path | None:
        """What is compiled once for all such kernels, made now if need be; None if it cannot be."""
        if not self.compiled:
            return None
        return prepared.compilation_cache(self._rehearsed_cells(), self._spawn_rehearsal)

    def _rehearsed_cells(self) -> list[str]:
        cells = []
        for path in self.rehearsed:
            try:
                notebook = json.loads(Path(path).read_bytes())
                sources = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
                cells += ["".join(source) for source in sources]
            except (OSError, ValueError, LookupError, TypeError):
                continue  # nothing to rehearse; whoever marks finds out what it is
        return cells

    def _spawn_rehearsal(self, folder: Path, cells: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a sandbox that runs cells, or what is common, and may write to `folder`."""
        limits = Limits()
        wishes = {"rehearse": cells, "limits": limits.as_dict(), "writable": [CACHE]}
        return self._spawn(wishes, None, limits, [], cache=folder, fill_cache=True)

    def _spawn(
        self,
        wishes: Mapping[str, Any],
        submission: str | None,
        limits: Limits,
        inherited: Sequence[int],
        *,
        cache: Path | None,
        fill_cache: bool = False,
        for_zygote: bool = False,
    ) -> subprocess.Popen[bytes]:
        found = abilities.require()
        assert found.bwrap is not None
        fonts = prepared.font_lists()
        python = PythonEnvironment.current(also=self.also_readable)
        binds = {str(path.parent): _FONTS for path in fonts[:1]}
        if cache is not None:
            binds[str(cache)] = CACHE
        use: Literal["none", "read", "write"] = "write" if fill_cache else "read"
        view = View(
            python=python,
            scratch_bytes=limits.scratch_bytes,
            submission=submission,
            binds=binds,
            writable=[CACHE] if fill_cache else [],
            hidden=[os.path.abspath(path) for path in self.hidden],
            # Without Landlock, /proc/1/mem would be a way into bubblewrap's own process, which has
            # neither our filters nor our limits.
            proc=found.proc and found.landlock_abi > 0,
        )
        config = {
            **wishes,
            "landlock": found.landlock_abi,
            "readable": view.readable(),
            "import_path": python.import_path,
            "scratch": SCRATCH,
            "home": HOME,
            "work": WORK,
            "matplotlib": MATPLOTLIB,
            "fonts": [f"{_FONTS}/{path.name}" for path in fonts],
            "compiled": self.compiled,
        }
        filter_fd = _readable_pipe(seccomp.outer_filter(for_zygote=for_zygote))
        try:
            process = subprocess.Popen(
                command(
                    found.bwrap,
                    view,
                    variables(compiled=self.compiled, cache="none" if cache is None else use),
                    [python.executable, "-P", "-s", _LAUNCHER],
                    seccomp_fd=filter_fd,
                    for_zygote=for_zygote,
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[filter_fd, *inherited],
                env={},
                cwd="/",
                # Ctrl-C in the grader's terminal is for the grader, who then ends its kernels.
                start_new_session=True,
            )
        finally:
            os.close(filter_fd)
        assert process.stdin is not None
        try:
            with process.stdin as stdin:
                stdin.write(json.dumps(config).encode())
        except BrokenPipeError:
            pass  # it has ended already; whoever waits for its report finds out why
        process.stdin = None  # closed; `communicate` would flush it
        return process


def _readable_pipe(content: bytes) -> int:
    """The reading end of a pipe that holds `content`, which must fit into a pipe (64 KiB)."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(content)
    return reading
