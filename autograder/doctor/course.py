"""A course directory: its configuration, exchange and gradebook, as nbgrader sees them."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..access import refusal
from ..distribution import CONFIG
from ..errors import GradebookError
from .findings import Finding, fine, warning, wrong

__all__ = ["configuration", "exchange", "gradebook", "options", "preprocessors", "read_only"]

EXAMINE = "autograder.nbgrader.examine.Examine"
_STOCK = ("nbgrader.preprocessors.Execute", "nbgrader.preprocessors.execute.Execute")
_OLD_WIRING = re.compile(r"\bautograder\.(?:marking|feedback)(?:\.\w+)+")
_RENEW = (
    "take the lines out in which they stand, with the lists of steps, and write "
    "`from autograder.nbgrader import configure` at the beginning and `configure(c)` at the end"
)
_SEE = "as in the nbgrader_config.py that `autograder quickstart` makes"


def configuration(folder: Path) -> tuple[Any, list[Finding]]:
    """Nbgrader's own application as it is configured in `folder`, the folder one is in.

    Returns:
        The application, or None where there is no course or its configuration fails; findings.
    """
    from nbgrader.apps.autogradeapp import AutogradeApp

    denied = refusal(folder / CONFIG)
    if denied is not None:
        return None, [wrong("course", denied.says, denied.cure)]
    if not (folder / CONFIG).exists():
        return None, [
            warning(
                "course",
                f"there is no {CONFIG} in {folder}: only the machine was looked at",
                "run this in the course directory, or make one with `autograder quickstart DIR`",
            )
        ]
    text = (folder / CONFIG).read_text(encoding="utf-8", errors="replace")
    old = sorted(set(_OLD_WIRING.findall(text)))
    if old:
        says = f"{CONFIG} names modules of autograder's that have moved: {', '.join(old)}"
        return None, [wrong("course", says, f"{_RENEW}, {_SEE}")]
    app = AutogradeApp()
    app.raise_config_file_errors = True
    try:
        app.initialize(["--log-level=ERROR"])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the file is Python: it may raise all
        says = f"{CONFIG} cannot be read: {type(error).__name__}: {error}"
        return None, [wrong("course", says, f"mend {folder / CONFIG}")]
    return app, [fine("course", f"{app.coursedir.course_id or 'without a name'} in {folder}")]


def preprocessors(config: Any) -> Iterator[Finding]:
    """Whether marking is ours, and in the sandbox.

    Args:
        config: traitlets' configuration, as `nbgrader_config.py` and others have made it.
    """
    steps = config.get("Autograde", {}).get("autograde_preprocessors", [])
    names = [s if isinstance(s, str) else f"{s.__module__}.{s.__qualname__}" for s in steps]
    if EXAMINE not in names:
        yield wrong(
            "marking",
            "c.Autograde.autograde_preprocessors lacks our Examine: nbgrader would run submissions "
            "with your rights, and score them by whether test cells fail",
            f'put "{EXAMINE}" where nbgrader has its Execute, {_SEE}',
        )
    elif any(name in _STOCK for name in names):
        yield wrong(
            "marking",
            "c.Autograde.autograde_preprocessors has nbgrader's Execute besides our Examine: it "
            "runs submissions with your rights",
            f"take it out, {_SEE}",
        )
    elif config.get("Examine", {}).get("sandboxed", True) is False:
        yield warning(
            "marking",
            "c.Examine.sandboxed is False: submissions run with your rights",
            "take the line out of the configuration",
        )
    else:
        yield fine("marking", "by Examine, in the sandbox")


def options(config: Any) -> Iterator[Finding]:
    """Whether each option that is set is one: a misspelt one changes nothing, quietly."""
    from ..nbgrader.options import unknown_options

    for says in unknown_options(config):
        yield warning("options", f"{says}: it changes nothing", f"mend it in {CONFIG}")


def exchange(root: Path, course: Path) -> Iterator[Finding]:
    """Whether assignments can go out and submissions come in.

    Args:
        root: the exchange folder.
        course: the course directory.
    """
    name_it = "or name another folder at EXCHANGE in nbgrader_config.py"
    denied = refusal(root, write=True)
    try:
        found = root.stat()
    except OSError as error:
        if denied is not None:
            yield wrong("exchange", f"{root}: {error.strerror}. {denied.says}", denied.cure)
            return
        why = "is not there" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        cure = f"`mkdir -p {root} && chmod 1777 {root}`, {name_it}"
        yield wrong("exchange", f"{root}: {why}", cure)
        return
    if not stat.S_ISDIR(found.st_mode):
        yield wrong("exchange", f"{root} is no folder", f"put it away, {name_it}")
        return
    if denied is not None and "read-only" in denied.says:
        yield wrong("exchange", denied.says, denied.cure)
        return
    everyone = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
    if found.st_mode & everyone != everyone or not os.access(root, os.W_OK | os.X_OK):
        says = f"{root} is not open to all ({stat.filemode(found.st_mode)})"
        yield wrong("exchange", says, f"`chmod 1777 {root}`, {name_it}")
        return
    if root.resolve().is_relative_to(course.resolve()):
        # As shipped: for one person. Whether others get into the course directory is not asked.
        says = f"{root}, in the course directory: enough for one person"
        yield fine("exchange", says)
        return
    closed = [p for p in root.resolve().parents if not p.stat().st_mode & stat.S_IXOTH]
    if closed:
        says = f"{root} is open to all, but {closed[-1]}, in which it lies, is not"
        cure = f"`chmod o+x {closed[-1]}`, {name_it}"
        yield warning("exchange", says, cure)
    else:
        yield fine("exchange", f"{root} is open to all")


def gradebook(db_url: str) -> Iterator[Finding]:
    """Whether the gradebook opens; one that is not there yet is not made.

    Args:
        db_url: as SQLAlchemy writes it.
    """
    from ..database import file_of, require_database, shown

    file = file_of(db_url)
    make = "`nbgrader generate_assignment` makes"
    try:
        require_database(db_url)
        if file is not None and not file.exists():
            yield fine("gradebook", f"{file} is not there yet; {make} it")
            return
        counts = _counts(db_url)
    except GradebookError as error:
        level = warning if "writing to it" in error.says else wrong
        yield level("gradebook", error.says, error.cure)
        return
    if counts is None:
        yield fine("gradebook", f"{shown(db_url)} is empty yet; {make} its tables")
        return
    yield fine("gradebook", f"{shown(db_url)}: assignments: {counts[0]}, students: {counts[1]}")


def _counts(db_url: str) -> tuple[int, int] | None:
    """How many assignments and students there are; None without tables."""
    from nbgrader import api
    from sqlalchemy import select

    with read_only(db_url) as connection:
        if connection is None:
            return None
        # All columns, since an older nbgrader's tables lack some.
        assignments = len(connection.execute(select(api.Assignment.__table__)).all())
        return assignments, len(connection.execute(select(api.Student.__table__)).all())


@contextlib.contextmanager
def read_only(db_url: str) -> Iterator[Any]:
    """A connection to the gradebook through which nothing is changed; None without tables.

    nbgrader's own way in would make the tables, and a row for the course.

    Raises:
        GradebookError: it cannot be read, and why.
    """
    from sqlalchemy import URL, create_engine, inspect
    from sqlalchemy.pool import NullPool

    from ..database import file_of, translating

    file = file_of(db_url)
    if file is not None and not file.exists():
        yield None
        return
    address: str | URL = db_url
    if file is not None:
        # Not as a text, of which SQLAlchemy undoes the quoting (2.1): SQLite's path ends at a #.
        place = f"file:{quote(str(file.absolute()))}"
        address = URL.create("sqlite", database=place, query={"mode": "ro", "uri": "true"})
    with translating(db_url), create_engine(address, poolclass=NullPool).connect() as connection:
        yield connection if inspect(connection).get_table_names() else None
