"""Waiting for a gradebook to which another program is writing, and saying so.

SQLite has one writer at a time, and nbgrader gives up on it after five seconds, with a stack trace
(nbgrader#1344, #1854). A server has many writers; there, turns are taken (turns.py).
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from ..database import file_of, shown
from ..errors import GradebookError

__all__ = ["be_patient", "wait_until_free"]

_SAID_AFTER = 3.0  # seconds; a formgrader that saves a page is done sooner
_MOST = 600.0
_IN_BETWEEN = 60.0  # where the gradebook becomes busy in the middle of a submission


@functools.cache
def be_patient() -> None:
    """Let every connection of this process to an SQLite database wait for others to write."""
    event.listen(Engine, "connect", _wait_longer)


def _wait_longer(connection: Any, record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {round(_IN_BETWEEN * 1000)}")


def wait_until_free(
    db_url: str,
    say: Callable[[str], None],
    stopped: Callable[[], bool] = lambda: False,
    most: float = _MOST,
) -> None:
    """Return once nobody else is writing to the gradebook; at once where it is no SQLite file.

    Args:
        db_url: the gradebook's.
        say: called once, with a sentence, if that takes more than a moment.
        stopped: whether to wait no longer; asked every second.
        most: seconds after which to give up.

    Raises:
        GradebookError: somebody was writing for all that time.
    """
    path = file_of(db_url)
    if path is None or not path.is_file():
        return
    began, said = time.monotonic(), False
    while not _is_free(str(path)) and not stopped():
        waited = time.monotonic() - began
        if waited >= most:
            raise GradebookError(
                f"The gradebook {shown(db_url)} cannot be used: another program has been writing "
                f"to it for {most:g} s",
                "end that program, or wait for its end, and run the command again: nothing is lost",
            )
        if waited >= _SAID_AFTER and not said:
            said = True
            say(f"Another program is writing to the gradebook {shown(db_url)}: waiting for it.")


def _is_free(path: str) -> bool:
    with contextlib.closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as exc:
            # Any other trouble is told, in words, by whoever works with it next.
            return "locked" not in str(exc)
        except sqlite3.DatabaseError:
            return True
    return True
