"""One at a time at a submission's rows, where several graders have one gradebook on a server.

Each has a course directory of their own, with a lock of its own (grade.py). What they share is the
database, in which two that begin the same submission at once would both make its rows, and a fault
would have one put back what the other is writing. So a submission's turn is a lock of PostgreSQL's:
the server gives it up as soon as whoever has it is gone.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from ..errors import MarkingError

__all__ = ["Turns"]

_LOCK_NOT_AVAILABLE = "55P03"
_PATIENCE_SECONDS = 1800  # `nbgrader autograde` runs the submission meanwhile


class Turns:
    """The turns that this process has; in a database that is no PostgreSQL, they cost nothing.

    Args:
        db_url: the gradebook's database.
        course_id: the course in it.
    """

    def __init__(self, db_url: str, course_id: str) -> None:
        self._db_url, self._course_id = db_url, course_id
        self._shared = make_url(db_url).get_backend_name() == "postgresql"
        self._held: dict[tuple[str, str], Connection] = {}

    def take(self, assignment: str, student: str) -> None:
        """Wait until nobody else is at a submission's rows.

        Raises:
            MarkingError: somebody is, for long.
            SQLAlchemyError: the server cannot be asked.
        """
        if not self._shared or (assignment, student) in self._held:
            return
        connection = create_engine(self._db_url, poolclass=NullPool).connect()
        try:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"SET lock_timeout = '{_PATIENCE_SECONDS}s'"))
            key = self._key(assignment, student)
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        except OperationalError as exc:
            connection.close()
            if getattr(exc.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise MarkingError(
                    f"Another grader has been marking {student} for {_PATIENCE_SECONDS // 60} "
                    "minutes: mark again when that has ended."
                ) from exc
            raise
        except BaseException:
            connection.close()
            raise
        self._held[assignment, student] = connection

    def give_back(self, assignment: str, student: str) -> None:
        """Let others at a submission's rows."""
        connection = self._held.pop((assignment, student), None)
        if connection is not None:
            connection.close()  # and with it goes the lock

    @contextlib.contextmanager
    def taken(self, assignment: str, student: str) -> Iterator[None]:
        """Within, it is this process's turn; raises as `take` does."""
        self.take(assignment, student)
        try:
            yield
        finally:
            self.give_back(assignment, student)

    def _key(self, assignment: str, student: str) -> int:
        what = "\0".join((self._course_id, assignment, student)).encode()
        digest = hashlib.blake2b(what, digest_size=8, person=b"autograder").digest()
        return int.from_bytes(digest, "big", signed=True)
