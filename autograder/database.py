"""The gradebook's database: how it is named without its password, and what its errors mean.

SQLAlchemy wraps what its drivers raise, and a driver says most of it in words: PostgreSQL's library
gives no code for a connection that was not made. So they are translated here, once, by their words;
what nobody foresaw is told as it came.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from .access import refusal
from .distribution import extra
from .errors import GradebookError

__all__ = ["file_of", "parsed", "require_database", "shown", "translated", "translating"]

_SETTING = "c.CourseDirectory.db_url"
_PATIENCE_SECONDS = 10  # for a server that does not answer, where the URL names no other
_SECRETS = ("password", "passfile", "sslpassword")

_MENDED = f"mend {_SETTING} in nbgrader_config.py"
# What a driver says, what that means, and the cure; the first that fits.
_MEANINGS = (
    (
        r"password authentication failed|no password supplied|authentication failed|pg_hba",
        "the server refuses the user or the password",
        f"mend them in {_SETTING}, or in ~/.pgpass, and see that the server lets this user in",
    ),
    (
        r'database "[^"]*" does not exist|Unknown database',
        "the server has no such database",
        f"make it with `createdb`, or {_MENDED}",
    ),
    (
        r"could not translate host|resolve host|Name or service not known|getaddrinfo",
        "there is no such host",
        _MENDED,
    ),
    (
        r"refused|timeout|timed out|unreachable|No route|is the server running|starting up"
        r"|shutting down|closed the connection|connection is lost|terminating connection"
        r"|connection failed|server closed",
        "the server does not answer",
        f"start it, see that this machine may reach it, or {_MENDED}",
    ),
    (
        r"too many clients|connection slots|too many connections",
        "the server has no connection left",
        "wait for others to end, or have its max_connections raised",
    ),
    (
        r"permission denied|must be owner",
        "this user may not read and write its tables",
        "have the database's owner grant that, or name its owner as the user",
    ),
    (r"database is locked", "another program is writing to it", "wait for its end"),
    (
        r"no such (table|column)|UndefinedTable|UndefinedColumn|(relation|column) .* does not exist"
        r"|not a database|malformed",
        "it was not made by this nbgrader",
        "`nbgrader db upgrade`, which keeps a copy, if it was made by an older one; else put back "
        "a copy of yours",
    ),
)


def shown(db_url: str) -> str:
    """A database's URL as it may be printed, without passwords; "" for what is none.

    Of a file, it is the path.
    """
    file = file_of(db_url)
    if file is not None:
        return str(file)
    url = _url(db_url)
    if url is None:
        return ""
    if url.host and "@" in url.host:  # of a password with an @ in it
        url = url.set(host=url.host.rpartition("@")[2])
    query = {k: "***" if k in _SECRETS else v for k, v in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def file_of(db_url: str) -> Path | None:
    """The file of an SQLite database; None for a server's, one in memory, or a URI of SQLite's."""
    url = _url(db_url)
    if url is None or url.get_backend_name() != "sqlite" or not url.database:
        return None
    return None if url.database.startswith((":", "file:")) else Path(url.database)


def require_database(db_url: str) -> None:
    """Raise GradebookError, with its cure, unless the database can be connected to.

    A file that is not there yet is none of its business.
    """
    file = file_of(db_url)
    if file is not None:
        # SQLite writes its journal beside the file.
        found = refusal(file, write=True) or refusal(file.parent, write=True)
        if found is not None:
            raise GradebookError(found.says, found.cure) from found
        return
    with translating(db_url):
        engine = create_engine(parsed(db_url), poolclass=NullPool, connect_args=_hurry(db_url))
        engine.connect().close()


@contextlib.contextmanager
def translating(db_url: str) -> Iterator[None]:
    """Within, what SQLAlchemy and a driver that is not there raise is a GradebookError.

    So is a URL of which nothing can be made, before anything is done.
    """
    try:
        parsed(db_url)
        yield
    except (SQLAlchemyError, ModuleNotFoundError, UnicodeError) as error:
        found = translated(error, db_url)
        if found is None:
            raise
        raise found from error


def translated(error: BaseException, db_url: str) -> GradebookError | None:
    """What an error of the database means; None where it is none.

    Args:
        error: as it was caught.
        db_url: the database's.
    """
    if isinstance(error, GradebookError):
        return error
    which = f"The gradebook {shown(db_url)} cannot be used".replace("  ", " ")
    if isinstance(error, ModuleNotFoundError):
        if error.name not in _drivers(db_url):
            return None
        return GradebookError(f"{which}: its driver {error.name} is not installed", _driver(db_url))
    if isinstance(error, UnicodeError) and "'idna'" in str(error):  # before anybody is asked
        return GradebookError(f"{which}: there is no such host", _MENDED)
    if not isinstance(error, SQLAlchemyError):
        return None
    if isinstance(error, ArgumentError):
        return _no_url(which)
    said = _redacted(str(getattr(error, "orig", None) or error), db_url).strip()
    for words, meaning, cure in _MEANINGS:
        if re.search(words, said, re.IGNORECASE):
            return GradebookError(f"{which}: {meaning}", cure)
    first = (said.splitlines() or [type(error).__name__])[0].rstrip(".")
    return GradebookError(f"{which}: {first}", "`autograder doctor` may say more")


def _no_url(which: str) -> GradebookError:
    return GradebookError(
        f"{which}: {_SETTING} is no URL of a database that SQLAlchemy knows",
        "write it as sqlite:///path/to/gradebook.db, or as "
        "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE",
    )


def _url(db_url: str) -> URL | None:
    try:
        return make_url(db_url)
    except (SQLAlchemyError, ValueError):
        return None


def parsed(db_url: str) -> URL:
    """A database's URL, as SQLAlchemy has it.

    Raises:
        GradebookError: a password with a special character in it was cut in two, or the port is no
            number.
    """
    try:
        url = make_url(db_url)
    except ValueError as error:
        raise _no_url("The gradebook cannot be used") from error
    if url.host and "@" in url.host:
        raise GradebookError(
            f"The gradebook {shown(db_url)} cannot be used: {_SETTING} has more than one @",
            "write an @ in the password as %40, a / as %2F and a % as %25",
        )
    return url


def _hurry(db_url: str) -> dict[str, int]:
    url = make_url(db_url)
    given = "connect_timeout" in url.query or url.get_backend_name() != "postgresql"
    return {} if given else {"connect_timeout": _PATIENCE_SECONDS}


def _drivers(db_url: str) -> tuple[str, ...]:
    url = _url(db_url)
    name = url.drivername.partition("+")[2] if url is not None else ""
    return (name,) if name else ("psycopg", "psycopg2", "MySQLdb", "oracledb", "pyodbc")


def _driver(db_url: str) -> str:
    url = _url(db_url)
    if url is None or url.get_backend_name() != "postgresql":
        return "install it in this environment"
    install = f"`pip install '{extra('postgresql')}'`"
    if url.drivername == "postgresql+psycopg":
        return install
    return f"{install}, and begin {_SETTING} with postgresql+psycopg://"


def _redacted(words: str, db_url: str) -> str:
    url = _url(db_url)
    if url is None:
        return words
    secrets = [url.password, *(url.query.get(name) for name in _SECRETS)]
    for secret in filter(None, map(_text, secrets)):
        for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
            words = words.replace(form, "***")
    return words


def _text(secret: object) -> str:
    return "" if secret is None else str(secret)
