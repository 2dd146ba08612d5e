"""A gradebook to which another program writes is waited for, and that is said once."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from autograder.errors import GradebookError
from autograder.nbgrader.patience import be_patient, wait_until_free


@pytest.fixture
def gradebook(tmp_path: Path) -> Path:
    path = tmp_path / "grade book.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE marks (score REAL)")
    return path


@contextlib.contextmanager
def held(path: Path, seconds: float = 1e6) -> Iterator[None]:
    """Somebody else has the gradebook to themselves, for this long or until the end."""
    done, begun = threading.Event(), threading.Event()

    def hold() -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            begun.set()
            done.wait(seconds)
            connection.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_gradebook_that_is_free_is_not_waited_for(gradebook: Path, tmp_path: Path) -> None:
    said: list[str] = []
    for url in (f"sqlite:///{gradebook}", f"sqlite:///{tmp_path / 'none.db'}", "sqlite://"):
        wait_until_free(url, said.append)
    assert said == []


def test_one_that_is_busy_is_waited_for_and_that_is_said_once(gradebook: Path) -> None:
    said: list[str] = []
    began = time.monotonic()
    with held(gradebook, 7):
        wait_until_free(f"sqlite:///{gradebook}", said.append)
        assert time.monotonic() - began >= 6
    assert len(said) == 1
    assert str(gradebook) in said[0]


def test_who_waits_for_too_long_is_told_what_to_do(gradebook: Path) -> None:
    with held(gradebook), pytest.raises(GradebookError, match="nothing is lost"):
        wait_until_free(f"sqlite:///{gradebook}", lambda words: None, most=1)


def test_who_stops_waits_no_longer(gradebook: Path) -> None:
    with held(gradebook):
        wait_until_free(f"sqlite:///{gradebook}", lambda words: None, lambda: True)


def test_nbgraders_own_connections_wait_too(gradebook: Path) -> None:
    be_patient()
    engine = create_engine(f"sqlite:///{gradebook}", poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() >= 30_000
    with held(gradebook, 7), engine.begin() as connection:  # SQLAlchemy's default is five seconds
        connection.execute(text("INSERT INTO marks VALUES (1.0)"))
