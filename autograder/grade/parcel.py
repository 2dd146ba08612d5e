"""What travels between the grader's machine and a worker on another: plain data, of bounded size.

JSON both ways. Dask itself pickles what it is given, and what it is given here are bytes, numbers
and names of functions of ours: to unpack a parcel runs no code of anybody's.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import MarkingError

__all__ = ["MOST_BYTES", "files_in", "lay_out", "pack", "unpack"]

MOST_BYTES = 200_000_000
"""Of one parcel. A submission's files are 100 million as nbgrader is configured, a third more as
text; a result has as many characters as one that is kept on this machine may have."""

Files = list[tuple[str, int, str | None]]
"""Paths in a folder, when each was changed (nanoseconds), and its content; None for a folder."""


def pack(content: dict[str, Any], what: str) -> bytes:
    """Content as it travels.

    Args:
        content: plain data.
        what: of what, for the message.

    Raises:
        MarkingError: it is too large.
    """
    parcel = json.dumps(content).encode()
    _require_size(parcel, what)
    return parcel


def unpack(parcel: bytes, what: str) -> dict[str, Any]:
    """What came.

    Args:
        parcel: as `pack` made it.
        what: of what, for the message.

    Raises:
        MarkingError: it is too large, or no such thing.
    """
    _require_size(parcel, what)
    try:
        content = json.loads(parcel)
    except (ValueError, RecursionError) as exc:
        raise MarkingError(f"{what} cannot be read: {exc}") from exc
    if not isinstance(content, dict):
        raise MarkingError(f"{what} cannot be read: it is {type(content).__name__}.")
    return content


def _require_size(parcel: bytes, what: str) -> None:
    if len(parcel) > MOST_BYTES:
        raise MarkingError(
            f"{what} has {len(parcel) / 1e6:.0f} million bytes; between the machines of a cluster "
            f"at most {MOST_BYTES / 1e6:.0f} travel. It can be marked without `--dask`."
        )


def files_in(folder: str | os.PathLike[str], paths: Iterable[str]) -> Files:
    """Files and folders as they travel.

    Args:
        folder: where they lie.
        paths: which, relative to it, a folder before what is in it.

    Raises:
        OSError: one cannot be read.
    """
    found: Files = []
    for path in paths:
        place = Path(folder, path)
        content = None
        if not place.is_dir():
            content = base64.b64encode(place.read_bytes()).decode()
        found.append((path, place.stat().st_mtime_ns, content))
    return found


def lay_out(folder: str | os.PathLike[str], files: Files) -> None:
    """Write what travelled into a folder.

    Raises:
        MarkingError: a path would lead out of it.
        OSError: it cannot be written.
    """
    for path, changed, content in files:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts:
            raise MarkingError(f"{path!r} does not lie in the folder that was sent.")
        place = Path(folder, path)
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(base64.b64decode(content))
        # What is kept of a rubric is kept under the times of the files beside it.
        os.utime(place, ns=(changed, changed))
