"""Whether marking may read and write what it has to, asked before anything is changed."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from .. import access, database
from ..access import require_readable, require_writable
from ..errors import AutograderError
from ..marking.results import state_folder
from .rights import folders_of

__all__ = ["foreseen", "require_rights"]


def require_rights(course: CourseDirectory) -> None:
    """Find out whether an assignment's submissions can be marked by this user.

    Args:
        course: with the assignment that is to be marked.

    Raises:
        CourseError: no: who may not read or write which file, and what to do.
    """
    root, assignment = Path(course.root), str(course.assignment_id)
    source = Path(course.format_path(course.source_directory, ".", assignment))
    release = Path(course.format_path(course.release_directory, ".", assignment))
    require_readable(source, *source.glob("*.ipynb"), release, *release.glob("*.ipynb"))
    require_readable(*folders_of(course, course.submitted_directory), root / ".autograder_seed")
    state = state_folder(root, assignment)
    written = [state, *(state / name for name in ("lock", "last_run.log", "last_run.json"))]
    require_writable(root, *folders_of(course, course.autograded_directory), *written)
    database.require_database(course.db_url)


def foreseen(error: Exception, db_url: str) -> AutograderError | None:
    """An error in words for a grader, where it is ours, or one of the disk's or the database's.

    Args:
        error: as it was caught.
        db_url: the gradebook's.
    """
    if isinstance(error, AutograderError):
        return error
    if isinstance(error, OSError):
        return access.translated(error)
    return database.translated(error, db_url)
