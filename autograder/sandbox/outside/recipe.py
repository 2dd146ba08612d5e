"""What a sandbox is made of, cold or warm: the view of this machine, the variables, the program."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...isolation import Isolation
from ..limits import Limits
from ..orders import Enclosure, ForkOrder, KernelOrder, Order, RehearsalOrder, Serving, ZygoteOrder
from . import abilities, locked, namespaced, prepared
from .abilities import Namespaces
from .environment import CacheUse, PythonEnvironment
from .task import Scratch, Started, Task

__all__ = ["Recipe"]

_OrderOf = Callable[[Enclosure], Order]


@dataclasses.dataclass(frozen=True)
class Recipe:
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
        serving: Serving,
        report_fd: int,
        descriptors: tuple[int, ...],
        submission: str | None,
        limits: Limits,
    ) -> Started:
        """Start a sandbox for one kernel.

        Args:
            serving: what it serves.
            report_fd: over which it says that it is ready.
            descriptors: the sockets on which it listens, in the order of their ports.
            submission: the folder that it works in a copy of, or None.
            limits: what it may use.
        """
        return self._start(
            self._task(
                lambda enclosure: KernelOrder(enclosure, serving, report_fd, descriptors),
                limits,
                submission=submission,
                inherited=(report_fd, *descriptors),
            )
        )

    def spawn_zygote(self, control_fd: int) -> Started:
        """Start a sandbox for a process from which kernels are forked."""
        return self._start(
            self._task(
                lambda enclosure: ZygoteOrder(enclosure, control_fd),
                Limits(),
                inherited=(control_fd,),
                for_zygote=True,
            )
        )

    def for_child(self, serving: Serving, limits: Limits) -> tuple[ForkOrder, Scratch | None]:
        """What a zygote must be told of one child, and the scratch that was made for it."""
        found = abilities.require(self.namespaces)
        order = ForkOrder(serving, limits)
        if found.isolation(self.namespaces) is Isolation.SANDBOXED:
            return order, None
        task = self._task(lambda enclosure: dataclasses.replace(order, enclosure=enclosure), limits)
        enclosure, scratch = locked.for_child(task, found)
        return dataclasses.replace(order, enclosure=enclosure), scratch

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
        return self._start(
            self._with_cache(
                lambda enclosure: RehearsalOrder(enclosure, tuple(cells)), Limits(), folder, "write"
            )
        )

    def _task(self, order: _OrderOf, limits: Limits, **more: Any) -> Task:
        cache = self.compilation_cache()
        return self._with_cache(order, limits, cache, "none" if cache is None else "read", **more)

    def _with_cache(
        self,
        order: _OrderOf,
        limits: Limits,
        cache: Path | None,
        use: CacheUse,
        **more: Any,
    ) -> Task:
        return Task(
            order,
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
