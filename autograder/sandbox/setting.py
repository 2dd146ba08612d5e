"""What a sandbox is made of, cold or warm: the view of this machine, the variables, the program."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.isolation import Isolation
from autograder.sandbox import abilities, locked, namespaced, prepared
from autograder.sandbox.abilities import Namespaces
from autograder.sandbox.environment import CacheUse, PythonEnvironment
from autograder.sandbox.limits import Limits
from autograder.sandbox.task import Scratch, Started, Task

__all__ = ["Setting"]


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all kernels of one kind share.

    Attributes:
        also_readable: further paths to show, read-only.
        hidden: paths that stay unseen.
        compiled: whether repeated gradients run compiled.
        rehearsed: notebooks without solutions, from whose cells the compilation cache is filled.
        namespaces: whether kernels get namespaces of their own.
    """

    also_readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    compiled: bool = True
    rehearsed: tuple[str, ...] = ()
    namespaces: Namespaces = "prefer"

    def spawn_kernel(
        self,
        wishes: Mapping[str, Any],
        submission: str | None,
        limits: Limits,
        inherited: Sequence[int],
    ) -> Started:
        """Start a sandbox for one kernel."""
        task = self._task(wishes, limits, submission=submission, inherited=tuple(inherited))
        return self._start(task)

    def spawn_zygote(self, control_fd: int) -> Started:
        """Start a sandbox for a process from which kernels are forked."""
        wishes = {"control_fd": control_fd}
        return self._start(self._task(wishes, Limits(), inherited=(control_fd,), for_zygote=True))

    def for_child(self, limits: Limits) -> tuple[dict[str, Any], Scratch | None]:
        """What a zygote must be told of one child, and the scratch that was made for it."""
        found = abilities.require(self.namespaces)
        if found.isolation(self.namespaces) is Isolation.SANDBOXED:
            return {}, None
        return locked.for_child(self._task({}, limits), found)

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

    def _spawn_rehearsal(self, folder: Path, cells: Sequence[str]) -> Started:
        """Start a sandbox that runs cells, or what is common, and may write to `folder`."""
        return self._start(self._with_cache({"rehearse": cells}, Limits(), folder, "write"))

    def _task(self, wishes: Mapping[str, Any], limits: Limits, **more: Any) -> Task:
        cache = self.compilation_cache()
        return self._with_cache(wishes, limits, cache, "none" if cache is None else "read", **more)

    def _with_cache(
        self,
        wishes: Mapping[str, Any],
        limits: Limits,
        cache: Path | None,
        use: CacheUse,
        **more: Any,
    ) -> Task:
        return Task(
            wishes,
            PythonEnvironment.current(also=self.also_readable),
            limits,
            self.compiled,
            fonts=tuple(prepared.font_lists()),
            cache=cache,
            cache_use=use,
            hidden=tuple(os.path.realpath(path) for path in self.hidden),
            **more,
        )

    def _start(self, task: Task) -> Started:
        found = abilities.require(self.namespaces)
        if found.isolation(self.namespaces) is Isolation.SANDBOXED:
            return namespaced.start(task, found)
        return locked.start(task, found)
