"""Points and comments into the gradebook, for the text that the grader read and for no other.

What was read has a digest, of the text in the copy and of the row in the gradebook. Within one
transaction the row is changed if it is still as it was, and then, with the row locked, the copy is
looked at: marking writes a submission's name into the journal before it touches copy or rows, so
either the name is seen here, or marking's own change of the row comes after this one and has a
person look again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from ..errors import CURE, GradebookError, NotSaved
from ..marking.journal import Journal
from . import rows
from .copies import text_of
from .gather import seen
from .rows import Row

__all__ = ["save"]


def save(course: CourseDirectory, grade: str, wanted: Mapping[str, Any]) -> Row:
    """Save points or a comment; returns the row as it is then.

    Args:
        course: the course directory.
        grade: the id of the grade in the gradebook.
        wanted: `seen` of what the grader read; and either `points`, a number or None to take them
            back, with `waits` if the text still waits for a person, or `comment`, a text.

    Raises:
        NotSaved: nothing was changed, and why.
    """
    try:
        with rows.opened(course.db_url, course.course_id) as gradebook:
            row = rows.find(gradebook, grade)
            if row is None:
                raise NotSaved("The gradebook has this text no more: load the page again.", "gone")
            _save(course, gradebook, row, wanted)
            saved = rows.find(gradebook, grade)
            assert saved is not None
            return saved
    except GradebookError as error:
        raise NotSaved(f"{error.says}.{CURE}{error.cure}.", "busy") from error


def _save(
    course: CourseDirectory, gradebook: Gradebook, row: Row, wanted: Mapping[str, Any]
) -> None:
    text_seen, _, row_seen = str(wanted.get("seen", "")).partition(".")
    if "points" in wanted:
        points = _points(wanted["points"], row)
        # As the formgrader has it: without points of a person or of nbgrader, a person is asked.
        waits = bool(wanted.get("waits")) or (points is None and row.auto is None)
        done = (row.given, row.waits) == (points, waits)
    else:
        said = _comment(wanted.get("comment"), row)
        done = row.said == said
    # What is as it is wanted was saved by a request whose answer was lost.
    if not done:
        if row.state != row_seen:
            raise NotSaved(_by_somebody_else(row), "changed")
        if "points" in wanted:
            done = rows.set_points(gradebook, row, points, waits=waits)
        else:
            done = rows.set_comment(gradebook, row, said)
        if not done:
            raise NotSaved(_by_somebody_else(row), "changed")
    _require_same_text(course, row, text_seen)
    gradebook.db.commit()


def _require_same_text(course: CourseDirectory, row: Row, text_seen: str) -> None:
    if Journal(course.root, row.assignment).interrupted(row.student):
        raise NotSaved(
            "This submission is being marked at the moment, or its marking was cut short: then "
            f"`autograder grade {row.assignment}` ends it.",
            "busy",
        )
    text = text_of(course, row)
    if text is None:
        raise NotSaved(
            "There is no autograded copy of this text any more: "
            f"`autograder grade {row.assignment}` makes one.",
            "gone",
        )
    if seen(row, text).partition(".")[0] != text_seen:
        raise NotSaved(
            "It was marked again, and the text is another now. Nothing was saved: read it as it "
            "stands here.",
            "changed",
        )


def _by_somebody_else(row: Row) -> str:
    has = "no points of a person" if row.given is None else f"{row.given:g} of {row.points:g}"
    return (
        "Somebody else was here, or it was marked again, since this page was made. Nothing was "
        f"saved: it has {has} now. What you give next stands."
    )


def _points(points: Any, row: Row) -> float | None:
    """The points, if they can be given.

    nbgrader counts whatever it is given, so nothing but a number within bounds gets there.
    """
    if points is None:
        return None
    if isinstance(points, bool) or not isinstance(points, int | float) or not math.isfinite(points):
        raise NotSaved(f"Points are a number from 0 to {row.points:g}.", "refused")
    if not 0 <= points <= row.points:
        raise NotSaved(
            f"{points:g} is not from 0 to {row.points:g}, which is what this exercise is worth. "
            "Extra credit can be given in the formgrader.",
            "refused",
        )
    return float(points)


def _comment(said: Any, row: Row) -> str | None:
    if row.comment is None:
        raise NotSaved("nbgrader keeps no comment on this cell.", "refused")
    if said is not None and not isinstance(said, str):
        raise NotSaved("A comment is a text.", "refused")
    # PostgreSQL takes no NUL, and nothing else is meant by it.
    return (said or "").replace("\0", "").strip() or None
