"""Who may read what a course keeps to itself: its owner, and nobody else.

nbgrader leaves the gradebook and its folders as the umask has it, readable for all on most machines
(0.9.6). Where the class shares the machine, these are the class's marks and work.

Folders are closed, and not what is in them: nbgrader gives a feedback page to its student with the
rights that the page has. A course that several graders share (`c.CourseDirectory.groupshared`)
stays open to their group.
"""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from ..database import file_of
from ..marking.results import STATE

__all__ = ["folders_of", "keep_private", "private_parts", "to_step"]

_SEED = ".autograder_seed"


def private_parts(course: CourseDirectory) -> list[Path]:
    """What is there of a course's folders and files that hold solutions, work or marks."""
    solutions = (
        course.source_directory,
        course.source_with_tests_directory,
        course.solution_directory,
    )
    parts = [*(folder for step in solutions for folder in folders_of(course, step))]
    return [path for path in (*parts, *_marking(course)) if path.exists()]


def _marking(course: CourseDirectory) -> list[Path]:
    steps = (course.submitted_directory, course.autograded_directory, course.feedback_directory)
    book = file_of(str(course.db_url))
    return [
        *(folder for step in steps for folder in folders_of(course, step)),
        *(Path(course.root) / name for name in (STATE, _SEED)),
        *([book] if book else []),
    ]


def keep_private(course: CourseDirectory, *steps: str) -> None:
    """Close to others what marking makes; what belongs to somebody else stays as it is.

    Args:
        course: the course directory.
        steps: folders that are about to be filled, such as `course.feedback_directory`: made before
            anything is in them, if they are not there. Where each student has one of their own
            (`{student_id}/{nbgrader_step}`), it is closed by the next call.
    """
    shared, structure = bool(course.groupshared), to_step(course)
    for step in steps if "{student_id}" not in structure else ():
        names = {"nbgrader_step": step, "assignment_id": course.assignment_id}
        folder = Path(course.root, structure.format(**names))
        # Where it cannot be made, whoever writes into it says so.
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, mode=0o700)
            _allow(folder, 0o2770 if shared else 0o700)
    for path in _marking(course):
        _allow(path, 0, refused=0o007 if shared else 0o077)
    if shared:
        for path in _for_the_group(course):
            _allow(path, 0o2770 if path.is_dir() else 0o660)


def _for_the_group(course: CourseDirectory) -> Iterator[Path]:
    """What nbgrader does not open to the group of a shared course, or does not know."""
    yield Path(course.root) / _SEED
    book = file_of(str(course.db_url))
    if book is not None:
        yield book
    state = Path(course.root) / STATE
    yield from (state, *state.rglob("*"))


def to_step(course: CourseDirectory) -> str:
    """The course's `directory_structure`, down to the folder that is named after the step."""
    parts = Path(course.directory_structure).parts
    named = [place for place, part in enumerate(parts) if "{nbgrader_step}" in part]
    return os.path.join(*parts[: named[0] + 1 if named else None])


def folders_of(course: CourseDirectory, step: str) -> list[Path]:
    """The folders that are there of a step: one, or one for each assignment or student."""
    names = {"student_id": "*", "assignment_id": "*", "nbgrader_step": glob.escape(step)}
    pattern = os.path.join(glob.escape(str(course.root)), to_step(course).format(**names))
    return [Path(os.path.normpath(folder)) for folder in glob.glob(pattern)]


def _allow(path: Path, granted: int, refused: int = 0) -> None:
    # It is not there, another's, or on a disk that is read-only.
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = (mode | granted) & ~refused
        if wanted != mode:
            path.chmod(wanted)
