"""One marking process of several: runs submissions and finds out what they are worth.

It writes nothing but results: no autograded copy, and not to the gradebook, of which it has a
snapshot. What nbgrader does before a notebook is run is done here by nbgrader's own steps, as the
course is configured.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.apps.autogradeapp import AutogradeApp

from ..database import file_of
from ..errors import MarkingError
from ..marking.files import digest_of_files
from ..marking.results import Results, contents, fingerprint, state_folder
from ..marking.sources import rubric_files
from ..nbgrader.converter import Autograde
from ..nbgrader.examine import Examine
from ..nbgrader.foreseen import foreseen
from ..nbgrader.once import once
from ..nbgrader.upstream import sanitized

__all__ = ["Worker", "WorkerOutcome", "snapshot"]


@dataclass(frozen=True)
class WorkerOutcome:
    """What a worker found out of one submission.

    Attributes:
        student: whose it is.
        seconds: how long it took.
        parts: the same by part: "read", "kernel", "cells", "questions", "judging", "keep".
        reused: whether all of it had been found out before.
        starved: whether it met a limit of time while others had the processor.
        cold: why its kernels were not forked from a warm process, or "".
        plain: why gradients did not run compiled in them, or "".
        faults: by notebook, why it could not be marked.
    """

    student: str
    seconds: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    reused: bool = False
    starved: bool = False
    cold: str = ""
    plain: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def snapshot(db_url: str, folder: Path) -> str:
    """The URL of a copy of the gradebook as it is now; of itself where it is no SQLite file.

    The workers read from the copy, so that nobody ever waits for a lock on the real one.
    """
    path = file_of(db_url)
    if path is None or not path.is_file():
        return db_url
    copy = folder / "gradebook.db"
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return f"sqlite:///{copy}"


class Worker:
    """Marks submissions of one assignment, one after the other.

    Args:
        arguments: those of the command, as for `nbgrader autograde`.
        db_url: the gradebook to read from.
        run: a name for the run, under which disturbed results are kept.
        fresh: whether results from before are looked at.
    """

    def __init__(self, arguments: list[str], db_url: str, run: str, *, fresh: bool) -> None:
        once()
        app = AutogradeApp()
        app.initialize([*arguments, "--log-level=50"])
        app.coursedir.db_url = db_url
        app.coursedir.assignment_id = app.extra_args[0]
        self._converter = Autograde(coursedir=app.coursedir, parent=app)
        self._course = app.coursedir
        self._assignment = str(app.coursedir.assignment_id)
        self._run, self._fresh, self._starved = run, fresh, False
        os.chdir(self._course.root)
        self._converter.exporter = self._converter.exporter_class(
            parent=self._converter, config=self._converter.config
        )
        examine = self._converter.examine()
        if examine is None:
            raise MarkingError(
                "autograder.nbgrader.examine.Examine is not among the autograde_preprocessors of "
                "nbgrader_config.py: mark with `nbgrader autograde`."
            )
        self._examine: Examine = examine
        self._results = Results(state_folder(self._course.root, self._assignment))
        self._common = common_fingerprint(examine, self._course, self._assignment)

    def prepare(self, *, verify: bool) -> None:
        """Read the rubrics.

        Args:
            verify: whether to find out that an empty submission earns nothing, which takes as long
                again; one worker is enough for that.

        Raises:
            AutograderError: nobody can be marked, and why.
        """
        self._examine.prepare(self._assignment, self._converter.expected(), verify=verify)

    def mark(self, student: str, notebooks: list[str]) -> WorkerOutcome:
        """Find out what a submission is worth; faults of ours are in what is returned.

        Args:
            student: whose it is.
            notebooks: the names of its notebooks, those that are missing among them.
        """
        began = time.monotonic()
        parts: defaultdict[str, float] = defaultdict(float)
        faults: dict[str, str] = {}
        reused: list[bool] = []
        self._starved = False
        with self._workplace(student) as folder:
            for notebook in notebooks:
                try:
                    reused.append(self._mark_notebook(student, notebook, folder, parts))
                except Exception as exc:  # noqa: BLE001 - ours, and not the student's
                    told = foreseen(exc, str(self._course.db_url))
                    if told is not None:
                        faults[notebook] = str(told)
                        continue
                    where = traceback.extract_tb(exc.__traceback__)[-1]
                    place = f"{Path(where.filename).name}, line {where.lineno}"
                    faults[notebook] = f"{type(exc).__name__}: {exc} ({place})"
        return WorkerOutcome(
            student,
            time.monotonic() - began,
            dict(parts),
            reused=bool(reused) and all(reused),
            starved=self._starved,
            cold=_why_cold() if parts["kernel"] else "",
            plain=_why_plain(self._examine) if parts["kernel"] else "",
            faults=faults,
        )

    def _mark_notebook(
        self, student: str, notebook: str, folder: Path, parts: defaultdict[str, float]
    ) -> bool:
        """Find out about one notebook; whether it was known."""
        began = time.monotonic()
        names = {"student": student, "assignment": self._assignment, "notebook": notebook}
        path = os.path.join(
            self._course.format_path(self._course.submitted_directory, student, self._assignment),
            f"{notebook}.ipynb",
        )
        cells = sanitized(self._converter, path)
        theirs = contents(cells, names, digest_of_files(self._course, folder))
        key = self._results.key(theirs, self._common(notebook), self._examine.secret())
        parts["read"] += time.monotonic() - began
        if not self._fresh and self._results.has(student, notebook, key):
            return True
        with utils.setenv(NBGRADER_EXECUTION="autograde"):
            session = self._examine.examine(cells, names, os.fspath(folder))
        if session is not None:
            for part, seconds in session.seconds.items():
                parts[part] += seconds
            self._starved |= session.starved
            if session.disturbed:
                key = f"{key} {self._run}"
        began = time.monotonic()
        self._results.keep(student, notebook, key, cells)
        parts["keep"] += time.monotonic() - began
        return False

    @contextlib.contextmanager
    def _workplace(self, student: str) -> Iterator[Path]:
        """A folder with what will be in the submission's autograded copy, notebooks excepted."""
        with tempfile.TemporaryDirectory(prefix="autograder-worker-") as folder:
            course, place = self._course, Path(folder)
            submitted = course.format_path(course.submitted_directory, student, self._assignment)
            self._converter.copy_files(submitted, folder)
            for relative, path in self._converter.given_files().items():
                (place / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place / relative)
            yield place


def common_fingerprint(examine: Examine, course: Any, assignment: str) -> Callable[[str], str]:
    """Gives the fingerprint of a notebook's results by its name; looked at once a run."""

    @functools.cache
    def common(notebook: str) -> str:
        return fingerprint(examine.settings(), *rubric_files(course, assignment, notebook))

    return common


def _why_cold() -> str:
    if "autograder.sandbox.outside.warm" not in sys.modules:
        return ""
    from ..sandbox.outside.warm import why_cold

    return why_cold()


def _why_plain(examine: Examine) -> str:
    if not examine.sandboxed:  # which is said by itself
        return ""
    if not examine.compiled_gradients:
        return "Examine.compiled_gradients is off"
    from ..compiled import why_plain

    return why_plain()
