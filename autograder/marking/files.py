"""The files of a submission besides its notebooks: which there are, and where its kernel gets them.

A kernel works among the student's own files and those that the assignment gives, and nothing else:
no notebook of the assignment lies there. nbgrader's copy holds the hidden tests of all of them and,
of those that are marked already, the records with the values due.
"""

from __future__ import annotations

import contextlib
import fnmatch
import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

from ..sandbox import tree

__all__ = [
    "MOST_NAMED",
    "beside",
    "bounds",
    "digest_of_all",
    "digest_of_files",
    "given_files",
    "kernel_folder",
    "link_or_copy",
    "matches",
    "not_in_the_way",
    "private_folder",
    "say_left_out",
    "without_links",
]

MOST_NAMED = 20
"""Of names that a student chose, how many are logged."""


def beside(course: CourseDirectory, folder: str | os.PathLike[str]) -> list[tree.Entry]:
    """What a submission's folder holds beside notebooks and what the course ignores.

    A link is left out: it leads out of the submission, or to what is there by itself.
    """
    ignored = [*course.ignore, "*.ipynb"]
    found = tree.look(folder, bounds(course), lambda name: not matches(name, ignored))
    return without_links(found)


def without_links(entries: Sequence[tree.Entry]) -> list[tree.Entry]:
    """The same entries, of which links are left out."""
    return [
        tree.Entry(e.path, "link", left_out="is a link") if e.kind == "link" else e for e in entries
    ]


def say_left_out(
    log: logging.Logger, folder: str, left_out: Mapping[str, str], place: str = ""
) -> None:
    """Log what of a folder is left out, by path why; of very much, the first.

    Args:
        log: where to.
        folder: in which it lies.
        left_out: from paths in it to reasons, such as "is a link".
        place: of what it is left out, such as " of the copy".
    """
    for path, reason in list(left_out.items())[:MOST_NAMED]:
        log.warning("%r is left out%s: it %s.", os.path.join(folder, path), place, reason)
    if len(left_out) > MOST_NAMED:
        log.warning("%d more are left out.", len(left_out) - MOST_NAMED)


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name; where that cannot be, as with another's file, a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def digest_of_all(course: CourseDirectory, folder: str | os.PathLike[str]) -> str:
    """A digest of a submission as it was handed in: another one is another submission."""
    return "".join(digests(course, folder))


def digests(course: CourseDirectory, folder: str | os.PathLike[str]) -> tuple[str, str]:
    """Digests of a submission's work, and of when it came: handed in again, it has the first."""
    found = tree.look(folder, bounds(course), lambda name: not matches(name, course.ignore))
    stamp = [entry for entry in found if entry.path == "timestamp.txt"]
    work = [entry for entry in found if entry.path != "timestamp.txt"]
    return tree.digest(folder, work), tree.digest(folder, stamp)


def digest_of_files(course: CourseDirectory, folder: str | os.PathLike[str]) -> str:
    """A digest of what a kernel sees of a folder."""
    return tree.digest(folder, [e for e in beside(course, folder) if not e.left_out])


def given_files(
    course: CourseDirectory, assignment: str, kept: Collection[str] = ()
) -> dict[str, str]:
    """The files that the assignment gives besides its notebooks, by their path in a submission.

    Args:
        course: the course.
        assignment: its name.
        kept: paths in the source folder of files that stay the student's.
    """
    source = course.format_path(course.source_directory, ".", assignment)
    found = utils.find_all_files(source, [*course.ignore, "*.ipynb"])
    paths = {os.path.relpath(path, source): path for path in found}
    return {relative: path for relative, path in paths.items() if relative not in kept}


def not_in_the_way(
    entries: Sequence[tree.Entry], given: Mapping[str, str]
) -> tuple[list[tree.Entry], list[str]]:
    """What of a student's files leaves the places free into which the assignment's will be put.

    Returns:
        those files, and the paths of what is in the way otherwise than as the same file.
    """
    folders = {str(parent) for path in given for parent in Path(path).parents}
    fine, odd = [], []
    for entry in entries:
        above = [entry.path, *map(str, Path(entry.path).parents)]
        if entry.kind == "folder":
            in_the_way = any(path in given for path in above)
        else:
            in_the_way = entry.path in folders or any(path in given for path in above)
        if not in_the_way:
            fine.append(entry)
        elif entry.path not in given or entry.kind != "file":
            odd.append(entry.path)
    return fine, odd


@contextlib.contextmanager
def kernel_folder(course: CourseDirectory, copy: str | os.PathLike[str]) -> Iterator[str]:
    """A folder for a kernel, made from a submission's copy; it goes in the end."""
    with private_folder("autograder-files") as folder:
        tree.copy(copy, folder, [e for e in beside(course, copy) if not e.left_out])
        yield os.fspath(folder)


@contextlib.contextmanager
def private_folder(kind: str) -> Iterator[Path]:
    """A temporary folder of this process alone; of one that is killed, the next one removes it."""
    try:
        from ..sandbox.outside.private import PrivateFolder
    except ImportError:  # a system without such locks, on which nobody marks a class
        with tempfile.TemporaryDirectory(prefix=f"{kind}-") as plain:
            yield Path(plain)
        return
    folder = PrivateFolder(kind)
    try:
        yield folder.path
    finally:
        folder.remove()


def bounds(course: CourseDirectory) -> tree.Bounds:
    """How much of a submission is looked at, as the course is configured."""
    return tree.Bounds(
        file_bytes=1000 * int(course.max_file_size), total_bytes=1000 * int(course.max_dir_size)
    )


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a file's name is meant by one of the patterns, in capitals or not."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
