"""What is done once for all steps of a process stays apart for those who are at it together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from nbgrader import api
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.nbgrader.once import _Engines


@pytest.fixture
def db_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(api, "get_alembic_version", lambda: "0")  # a program that need not be there
    monkeypatch.setattr(api, "create_engine", _Engines(sqlalchemy.create_engine))
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture
def connections() -> Iterator[set[int]]:
    """Those that are open, of all that were opened meanwhile."""
    there: set[int] = set()
    heard = {
        "connect": lambda connection, _: there.add(id(connection)),
        "close": lambda connection, _: there.discard(id(connection)),
    }
    for name, hear in heard.items():
        event.listen(Engine, name, hear)
    yield there
    for name, hear in heard.items():
        event.remove(Engine, name, hear)


def test_of_two_who_have_a_gradebook_open_neither_leaves_a_connection(
    db_url: str, connections: set[int]
) -> None:
    """One engine for both left that of the one who closed last: Python 3.13 warned of it."""
    with api.Gradebook(db_url) as one:
        one.add_student("ann")
        with api.Gradebook(db_url) as other:
            assert [student.id for student in other.students] == ["ann"]
            assert len(connections) == 2
        assert [student.id for student in one.students] == ["ann"]
    assert not connections


def test_what_an_engine_compiled_serves_the_next(db_url: str) -> None:
    with api.Gradebook(db_url) as gradebook:
        first = gradebook.engine
    with api.Gradebook(db_url) as gradebook:
        assert gradebook.engine is first
    first.dispose()  # twice is once
    with api.Gradebook(db_url) as one, api.Gradebook(db_url) as other:
        assert {one.engine, other.engine} >= {first}
        assert one.engine is not other.engine


def test_engines_of_many_gradebooks_are_not_kept_for_ever() -> None:
    engines = _Engines(sqlalchemy.create_engine)
    first = engines("sqlite:///0.db")
    first.dispose()
    for number in range(1, 20):
        engines(f"sqlite:///{number}.db").dispose()
    assert engines("sqlite:///0.db") is not first
