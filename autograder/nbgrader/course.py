"""Where a nbgrader converter, exporter or preprocessor finds what those above it have."""

from __future__ import annotations

from typing import Any

from nbgrader.coursedir import CourseDirectory

__all__ = ["above", "course_of"]


def above(part: Any, name: str) -> Any:
    """An attribute of the first that has one of that name: `part`, or what it belongs to."""
    owner = part
    while owner is not None:
        found = getattr(owner, name, None)
        if found is not None:
            return found
        owner = getattr(owner, "parent", None)
    return None


def course_of(part: Any) -> CourseDirectory:
    """The course directory of the converter that `part` belongs to, or the configured one."""
    found = above(part, "coursedir")
    return found if isinstance(found, CourseDirectory) else CourseDirectory(parent=part)
