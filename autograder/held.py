"""Folders of a living process, told from what a killed one left: by a lock that dies with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["held", "remove_left"]

_JUST_MADE_SECONDS = 60.0  # and perhaps not locked yet


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Within, nobody takes a folder for one that was left."""
    import fcntl  # not on Windows, where nobody marks

    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # a file system without locks: nor is any taken there
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def remove_left(folder: Path) -> None:
    """Remove a folder unless it is held, or where nobody can tell whether it is."""
    try:
        import fcntl

        if time.time() - folder.lstat().st_mtime < _JUST_MADE_SECONDS:
            return
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (ImportError, OSError):
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
