"""Starts a process in namespaces of its own, by bubblewrap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autograder.sandbox import seccomp
from autograder.sandbox.bubblewrap import View, command
from autograder.sandbox.expendable import expendable
from autograder.sandbox.places import IN_NAMESPACES
from autograder.sandbox.task import Started, Task, readable_pipe

if TYPE_CHECKING:
    from autograder.sandbox.abilities import Abilities

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
    config = task.config(places, landlock=found.landlock_abi, readable=view.readable())
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
        return Started(task.start(expendable(task.score, line), config, {}, [filter_fd]))
    finally:
        os.close(filter_fd)
