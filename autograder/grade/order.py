"""What a worker of a cluster must know of a course, and be like, to mark as its grader does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AutograderError, MarkingError
from ..marking.protection import isolation
from ..marking.results import environment
from .parcel import files_in, pack

if TYPE_CHECKING:
    from .submissions import Submissions

__all__ = ["differences", "digest", "order_of"]

_VERSION = 1
_COURSE = ("ignore", "max_file_size", "max_dir_size")
_ASIDE = ("__pycache__", ".ipynb_checkpoints")


def order_of(submissions: Submissions, log: str = "") -> bytes:
    """All that a worker must know of a course to mark as it does, as it travels.

    Args:
        submissions: those of the course, where it lies.
        log: a file for what libraries print, where the worker is on the same machine; or "".

    Raises:
        MarkingError: it cannot be told to another machine, and why.
    """
    from ..nbgrader.examine import Examine

    step = type(submissions.examine)
    if step is not Examine:
        raise MarkingError(
            f"This course marks by its own {step.__name__}, which workers of a "
            "cluster do not have: mark without `--dask`."
        )
    settings = {
        name: getattr(submissions.examine, name) for name in Examine.class_own_traits(config=True)
    }
    course = submissions.course
    files = {}
    for part, named in (("source", course.source_directory), ("release", course.release_directory)):
        folder = Path(course.format_path(named, ".", submissions.assignment))
        files[part] = files_in(folder, _paths_in(folder))
    return pack(
        {
            "version": _VERSION,
            "environment": environment(),
            "isolation": submissions.examine.isolation().value,
            "assignment": submissions.assignment,
            "notebooks": submissions.notebooks(),
            "examine": {**settings, "seed": submissions.examine.secret()},
            "course": {name: getattr(course, name) for name in _COURSE},
            "files": files,
            "log": log,
        },
        f"The source of {submissions.assignment} with its release",
    )


def _paths_in(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not any(part in _ASIDE for part in relative.parts):
            yield relative.as_posix()


def digest(order: bytes) -> str:
    """By what an order is called."""
    return hashlib.blake2b(order, digest_size=16).hexdigest()


def differences(wanted: Mapping[str, Any]) -> list[str]:
    """Why this process would mark otherwise than the grader's; empty where it would not.

    Args:
        wanted: the order's "version", "environment", "isolation" and "examine".
    """
    if wanted.get("version") != _VERSION:
        return [f"it takes orders of version {_VERSION}, not {wanted.get('version')}"]
    here = environment()
    found = [
        f"{name} is {here.get(name) or 'absent'} there and {version or 'absent'} here"
        for name, version in wanted["environment"].items()
        if here.get(name) != version
    ]
    settings = wanted["examine"]
    try:
        kept = isolation(sandboxed=settings["sandboxed"], namespaces=settings["namespaces"])
    except AutograderError as exc:
        return [*found, f"there is no sandbox there ({exc})"]
    if kept.value != wanted["isolation"]:
        found.append(f"submissions would run {kept.value} there and {wanted['isolation']} here")
    return found
