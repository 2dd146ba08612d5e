"""The gradebook in a handful of queries, whatever the size of the class.

nbgrader's own way is a query for each grade of each student; a class of five hundred would take
minutes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from nbgrader import api
from sqlalchemy import create_engine, select
from sqlalchemy.engine import Connection

from ..access import require_readable
from ..database import file_of, parsed, translating
from ..errors import ReportError

__all__ = ["Grade", "Rows", "Submitted", "read_gradebook"]


@dataclass(frozen=True)
class Grade:
    """One row: who earned how much for what. `score` is nbgrader's own sum."""

    auto: float | None
    manual: float | None
    score: float
    waits: bool


@dataclass(frozen=True)
class Submitted:
    """One submission.

    Attributes:
        came: when, UTC, if known.
        extension: beyond the due date.
        penalty: points taken off, over all notebooks.
        grades: by notebook and cell.
        untouched: notebook and cell of the answers that are as they were released.
    """

    came: datetime.datetime | None
    extension: datetime.timedelta | None
    penalty: float
    grades: dict[tuple[str, str], Grade]
    untouched: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Rows:
    """What the gradebook knows of an assignment.

    Attributes:
        due: when it was due, UTC.
        notebooks: their names, sorted.
        cells: by notebook and cell, the points that can be earned and whether a person gives them.
        students: from id to name.
        submitted: by student.
    """

    due: datetime.datetime | None
    notebooks: tuple[str, ...]
    cells: dict[tuple[str, str], tuple[float, bool]]
    students: dict[str, str]
    submitted: dict[str, Submitted]


def read_gradebook(db_url: str, assignment: str) -> Rows:
    """Read what the gradebook knows of an assignment; nothing is written.

    Raises:
        ReportError: there is no gradebook, or it has no such assignment.
        GradebookError: it cannot be read, and what to do.
    """
    path = file_of(db_url)
    if path is not None:
        require_readable(path)
        if not path.is_file():
            raise ReportError(
                f"There is no gradebook {path} yet. `nbgrader generate_assignment {assignment}` "
                "makes one; run this in the course directory."
            )
    with translating(db_url):
        engine = create_engine(parsed(db_url))
        try:
            with engine.connect() as connection:
                return _read(connection, assignment)
        finally:
            engine.dispose()


def _read(connection: Connection, assignment: str) -> Rows:
    found = connection.execute(
        select(api.Assignment.id, api.Assignment.duedate).where(api.Assignment.name == assignment)
    ).first()
    if found is None:
        names = sorted(connection.execute(select(api.Assignment.name)).scalars())
        there = f"It has: {', '.join(names)}." if names else "It has none at all."
        raise ReportError(f"The gradebook has no assignment {assignment!r}. {there}")
    assignment_id, due = found
    notebooks = {
        row.id: row.name
        for row in connection.execute(
            select(api.Notebook.id, api.Notebook.name).where(
                api.Notebook.assignment_id == assignment_id
            )
        )
    }
    return Rows(
        due=due,
        notebooks=tuple(sorted(notebooks.values())),
        cells=_cells(connection, notebooks),
        students=_students(connection),
        submitted=_submitted(connection, assignment_id, notebooks),
    )


def _students(connection: Connection) -> dict[str, str]:
    columns = (api.Student.id, api.Student.first_name, api.Student.last_name)
    return {
        row.id: " ".join(filter(None, (row.first_name, row.last_name)))
        for row in connection.execute(select(*columns))
    }


def _cells(
    connection: Connection, notebooks: dict[str, str]
) -> dict[tuple[str, str], tuple[float, bool]]:
    base, cells = api.BaseCell.__table__, {}
    answers = {
        (row.notebook_id, row.name)
        for row in connection.execute(
            select(base.c.notebook_id, base.c.name).where(
                base.c.type == "SolutionCell", base.c.notebook_id.in_(notebooks)
            )
        )
    }
    for kind in (api.GradeCell.__table__, api.TaskCell.__table__):
        rows = connection.execute(
            select(base.c.notebook_id, base.c.name, kind.c.max_score).where(
                base.c.id == kind.c.id, base.c.notebook_id.in_(notebooks)
            )
        )
        for notebook_id, name, points in rows:
            # What is to be graded and holds the answer itself has no test: nbgrader asks a person.
            by_hand = kind.name == "task_cells" or (notebook_id, name) in answers
            cells[notebooks[notebook_id], name] = (float(points), by_hand)
    return cells


def _submitted(
    connection: Connection, assignment_id: str, notebooks: dict[str, str]
) -> dict[str, Submitted]:
    of = api.SubmittedAssignment.__table__
    papers = connection.execute(
        select(of.c.id, of.c.student_id, of.c.timestamp, of.c.extension).where(
            of.c.assignment_id == assignment_id
        )
    ).all()
    grades: dict[str, dict[tuple[str, str], Grade]] = defaultdict(dict)
    for paper, notebook_id, cell, auto, manual, score, waits in _grades(connection, assignment_id):
        grade = Grade(auto, manual, float(score), bool(waits))
        grades[paper][notebooks[notebook_id], cell] = grade
    untouched: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for paper, notebook_id, cell in _untouched(connection, assignment_id):
        untouched[paper].add((notebooks[notebook_id], cell))
    penalties: dict[str, float] = defaultdict(float)
    part = api.SubmittedNotebook.__table__
    for paper, penalty in connection.execute(
        select(part.c.assignment_id, part.c.late_submission_penalty).where(
            part.c.assignment_id == of.c.id, of.c.assignment_id == assignment_id
        )
    ):
        penalties[paper] += penalty or 0.0
    return {
        row.student_id: Submitted(
            row.timestamp,
            row.extension,
            penalties[row.id],
            grades[row.id],
            frozenset(untouched[row.id]),
        )
        for row in papers
    }


def _grades(connection: Connection, assignment_id: str) -> Any:
    part, paper = api.SubmittedNotebook.__table__, api.SubmittedAssignment.__table__
    base = api.BaseCell.__table__
    return connection.execute(
        select(
            part.c.assignment_id,
            part.c.notebook_id,
            base.c.name,
            api.Grade.auto_score,
            api.Grade.manual_score,
            api.Grade.score,
            api.Grade.needs_manual_grade,
        ).where(
            api.Grade.notebook_id == part.c.id,
            api.Grade.cell_id == base.c.id,
            part.c.assignment_id == paper.c.id,
            paper.c.assignment_id == assignment_id,
        )
    )


def _untouched(connection: Connection, assignment_id: str) -> Any:
    """The answers of which nbgrader says that nobody changed the cell (SaveAutoGrades, 0.9.6)."""
    part, paper = api.SubmittedNotebook.__table__, api.SubmittedAssignment.__table__
    base, comment = api.BaseCell.__table__, api.Comment.__table__
    return connection.execute(
        select(part.c.assignment_id, part.c.notebook_id, base.c.name).where(
            comment.c.auto_comment == "No response.",
            comment.c.notebook_id == part.c.id,
            comment.c.cell_id == base.c.id,
            part.c.assignment_id == paper.c.id,
            paper.c.assignment_id == assignment_id,
        )
    )
