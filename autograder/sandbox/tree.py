"""What lies in a folder that somebody else filled, looked at within limits.

Whoever looks at a submission (to collect it, to see whether it changed, to copy it for marking, to
move it into a kernel) looks through this. The walk is iterative, since Python 3.11's `os.walk`
recurses, and a thousand nested folders would end the run for a whole class.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Bounds", "Entry", "copy", "digest", "look"]

Kind = Literal["file", "folder", "link", "other"]
_PIECE = 1 << 20
_FIRST = (".ipynb", "timestamp.txt")
_MOST_LISTED = 1_000_000  # names, which take a second


@dataclass(frozen=True)
class Bounds:
    """How much of a folder is looked at.

    Attributes:
        file_bytes: the size of one file.
        total_bytes: the size of all files together; small ones come first, so that a `helper.py`
            is taken even if a film lies beside it.
        entries: files, folders and links together.
        depth: how many folders lie in each other.
    """

    file_bytes: int
    total_bytes: int
    entries: int = 4096
    depth: int = 32


@dataclass(frozen=True)
class Entry:
    """One thing in a folder.

    Attributes:
        path: relative to the folder; what is no UTF-8 in it as Python keeps it in file names.
        kind: what it is.
        size: of a file, in bytes.
        changed: when it was changed last, in nanoseconds of Unix time.
        left_out: why it is beyond what is looked at; "" if it is not.
    """

    path: str
    kind: Kind
    size: int = 0
    changed: int = 0
    left_out: str = ""


def look(
    folder: str | os.PathLike[str],
    bounds: Bounds,
    wanted: Callable[[str], bool] = lambda name: True,
) -> list[Entry]:
    """What lies in a folder and those in it, a folder before what is in it.

    Notebooks and time stamps come first, so that the work is there even if ten thousand files lie
    around it; then the others, sorted by name.

    No link is followed. What is beyond the bounds is there with the reason; where it is a folder,
    or where there are too many entries, nothing of what follows is.

    Args:
        folder: the folder; one that is not there is like an empty one.
        bounds: how much of it is looked at.
        wanted: whether a name is of interest; what lies in a folder that is not, is not either.
    """
    found: list[Entry] = []
    waiting = [("", 0, -1)]
    while waiting:
        inside, depth, place = waiting.pop()
        deeper = []
        try:
            names = _names(os.path.join(folder, inside), bounds.entries)
        except OSError as exc:
            if inside:
                found[place] = replace(found[place], left_out=f"cannot be read ({exc.strerror})")
            continue
        for name in filter(wanted, names):
            path = os.path.join(inside, name)
            if len(found) >= bounds.entries:
                found.append(Entry(path, "other", left_out=f"comes after {bounds.entries} others"))
                return _within(found, bounds)
            entry = _entry(folder, path)
            if entry.kind == "folder" and not entry.left_out:
                if depth + 1 >= bounds.depth:
                    entry = replace(entry, left_out=f"lies in {bounds.depth} folders")
                else:
                    deeper.append((path, depth + 1, len(found)))
            found.append(entry)
        waiting += reversed(deeper)
    return _within(found, bounds)


def _names(path: str, most: int) -> list[str]:
    """What lies in a folder: of too many, as many as tell that there are too many."""
    first: list[str] = []
    others: list[str] = []
    with os.scandir(path) as entries:
        for entry in itertools.islice(entries, _MOST_LISTED):
            names = first if entry.name.endswith(_FIRST) else others
            if len(names) <= most:
                names.append(entry.name)
    return sorted(first) + sorted(others)


def _entry(folder: str | os.PathLike[str], path: str) -> Entry:
    try:
        about = os.lstat(os.path.join(folder, path))
    except OSError as exc:
        return Entry(path, "other", left_out=f"cannot be looked at ({exc.strerror})")
    if stat.S_ISDIR(about.st_mode):
        return Entry(path, "folder")
    if stat.S_ISLNK(about.st_mode):
        return Entry(path, "link", changed=about.st_mtime_ns)
    if stat.S_ISREG(about.st_mode):
        return Entry(path, "file", about.st_size, about.st_mtime_ns)
    return Entry(path, "other", left_out="is no ordinary file")


def _within(found: list[Entry], bounds: Bounds) -> list[Entry]:
    """The same, with the reason for each file that is too large or for which no room is left."""
    left = bounds.total_bytes
    beyond = {}
    for entry in sorted(found, key=lambda e: (not e.path.endswith(_FIRST), e.size, e.path)):
        if entry.kind == "file" and not entry.left_out:
            if entry.size > min(left, bounds.file_bytes):
                beyond[entry.path] = f"is too large ({entry.size} bytes)"
            else:
                left -= entry.size
    return [replace(e, left_out=beyond[e.path]) if e.path in beyond else e for e in found]


def copy(
    source: str | os.PathLike[str], target: str | os.PathLike[str], entries: Sequence[Entry]
) -> dict[str, str]:
    """Copy files and folders; links where they are among `entries`, as links.

    Args:
        source: the folder that was looked at.
        target: where to; a file that is there already is replaced.
        entries: what to copy of what was found.

    Returns:
        by path, why something was not copied.
    """
    left_out = {}
    for entry in entries:
        place = os.path.join(target, entry.path)
        if entry.left_out:
            left_out[entry.path] = entry.left_out
            continue
        try:
            if entry.kind == "folder":
                os.makedirs(place, mode=0o700, exist_ok=True)
            elif entry.kind == "link":
                os.symlink(os.readlink(os.path.join(source, entry.path)), place)
            else:
                pieces = _content(source, entry)
                first = next(pieces, b"")  # before anything is made: it may not be readable
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(place)  # as it is: it may be a link
                with open(place, "xb", opener=_for_us_alone) as file:
                    file.writelines(itertools.chain([first], pieces))
        except OSError as exc:
            left_out[entry.path] = f"cannot be copied ({exc.strerror})"
    return left_out


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def digest(folder: str | os.PathLike[str], entries: Sequence[Entry]) -> str:
    """A digest of what was found: names and contents.

    Of what is left out, since its content is used by nobody, it holds size and time.
    """
    result = hashlib.blake2b()
    for entry in entries:
        result.update(os.fsencode(entry.path) + b"\0" + entry.kind.encode() + b"\0")
        if entry.left_out:
            result.update(f"{entry.size} {entry.changed}\0".encode())
            continue
        try:
            if entry.kind == "link":
                result.update(os.fsencode(os.readlink(os.path.join(folder, entry.path))))
            elif entry.kind == "file":
                content = hashlib.blake2b()
                for piece in _content(folder, entry):
                    content.update(piece)
                result.update(content.digest())
        except OSError as exc:
            result.update(str(exc.errno).encode())
    return result.hexdigest()


def _content(folder: str | os.PathLike[str], entry: Entry) -> Iterator[bytes]:
    """A file's content, no more than it had when it was looked at.

    Raises:
        OSError: it cannot be read, or is no ordinary file any more: who handed it in may change it
            meanwhile, where it still lies in the exchange.
    """
    descriptor = _open(folder, entry.path)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "no ordinary file")
        left = entry.size
        while piece := file.read(min(left, _PIECE)):
            yield piece
            left -= len(piece)


def _open(folder: str | os.PathLike[str], path: str) -> int:
    """Open a file for reading without a link anywhere on the way from `folder`."""
    *folders, name = path.split(os.sep)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            deeper = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = deeper
        # Not blocking: it may have become a pipe to which nobody writes.
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)
