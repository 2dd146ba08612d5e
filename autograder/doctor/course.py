"""A course directory: its configuration, exchange and gradebook, as nbgrader sees them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .findings import Finding, fine, warning, wrong

__all__ = ["configuration", "exchange", "gradebook", "preprocessors"]

CONFIG = "nbgrader_config.py"
EXAMINE = "autograder.marking.examine.Examine"
_STOCK = ("nbgrader.preprocessors.Execute", "nbgrader.preprocessors.execute.Execute")
_SEE = "as in the nbgrader_config.py that `autograder quickstart` makes"


def configuration(folder: Path) -> tuple[Any, list[Finding]]:
    """Nbgrader's own application as it is configured in `folder`, the folder one is in.

    Returns:
        The application, or None where there is no course or its configuration fails; findings.
    """
    from nbgrader.apps.autogradeapp import AutogradeApp

    if not (folder / CONFIG).exists():
        return None, [
            warning(
                "course",
                f"there is no {CONFIG} in {folder}: only the machine was looked at",
                "run this in the course directory, or make one with `autograder quickstart DIR`",
            )
        ]
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


def exchange(root: Path, course: Path) -> Iterator[Finding]:
    """Whether assignments can go out and submissions come in.

    Args:
        root: the exchange folder.
        course: the course directory.
    """
    name_it = "or name another folder at EXCHANGE in nbgrader_config.py"
    try:
        found = root.stat()
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        cure = f"`mkdir -p {root} && chmod ugo+rwx {root}`, {name_it}"
        yield wrong("exchange", f"{root}: {why}", cure)
        return
    if not stat.S_ISDIR(found.st_mode):
        yield wrong("exchange", f"{root} is no folder", f"put it away, {name_it}")
        return
    everyone = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
    if found.st_mode & everyone != everyone or not os.access(root, os.W_OK | os.X_OK):
        says = f"{root} is not open to all ({stat.filemode(found.st_mode)})"
        yield wrong("exchange", says, f"`chmod ugo+rwx {root}`, {name_it}")
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


def gradebook(db_url: str, course_id: str) -> Iterator[Finding]:
    """Whether the gradebook opens; one that is not there yet is not made.

    Args:
        db_url: as SQLAlchemy writes it.
        course_id: the course in it.
    """
    from nbgrader.api import Gradebook
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        url = make_url(db_url)
        file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        shown = str(file or url.render_as_string(hide_password=True))
    except SQLAlchemyError as error:
        cure = "write c.CourseDirectory.db_url as sqlite:///path/to/gradebook.db"
        yield wrong("gradebook", f"{error}", cure)
        return
    if file is not None and not file.exists():
        yield fine("gradebook", f"{file} is not there yet; `nbgrader generate_assignment` makes it")
        return
    if file is not None and not os.access(file, os.R_OK | os.W_OK):
        cure = f"`chmod u+rw {file}`, or ask its owner"
        yield wrong("gradebook", f"{file} cannot be read and written", cure)
        return
    # Gradebook makes the tables that are not there and calls them up to date: not by our looking.
    looked_at = f"sqlite:///file:{quote(str(file.absolute()))}?mode=ro&uri=true" if file else db_url
    try:
        with Gradebook(looked_at, course_id) as opened:
            assignments, students = len(opened.assignments), len(opened.students)
    except (SQLAlchemyError, ImportError, OSError) as error:
        says = f"{shown} does not open: {str(error).splitlines()[0]}"
        if "is locked" in says:
            yield warning("gradebook", says, "wait until the marking that holds it has ended")
            return
        yield wrong(
            "gradebook",
            says,
            "`nbgrader db upgrade`, which keeps a copy, if it was made by an older nbgrader; else "
            "put back a copy of yours",
        )
        return
    yield fine("gradebook", f"{shown}: assignments: {assignments}, students: {students}")
