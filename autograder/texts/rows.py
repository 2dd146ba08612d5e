"""What the gradebook knows of the texts of an assignment, and the one way in which it is changed.

nbgrader's own objects cost a query for each grade; a class has thousands. What is changed are the
columns that the formgrader changes (nbgrader 0.9.6, formgrader/apihandlers.py), and only while they
are what whoever read the text had before their eyes: a single UPDATE with a condition, so that of
two graders one is told of the other, in SQLite as in PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nbgrader import api
from sqlalchemy import select, update

from ..access import require_readable
from ..database import file_of, translating
from ..errors import ReportError

__all__ = ["Row", "digest", "find", "opened", "others_waiting", "read", "set_comment", "set_points"]

_NO_RESPONSE = "No response."  # SaveAutoGrades says so of an answer that is as it was released


@dataclass(frozen=True)
class Row:
    """One answer that a person reads.

    Attributes:
        grade: its id in the gradebook.
        comment: the id of the comment's row; None where there is none.
        assignment: the assignment's name.
        notebook: the notebook's.
        cell: the answer's `grade_id`.
        student: the id of whose it is.
        name: what they are called, or "".
        points: the most that can be given.
        given: by a person.
        auto: what nbgrader gave: 0 to what is as it was released.
        waits: whether a person is still to look.
        said: a person's comment.
        untouched: whether the answer is as it was released.
        came: when the submission was made, as the gradebook has it.
    """

    grade: str
    comment: str | None
    assignment: str
    notebook: str
    cell: str
    student: str
    name: str
    points: float
    given: float | None
    auto: float | None
    waits: bool
    said: str | None
    untouched: bool
    came: str

    @property
    def state(self) -> str:
        """A digest of all that somebody else may change meanwhile."""
        return digest([self.given, self.auto, self.waits, self.said, self.came])


def digest(content: Any) -> str:
    """Of anything that JSON holds."""
    text = json.dumps(content, sort_keys=True).encode()
    return hashlib.blake2b(text, digest_size=12).hexdigest()


@contextmanager
def opened(db_url: str, course_id: str) -> Iterator[api.Gradebook]:
    """The gradebook.

    Raises:
        ReportError: there is none; nbgrader would make one.
        GradebookError: it cannot be used, and what to do.
    """
    path = file_of(db_url)
    if path is not None:
        require_readable(path)
        if not path.is_file():
            raise ReportError(f"There is no gradebook {path} yet: nothing has been marked.")
    with translating(db_url), api.Gradebook(db_url, course_id) as gradebook:
        yield gradebook


def read(gradebook: api.Gradebook, assignment: str) -> list[Row]:
    """All answers of an assignment that a person reads, by student's id and notebook.

    Raises:
        ReportError: there is no such assignment.
    """
    names = sorted(gradebook.db.execute(select(api.Assignment.name)).scalars())
    if assignment not in names:
        there = f"It has: {', '.join(names)}." if names else "It has none at all."
        raise ReportError(f"The gradebook has no assignment {assignment!r}. {there}")
    rows = gradebook.db.execute(_query().where(api.Assignment.name == assignment))
    return sorted(map(_row, rows), key=lambda row: (row.student, row.notebook, row.cell))


def find(gradebook: api.Gradebook, grade: str) -> Row | None:
    """One answer, by the id of its grade; None where there is none that a person reads."""
    found = gradebook.db.execute(_query().where(api.Grade.id == grade)).first()
    return _row(found) if found is not None else None


def set_points(gradebook: api.Gradebook, row: Row, points: float | None, *, waits: bool) -> bool:
    """Give points, or take them back; whether the row was still as `row` has it.

    The caller commits.
    """
    grade = api.Grade.__table__
    done = gradebook.db.execute(
        update(grade)
        .where(
            grade.c.id == row.grade,
            grade.c.manual_score.is_not_distinct_from(row.given),
            grade.c.auto_score.is_not_distinct_from(row.auto),
            grade.c.needs_manual_grade == row.waits,
        )
        .values(manual_score=points, needs_manual_grade=waits)
    )
    return bool(done.rowcount == 1)


def set_comment(gradebook: api.Gradebook, row: Row, said: str | None) -> bool:
    """Write a comment, or take it back; whether the row was still as `row` has it."""
    comment = api.Comment.__table__
    done = gradebook.db.execute(
        update(comment)
        .where(
            comment.c.id == row.comment,
            comment.c.manual_comment.is_not_distinct_from(row.said),
        )
        .values(manual_comment=said)
    )
    return bool(done.rowcount == 1)


def others_waiting(gradebook: api.Gradebook, assignment: str) -> int:
    """How many other answers wait for a person: those that a machine should have judged."""
    ours = {row.grade for row in read(gradebook, assignment)}
    grade, part = api.Grade.__table__, api.SubmittedNotebook.__table__
    paper, task = api.SubmittedAssignment.__table__, api.Assignment.__table__
    waiting = gradebook.db.execute(
        select(grade.c.id).where(
            grade.c.needs_manual_grade,
            grade.c.notebook_id == part.c.id,
            part.c.assignment_id == paper.c.id,
            paper.c.assignment_id == task.c.id,
            task.c.name == assignment,
        )
    ).scalars()
    return len({*waiting} - ours)


def _query() -> Any:
    grade, comment = api.Grade.__table__, api.Comment.__table__
    cell, answer = api.BaseCell.__table__, api.BaseCell.__table__.alias("answer")
    marked, task = api.GradeCell.__table__, api.TaskCell.__table__
    part, paper = api.SubmittedNotebook.__table__, api.SubmittedAssignment.__table__
    joined = (
        grade.join(cell, grade.c.cell_id == cell.c.id)
        .join(part, grade.c.notebook_id == part.c.id)
        .join(paper, part.c.assignment_id == paper.c.id)
        .join(api.Notebook.__table__, part.c.notebook_id == api.Notebook.id)
        .join(api.Assignment.__table__, paper.c.assignment_id == api.Assignment.id)
        .join(api.Student.__table__, paper.c.student_id == api.Student.id)
        .outerjoin(marked, marked.c.id == cell.c.id)
        .outerjoin(task, task.c.id == cell.c.id)
        # What is to be graded and holds the answer itself has no test: nbgrader asks a person.
        .outerjoin(
            answer,
            (answer.c.notebook_id == cell.c.notebook_id)
            & (answer.c.name == cell.c.name)
            & (answer.c.type == "SolutionCell"),
        )
        .outerjoin(
            comment,
            (comment.c.notebook_id == part.c.id) & comment.c.cell_id.in_([answer.c.id, cell.c.id]),
        )
    )
    return (
        select(
            grade.c.id,
            grade.c.manual_score,
            grade.c.auto_score,
            grade.c.needs_manual_grade,
            cell.c.name.label("cell"),
            marked.c.max_score.label("marked"),
            task.c.max_score.label("task"),
            comment.c.id.label("comment"),
            comment.c.manual_comment,
            comment.c.auto_comment,
            paper.c.student_id,
            paper.c.timestamp,
            api.Notebook.name.label("notebook"),
            api.Assignment.name.label("assignment"),
            api.Student.first_name,
            api.Student.last_name,
        )
        .select_from(joined)
        .where(answer.c.id.is_not(None) | task.c.id.is_not(None))
    )


def _row(found: Any) -> Row:
    return Row(
        grade=found.id,
        comment=found.comment,
        assignment=found.assignment,
        notebook=found.notebook,
        cell=found.cell,
        student=found.student_id,
        name=" ".join(filter(None, (found.first_name, found.last_name))),
        points=float(found.marked if found.marked is not None else found.task),
        given=found.manual_score,
        auto=found.auto_score,
        waits=bool(found.needs_manual_grade),
        said=found.manual_comment,
        untouched=found.auto_comment == _NO_RESPONSE,
        came=str(found.timestamp),
    )
