"""One at a time at a submission's rows and its copy, whoever marks: a command, the formgrader.

Two that begin the same submission at once would both make its rows, take each other's journal for
that of a killed run, and a fault would have one put back what the other is writing. So a submission
has a lock, which is given up as soon as whoever has it is gone. On a PostgreSQL server, which
graders share who have course directories of their own, it is the server's; else a file's.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from ..errors import MarkingError

__all__ = ["Turns"]

_LOCK_NOT_AVAILABLE = "55P03"
_PATIENCE_SECONDS = 1800  # `nbgrader autograde` runs the submission meanwhile
_LOOK_SECONDS = 1.0
_SAID_AFTER_SECONDS = 3.0


class Turns:
    """The turns that this process has.

    Args:
        db_url: the gradebook's database.
        course_id: the course in it.
        folder: for the locks that are files, made where it is not there; without one, none is.
        group: whether the course's group may take them too.
        say: called with a sentence where a turn does not come at once.
        stopped: whether to wait no longer; asked every second.
    """

    def __init__(
        self,
        db_url: str,
        course_id: str,
        folder: Path | None = None,
        *,
        group: bool = False,
        say: Callable[[str], None] = lambda _: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._db_url, self._course_id = db_url, course_id
        self._folder, self._mode = folder, 0o660 if group else 0o600
        self._say, self._stopped = say, stopped
        self._shared = make_url(db_url).get_backend_name() == "postgresql"
        self._held: dict[tuple[str, str], Connection | BaseFileLock] = {}

    def take(self, assignment: str, student: str) -> None:
        """Wait until nobody else is at a submission.

        Raises:
            MarkingError: somebody is, for long; or this run is to wait no longer.
            OSError: the lock's file cannot be made.
            SQLAlchemyError: the server cannot be asked.
        """
        which = assignment, student
        if which in self._held:
            return
        if self._shared:
            self._held[which] = self._of_server(*which)
        elif self._folder is not None:
            self._held[which] = self._of_file(self._folder, *which)

    def _of_file(self, folder: Path, assignment: str, student: str) -> BaseFileLock:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / self._digest(assignment, student).hex(), mode=self._mode)
        began, said = time.monotonic(), False
        while True:
            try:
                lock.acquire(timeout=_LOOK_SECONDS)
                return lock
            except Timeout as exc:
                waited = time.monotonic() - began
                if self._stopped() or waited >= _PATIENCE_SECONDS:
                    raise self._in_vain(student, waited) from exc
                if waited >= _SAID_AFTER_SECONDS and not said:
                    said = True
                    self._say(f"Another program is marking {student}: waiting for its end.")

    @staticmethod
    def _in_vain(student: str, seconds: float) -> MarkingError:
        return MarkingError(
            f"Another program has been marking {student} for {seconds / 60:.0f} minutes: mark "
            "again when that has ended."
        )

    def _of_server(self, assignment: str, student: str) -> Connection:
        connection = create_engine(self._db_url, poolclass=NullPool).connect()
        try:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"SET lock_timeout = '{_PATIENCE_SECONDS}s'"))
            key = int.from_bytes(self._digest(assignment, student), "big", signed=True)
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        except OperationalError as exc:
            connection.close()
            if getattr(exc.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise self._in_vain(student, _PATIENCE_SECONDS) from exc
            raise
        except BaseException:
            connection.close()
            raise
        return connection

    def give_back(self, assignment: str, student: str) -> None:
        """Let others at a submission."""
        held = self._held.pop((assignment, student), None)
        if isinstance(held, Connection):
            held.close()  # and with it goes the lock
        elif held is not None:
            held.release()

    @contextlib.contextmanager
    def taken(self, assignment: str, student: str) -> Iterator[None]:
        """Within, it is this process's turn; raises as `take` does."""
        self.take(assignment, student)
        try:
            yield
        finally:
            self.give_back(assignment, student)

    def _digest(self, assignment: str, student: str) -> bytes:
        what = "\0".join((self._course_id, assignment, student)).encode()
        return hashlib.blake2b(what, digest_size=8, person=b"autograder").digest()
