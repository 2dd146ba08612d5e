"""A database's URL is shown without its password, and a driver's error is told in a sentence."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from packaging.requirements import Requirement
from sqlalchemy.exc import OperationalError, ProgrammingError

from autograder.database import (
    file_of,
    parsed,
    require_database,
    shown,
    translated,
    translating,
)
from autograder.distribution import DISTRIBUTION, extra
from autograder.errors import GradebookError

URL = "postgresql+psycopg://ada:top-secret@db.example.org/marks"


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        (URL, "postgresql+psycopg://ada:***@db.example.org/marks"),
        ("postgresql://ada@db/marks", "postgresql://ada@db/marks"),
        ("postgresql:///marks?user=ada&password=top-secret", "postgresql:///marks?"),
        ("postgresql://ada:to/p:se#c?ret@db/marks", "postgresql://ada:***@db/marks"),
        ("postgresql://ada:x@top-secret@db/marks", "postgresql://ada:***@db/marks"),
        ("sqlite:////srv/course/gradebook.db", "/srv/course/gradebook.db"),
        ("postgresql//ada:top-secret@db/marks", ""),
    ],
)
def test_no_password_is_shown(url: str, seen: str) -> None:
    assert shown(url).startswith(seen)
    assert "secret" not in shown(url)
    assert "se#c" not in shown(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://ada:top-secret@db:port/marks", "is no URL of a database"),
        ("postgresql+psycopg://ada:top-secret@db..example/marks", "there is no such host"),
        ("oracle://ada:top-secret@db/marks", "driver oracledb is not installed"),
    ],
)
def test_an_odd_url_is_told_in_a_sentence(url: str, words: str) -> None:
    for use in (require_database, through_nbgrader):
        with pytest.raises(GradebookError) as caught:
            use(url)
        assert words in caught.value.says
        assert "secret" not in str(caught.value)


def through_nbgrader(url: str) -> None:
    with translating(url), Gradebook(url, "a course"):
        pass


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///gradebook.db", Path("gradebook.db")),
        ("sqlite:////srv/a b.db", Path("/srv/a b.db")),
        ("sqlite:///gradebook.db?timeout=30", Path("gradebook.db")),
        ("sqlite:///:memory:", None),
        ("sqlite:///file:gradebook.db?mode=ro&uri=true", None),
        ("sqlite://", None),
        (URL, None),
        ("gradebook.db", None),
    ],
)
def test_the_file_of_a_database(url: str, file: Path | None) -> None:
    assert file_of(url) == file


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ('FATAL:  password authentication failed for user "ada"', "refuses the user"),
        ("fe_sendauth: no password supplied", "refuses the user"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', "refuses the user"),
        ('FATAL:  database "marks" does not exist', "has no such database"),
        ("could not translate host name", "no such host"),
        ("failed to resolve host 'db': Name or service not known", "no such host"),
        ("connection to server at ::1, port 5432 failed: Connection refused", "does not answer"),
        ("connection timeout expired", "does not answer"),
        ("FATAL:  the database system is shutting down", "does not answer"),
        ("terminating connection due to administrator command", "does not answer"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("permission denied for table assignment", "may not read and write"),
        ('relation "assignment" does not exist', "not made by this nbgrader"),
        ("no such column: assignment.course_id", "not made by this nbgrader"),
        ("database is locked", "another program is writing"),
        ("a new kind of trouble with top-secret in it", "a new kind of trouble with *** in it"),
    ],
)
def test_what_a_driver_says_is_told(words: str, says: str) -> None:
    for kind in (OperationalError, ProgrammingError):
        told = translated(kind("SELECT 1", {}, Exception(words)), URL)
        assert told is not None
        assert says in told.says
        assert told.cure
        assert "secret" not in str(told)


def test_only_a_driver_that_is_missing_is_the_gradebooks_matter() -> None:
    for name, url in (("psycopg", URL), ("psycopg2", "postgresql://ada@db/marks")):
        told = translated(ModuleNotFoundError("No module", name=name), url)
        assert told is not None
        assert f"`pip install '{extra('postgresql')}'`" in told.cure
    assert translated(ModuleNotFoundError("No module", name="jax"), URL) is None
    assert translated(ValueError("x"), URL) is None
    told = translated(OperationalError("SELECT 1", {}, Exception("database is locked")), "")
    assert told is not None
    assert told.says.startswith("The gradebook cannot be used")


def test_what_is_no_url_of_a_database() -> None:
    for url in ("gradebook.db", "nosuchbase://host/x", "postgresql//ada:top-secret@db/marks"):
        with pytest.raises(GradebookError, match="is no URL of a database") as caught:
            require_database(url)
        assert "secret" not in str(caught.value)


def test_a_password_with_an_at_sign_is_asked_for_in_quotes() -> None:
    with pytest.raises(GradebookError, match="%40") as caught:
        require_database("postgresql+psycopg://ada:x@top-secret@localhost/marks")
    assert "secret" not in str(caught.value)
    assert parsed(URL).host == "db.example.org"


def test_an_error_keeps_its_cause() -> None:
    cause = OperationalError("SELECT 1", {}, Exception("database is locked"))
    with pytest.raises(GradebookError) as caught, translating(URL):
        raise cause
    assert caught.value.__cause__ is cause


def test_the_extra_that_is_named_exists() -> None:
    asked = map(Requirement, metadata.requires(DISTRIBUTION) or ())
    ours = {
        r.name for r in asked if r.marker is not None and r.marker.evaluate({"extra": "postgresql"})
    }
    assert "psycopg" in ours
