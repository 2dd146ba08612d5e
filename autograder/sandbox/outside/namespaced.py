"""Starts a process in namespaces of its own, by bubblewrap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..locks import seccomp
from ..locks.expendable import expendable
from .bubblewrap import View, command
from .places import IN_NAMESPACES
from .task import Started, Task, readable_pipe

if TYPE_CHECKING:
    from .abilities import Abilities

__all__ = ["start"]


def start(task: Task, found: Abilities) -> Started:
    """Start it."""
    assert found.bwrap is not None
    places = IN_NAMESPACES
    binds = {str(path.parent): places.fonts for path in task.fonts[:1]}
    if task.cache is not None:
        binds[str(task.cache)] = places.cache
    view = View(
        python=task.python,
        scratch_bytes=task.limits.scratch_bytes,
        submission=task.submission,
        binds=binds,
        writable=[places.cache] if task.cache_use == "write" else [],
        hidden=task.hidden,
        # Without Landlock, /proc/1/mem would be a way into bubblewrap's own process, which has
        # neither our filters nor our limits.
        proc=found.proc and found.landlock_abi > 0,
    )
    enclosure = task.enclosure(places, readable=view.readable(), landlock=found.landlock_abi)
    filter_fd = readable_pipe(seccomp.outer_filter(for_zygote=task.for_zygote))
    try:
        line = command(
            found.bwrap,
            view,
            task.variables(places),
            task.command(),
            seccomp_fd=filter_fd,
            for_zygote=task.for_zygote,
        )
        return Started(task.start(expendable(task.score, line), enclosure, {}, [filter_fd]))
    finally:
        os.close(filter_fd)
