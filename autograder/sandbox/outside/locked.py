"""Starts a process without namespaces: on this machine as it is, which it then locks itself out of.

For where user namespaces cannot be had: in most containers, and where AppArmor forbids them. The
process gets a scratch on the disk, in a folder of its own, and its first act is to give up what is
not to be used by what it starts (apart.py).
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SandboxStartError
from ..orders import Enclosure, Locked
from . import throwaway
from .places import Places
from .private import PrivateFolder
from .task import Scratch, Started, Task

if TYPE_CHECKING:
    from .abilities import Abilities

__all__ = ["OLDEST_LANDLOCK", "for_child", "start"]

OLDEST_LANDLOCK = 3
"""The first that can keep a file from being cut short (Linux 6.2)."""

_SYSTEM = ("/lib", "/lib32", "/lib64")  # directories of their own on some systems


def start(task: Task, found: Abilities) -> Started:
    """Start it.

    Raises:
        SandboxStartError: something is to stay unseen that lies in what must be seen.
    """
    _refuse_what_cannot_be_hidden(task)
    # A zygote becomes its children's users one by one; and who fills the cache has to own it.
    own_user = found.other_user and not task.for_zygote and task.cache_use != "write"
    scratch = _make_scratch(own_user)
    enclosure = _enclosure(task, _places(task, scratch, found), scratch, found)
    assert enclosure.locked is not None
    process = task.start(task.command(), enclosure, enclosure.locked.environment)
    return Started(process, scratch)


def for_child(task: Task, found: Abilities) -> tuple[Enclosure, Scratch]:
    """Where a zygote's child is to live, and its scratch."""
    scratch = _make_scratch(found.other_user)
    return _enclosure(task, _places(task, scratch, found), scratch, found), scratch


def _make_scratch(own_user: bool) -> Scratch:
    return throwaway.scratch() if own_user else Scratch(PrivateFolder("autograder-scratch"))


def _places(task: Task, scratch: Scratch, found: Abilities) -> Places:
    cache = task.cache
    # For a zygote too: JAX remembers where its cache is, and a forked kernel is another user.
    if cache is not None and task.cache_use == "read" and found.other_user:
        cache = _shown_to_others(cache)
    return Places(
        scratch=str(scratch.folder.path),
        fonts=str(task.fonts[0].parent) if task.fonts else "",
        cache=str(cache or ""),
        submission=task.submission or "",
    )


def _enclosure(task: Task, places: Places, scratch: Scratch, found: Abilities) -> Enclosure:
    shown = [*task.python.paths, *_SYSTEM]
    # A folder that is shown is shown with all in it: not the one in which this package lies, where
    # the course may lie as well.
    visible = [path for path in task.python.import_path if _within(path, shown)]
    return task.enclosure(
        places,
        readable=[*shown, *([places.cache] if places.cache else [])],
        landlock=found.landlock_abi,
        import_path=visible,
        locked=Locked(task.variables(places), scratch.uid, task.score, os.getpid()),
    )


def _refuse_what_cannot_be_hidden(task: Task) -> None:
    """Landlock gives a folder with all in it, or not at all."""
    for path in task.hidden:
        if _within(path, task.python.paths):
            raise SandboxStartError(
                f"{path} lies in what every kernel has to read, and without namespaces it cannot "
                "be hidden there: put the course elsewhere."
            )


def _within(path: str, folders: Iterable[str]) -> bool:
    """Whether a path lies in one of the folders, or is one, whatever links lead there."""
    path = os.path.realpath(path)
    real = map(os.path.realpath, folders)
    return any(os.path.commonpath([path, folder]) == folder for folder in real)


@functools.cache
def _shown_to_others(cache: Path) -> Path:
    """A copy, made once in a process, where every user can read it: homes are often closed."""
    copy = throwaway.showcase() / cache.name
    shutil.copytree(cache, copy)
    copy.chmod(0o755)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy
