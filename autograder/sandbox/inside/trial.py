"""The trial before the first kernel is forked: does what one writes reach the next?

Nothing that a sibling or a successor can see may be writable. Two children that serve nothing are
made as kernels will be: the first writes wherever it can, beside all that it is shown, and the
second looks for it. Runs inside the sandbox.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence

from ..orders import Enclosure

__all__ = ["places", "plant", "search"]

_FILE, _FOLDER = ".py", ".d"


def places(enclosure: Enclosure) -> list[str]:
    """Every folder that is shown, or from which Python imports, or mounted; and all above them."""
    named = {
        *enclosure.readable,
        *(entry for entry in sys.path if entry),
        *(sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, sys.executable),
        *_mount_points(),
    }
    named |= {os.path.realpath(path) for path in named}
    return sorted({folder for path in named for folder in _upwards(path) if os.path.isdir(folder)})


def _upwards(path: str) -> Iterable[str]:
    yield path
    while path != (path := os.path.dirname(path)):
        yield path


def _mount_points() -> list[str]:
    with open("/proc/self/mountinfo", "rb") as mounts:
        fields = [line.split()[4] for line in mounts]
    # A blank in a path is written as \040 there (proc_pid_mountinfo(5)).
    return [os.fsdecode(field.decode("unicode_escape").encode("latin-1")) for field in fields]


def plant(folders: Sequence[str], name: str) -> None:
    """Leave a file and a folder of this name wherever that can be done."""
    for folder in folders:
        # A refusal is as it should be, but for what is this process's own.
        with contextlib.suppress(OSError):
            open(os.path.join(folder, name + _FILE), "x").close()
        with contextlib.suppress(OSError):
            os.mkdir(os.path.join(folder, name + _FOLDER))


def search(folders: Sequence[str], name: str) -> list[str]:
    """The folders in which something was planted."""
    return [
        folder
        for folder in folders
        if any(os.path.lexists(os.path.join(folder, name + end)) for end in (_FILE, _FOLDER))
    ]
