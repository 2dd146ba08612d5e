"""Where a nbgrader converter, exporter or preprocessor finds its course directory."""

from __future__ import annotations

from typing import Any

from nbgrader.coursedir import CourseDirectory

__all__ = ["course_of"]


def course_of(part: Any) -> CourseDirectory:
    """The course directory of the converter that `part` belongs to, or the configured one."""
    owner = part
    while owner is not None:
        found = getattr(owner, "coursedir", None)
        if isinstance(found, CourseDirectory):
            return found
        owner = getattr(owner, "parent", None)
    return CourseDirectory(parent=part)
