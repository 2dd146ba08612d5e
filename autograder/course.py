"""The course directory that one is in, as nbgrader's configuration there describes it."""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

from .errors import ReportError

__all__ = ["open_course", "require_course"]


def require_course() -> None:
    """Raise ReportError unless the current folder is a course directory."""
    if not Path("nbgrader_config.py").exists():
        raise ReportError(
            f"There is no nbgrader_config.py in {os.getcwd()}: run this in the course directory."
        )


def open_course() -> CourseDirectory:
    """The course directory in the current folder.

    Raises:
        ReportError: the folder is none.
    """
    require_course()
    app = NbGrader()
    app.initialize(["--log-level=WARN"])
    return app.coursedir
