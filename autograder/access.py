"""Whether this user may read and write a file, and if not, why: whose it is, how it is mounted."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from .errors import CourseError

__all__ = [
    "refusal",
    "require_fit",
    "require_readable",
    "require_writable",
    "translated",
    "unfit",
]

_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)
_ROOM = (errno.ENOSPC, errno.EDQUOT)
# nbgrader looks for notebooks by patterns (0.9.6), and SQLAlchemy reads %20 as a blank (2.1).
_READ_OTHERWISE = re.compile(r"[*?\[]|%[0-9A-Fa-f]{2}")


def refusal(path: Path, *, write: bool = False) -> CourseError | None:
    """Why this user may not use a file or a folder; None if they may.

    Args:
        path: what is to be read. What is not there refuses nothing, unless it is to be written.
        write: whether it is to be written as well, or made where it is not there.
    """
    path = Path(os.path.abspath(path))
    for folder in reversed(path.parents):
        if not os.path.lexists(folder):
            break
        if not folder.is_dir():
            return CourseError(
                f"There can be no {path}: {folder} is no folder", "name another place"
            )
        if not os.access(folder, os.X_OK):
            return _closed(folder, "entered")
    while write and path.parent != path and not os.path.lexists(path):
        path = path.parent
    if not os.path.exists(path):
        return None
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return _closed(path, "read")
    if write and not os.access(path, os.W_OK):
        return _closed(path, "written")
    return None


def require_readable(*paths: Path) -> None:
    """Raise CourseError for the first that this user may not read."""
    for path in paths:
        found = refusal(path)
        if found is not None:
            raise found


def require_writable(*paths: Path) -> None:
    """Raise CourseError for the first that this user may not write, or make."""
    for path in paths:
        found = refusal(path, write=True)
        if found is not None:
            raise found


def unfit(folder: Path) -> CourseError | None:
    """Why no course can lie in a folder with such a path; None if one can.

    Nbgrader takes it for a pattern, and finds no notebook; or for a part of a URL, so that its
    gradebook would be a file beside the course, shared with others that begin alike, or nowhere.
    """
    path = os.path.abspath(folder)
    odd = _READ_OTHERWISE.search(path)
    if odd is None:
        return None
    return CourseError(
        f"No course can be in {path}: nbgrader does not find its files where a path has "
        f"{odd.group()} in it",
        "give the folder another name",
    )


def require_fit(folder: Path) -> None:
    """Raise what `unfit` says of a folder, if anything."""
    odd = unfit(folder)
    if odd is not None:
        raise odd


def translated(error: OSError) -> CourseError | None:
    """What an error means by which the system refuses rights or room; None for any other."""
    path = Path(os.fsdecode(error.filename)) if error.filename else None
    if error.errno in _ROOM:
        return CourseError(
            f"There is no room left for {path or 'what is to be written'}: {error.strerror}",
            "make room on that disk, then run the command again",
        )
    if error.errno not in _RIGHTS:
        return None
    if path is not None:
        found = refusal(path) or refusal(path, write=True)
        if found is not None:
            return found
    return CourseError(
        f"{path or 'A file'} cannot be used by {_me()}: {error.strerror}",
        "see whose it is and how it is mounted, then run the command again",
    )


def _closed(path: Path, what: str) -> CourseError:
    found = path.stat()
    kind = "folder" if path.is_dir() else "file"
    if what == "written" and os.statvfs(path).f_flag & os.ST_RDONLY:
        return CourseError(
            f"The {kind} {path} cannot be written: it is on a file system that is mounted "
            "read-only",
            "have it mounted for writing, or work in a copy of the course elsewhere",
        )
    owner, me = _name(found.st_uid), _me()
    says = (
        f"The {kind} {path} cannot be {what} by {me}: it belongs to {owner} "
        f"({stat.filemode(found.st_mode)})"
    )
    if found.st_uid == os.getuid():
        return CourseError(says, f"`chmod u+rw{'x' if path.is_dir() else ''} '{path}'`")
    return CourseError(
        says, f"run this as {owner}, ask {owner} for the rights, or work in a copy of your own"
    )


def _me() -> str:
    return _name(os.getuid())


def _name(uid: int) -> str:
    import pwd  # not on Windows, where students practise

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
