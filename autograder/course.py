"""The course directory that one is in, as nbgrader's configuration there describes it."""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

from .access import require_readable
from .errors import ReportError

__all__ = ["open_course", "require_course"]


def require_course() -> None:
    """Raise ReportError unless one is in a course directory, CourseError if it cannot be read."""
    require_readable(Path("nbgrader_config.py"))
    if not Path("nbgrader_config.py").exists():
        raise ReportError(
            f"There is no nbgrader_config.py in {os.getcwd()}: run this in the course directory."
        )


def open_course() -> CourseDirectory:
    """The course directory in the current folder.

    Raises:
        ReportError: the folder is none.
        CourseError: its configuration cannot be read.
    """
    require_course()
    app = NbGrader()
    app.initialize(["--log-level=WARN"])
    return app.coursedir
