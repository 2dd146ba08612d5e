"""One gradebook for all steps of a submission, where nbgrader opens one for each of them.

Opening costs more than what most steps then ask: a connection, a look at every table, two rows of
courses (nbgrader 0.9.6, `Gradebook.__init__`). So within `OneGradebook.lent` they are lent the same
one. It answers from one query what nbgrader asks cell by cell, and what a step has read is
forgotten when the step closes it, so that nobody sees what is out of date.

Rows that are made are committed at once, as nbgrader does; rows that are changed are committed
together, by `settle`, which is called before the journal strikes a submission out. Between
submissions no transaction is open, no lock held and no connection kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    SolutionCell,
    SourceCell,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from . import upstream

__all__ = ["OneGradebook", "opened", "settle"]

_OF_A_CELL = (Grade, Comment)
_PARTS = {"engine", "db", "course_id", "authenticator"}  # of a Gradebook, all that it is


class _OneTransaction(Session):
    """A session in which a commit that only changes rows is put off until it is settled."""

    merged = True
    put_off = False
    _made = False
    _to_write: Sequence[Any] = ()

    def flush(self, objects: Any = None) -> None:
        """As SQLAlchemy's; notes whether rows are made."""
        self._made |= bool(self.new or self.deleted)
        super().flush(objects)
        self._to_write = ()

    def commit(self) -> None:
        """Commit, or see that the next query shows what a commit would show.

        nbgrader commits each cell's score and comment by itself. They are written together before
        the next query, which is when SQLAlchemy writes what has changed.
        """
        if not self.merged or self.new or self.deleted or self._has_changed_more_than_cells():
            self.flush()
        if self._made or not self.merged:
            self.settle()
        else:
            self.put_off = True
            self._to_write = list(self.dirty)
        # Their columns are what was just set; sums over them are not.
        for row in [row for row in self if not isinstance(row, _OF_A_CELL)]:
            self.expire(row)

    def _has_changed_more_than_cells(self) -> bool:
        return not all(isinstance(row, _OF_A_CELL) for row in self.dirty)

    def settle(self) -> None:
        """Commit what was put off."""
        with self._rolled_back_if_not():
            super().commit()
        self.put_off = self._made = False

    @contextlib.contextmanager
    def _rolled_back_if_not(self) -> Iterator[None]:
        """What could not be written is gone, so that the next to ask can be answered."""
        try:
            yield
        except SQLAlchemyError:
            self.rollback()
            raise

    def rollback(self) -> None:
        """As SQLAlchemy's."""
        super().rollback()
        self.put_off = self._made = False

    def forget(self) -> None:
        """What closing a gradebook does: what was not committed is gone, and all is read anew."""
        if self.put_off and self.is_active:
            for row in self.dirty.difference(self._to_write):
                self.expire(row)
            with self._rolled_back_if_not():
                self.flush()
        else:
            self.rollback()
        for row in list(self.new):
            self.expunge(row)
        self.expire_all()


class _Lent(Gradebook):
    """A gradebook that several steps have one after the other, each until it closes it."""

    def __init__(self, made: Gradebook, db: Any, course_id: str) -> None:
        # Not nbgrader's, which opens: `made` is open.
        self.__dict__ |= vars(made) | {"db": db, "course_id": course_id}
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.ids: dict[tuple[str, ...], str] = {}

    def close(self) -> None:
        """Leave it to the next step."""
        self._known.clear()
        self.db().forget()

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        """As nbgrader's."""
        where = (notebook, assignment)
        return self._cell(SourceCell, name, where) or super().find_source_cell(name, *where)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> Any:
        """As nbgrader's."""
        where = (notebook, assignment)
        return self._cell(GradeCell, name, where) or super().find_graded_cell(name, *where)

    def find_grade(self, name: str, notebook: str, assignment: str, student: str) -> Grade:
        """As nbgrader's."""
        where = (notebook, assignment, student)
        return self._row(Grade, GradeCell, name, where) or super().find_grade(name, *where)

    def find_comment(self, name: str, notebook: str, assignment: str, student: str) -> Comment:
        """As nbgrader's."""
        where = (notebook, assignment, student)
        return self._row(Comment, SolutionCell, name, where) or super().find_comment(name, *where)

    def _cell(self, kind: Any, name: str, where: tuple[str, str]) -> Any:
        """A cell of a notebook, or None."""
        of = (kind, *where)
        if of not in self._known:
            whose = self._id(self.find_notebook, *where)
            cells = self.db.query(kind).filter(kind.notebook_id == whose)
            self._known[of] = {cell.name: cell for cell in cells}
        return self._known[of].get(name)

    def _row(self, kind: Any, cell: Any, name: str, where: tuple[str, str, str]) -> Any:
        """The row of a submitted notebook that belongs to a cell, or None."""
        of = (kind, *where)
        if of not in self._known:
            whose = self._id(self.find_submission_notebook, *where)
            rows = self.db.query(kind, cell.name).join(cell, cell.id == kind.cell_id)
            rows = rows.filter(kind.notebook_id == whose)
            self._known[of] = {named: row for row, named in rows}
        return self._known[of].get(name)

    def _id(self, find: Callable[..., Any], *where: str) -> str:
        """The id of what is found there, which is the same for all steps of a submission."""
        if where not in self.ids:
            self.ids[where] = find(*where).id
        return self.ids[where]


class OneGradebook:
    """The gradebook of a run, lent to all steps of one submission after the other.

    Args:
        db_url: where it is.
        merged: whether changes to rows are put off until `settle`. Then nobody else in this process
            may want to write to it within `lent` by a connection of their own.
    """

    def __init__(self, db_url: str, *, merged: bool) -> None:
        self.db_url, self._merged = db_url, merged
        self._by_course: dict[str, _Lent] = {}
        self._session: Any = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Within, all that open it, by `opened` or in nbgrader's steps, have the same."""
        global _lender
        upstream.open_gradebooks_by(opened)
        _lender = self
        try:
            yield
        finally:
            _lender = None
            self._let_go()

    def course(self, course_id: str) -> Gradebook:
        """It, as a course's; opened anew where nbgrader's has parts that we do not know."""
        if course_id not in self._by_course:
            made = Gradebook(self.db_url, course_id)
            if vars(made).keys() != _PARTS:
                return made
            made.db.remove()
            if self._session is None:
                new = sessionmaker(made.engine, class_=_OneTransaction, expire_on_commit=False)
                self._session = scoped_session(new)
            self._by_course[course_id] = _Lent(made, self._session, course_id)
        self._session().merged = self._merged
        return self._by_course[course_id]

    def settle(self) -> None:
        """Commit what was put off."""
        if self._session is not None and self._session().put_off:
            self._session().settle()

    def _let_go(self) -> None:
        """Commit what a fault left unsettled, as nbgrader would have, and hold nothing."""
        if self._session is None:
            return
        try:
            self.settle()
        except SQLAlchemyError:
            # The fault that came before is told; rows from before are put back in any case.
            self._session.rollback()
        finally:
            self._session.remove()
            for gradebook in self._by_course.values():
                gradebook.ids.clear()
                gradebook.engine.dispose()


_lender: OneGradebook | None = None


def opened(db_url: str, course_id: str = "default_course", *more: Any, **named: Any) -> Gradebook:
    """As `nbgrader.api.Gradebook`; the one that is lent, if it is that."""
    if _lender is None or _lender.db_url != db_url or more or named:
        return Gradebook(db_url, course_id, *more, **named)
    return _lender.course(course_id)


def settle() -> None:
    """Commit what was put off: from here on it survives whatever happens.

    Raises:
        SQLAlchemyError: it cannot be.
    """
    if _lender is not None:
        _lender.settle()
