"""Who gets to what a course keeps to itself, where others have accounts on the machine."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .findings import Finding, fine, warning

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

__all__ = ["readers", "rights"]


def rights(course: CourseDirectory, exchange: Path) -> Iterator[Finding]:
    """Whether solutions, work and marks are the owner's alone, or the group's where it shares.

    Args:
        course: the course directory.
        exchange: the exchange's folder; where the class gets to it through the course directory,
            this must stay open.
    """
    from ..nbgrader.rights import private_parts

    root, shared = Path(course.root).resolve(), bool(course.groupshared)
    within = exchange.resolve().is_relative_to(root)
    parts = [path.resolve() for path in private_parts(course)]
    outside = [path for path in parts if not path.is_relative_to(root)]
    looked_at = [*(parts if within else [root, *outside])]
    found = {path: who for path in looked_at if (who := readers(path, shared=shared))}
    if not found:
        yield fine("rights", f"{'your group' if shared else 'you'} alone can read the course")
        return
    names = ", ".join(_name(path, root) for path in found)
    who = " and ".join(sorted(set(found.values())))
    bits = "o-rwx" if shared else "go-rwx"
    yield warning(
        "rights",
        f"{who} on this machine can read or change {names}: solutions, submissions or marks",
        f"`chmod {bits} {shlex.join(map(str, found))}`; not -R, which would close feedback pages "
        "to their students",
    )


def readers(path: Path, *, shared: bool = False) -> str:
    """Who gets to a file or folder besides its owner, as one would say it, or "" if nobody does.

    Args:
        path: what is there; for a folder, to enter it is enough.
        shared: whether its group is meant to get there.
    """
    if not _lets(path, stat.S_IRWXO if path.is_dir() else stat.S_IROTH | stat.S_IWOTH, shared):
        return ""
    # Who may not enter a folder gets to nothing in it.
    if not all(_lets(folder, stat.S_IXOTH, shared) for folder in path.resolve().parents):
        return ""
    return "others" if path.stat().st_mode & stat.S_IRWXO else f"the group {_group(path)}"


def _name(path: Path, root: Path) -> str:
    """A path as it is told: what lies in the course by its name there."""
    inside = path != root and path.is_relative_to(root)
    return str(path.relative_to(root) if inside else path)


def _group(path: Path) -> str:
    try:
        return path.group()
    except KeyError:  # a number that the machine has no name for, as in many containers
        return str(path.stat().st_gid)


def _lets(path: Path, bits: int, shared: bool) -> bool:
    found = path.stat()
    if found.st_mode & bits:
        return True
    return not (shared or _of_one(found)) and bool(found.st_mode & (bits << 3))


def _of_one(found: os.stat_result) -> bool:
    """Whether a group is its owner's alone, as the system makes one for each user."""
    try:
        owner, group = pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return group.gr_name == owner and set(group.gr_mem) <= {owner}
