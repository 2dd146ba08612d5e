"""One marking process of several on this machine: runs submissions and finds out their worth.

It writes nothing but results: no autograded copy, and not to the gradebook, of which it has a
snapshot.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sqlite3
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.apps.autogradeapp import AutogradeApp

from ..database import file_of
from ..errors import GradebookError, Starved
from ..nbgrader.converter import Autograde
from ..nbgrader.once import once
from .submissions import Submissions, WorkerOutcome, examined, fault_of

if TYPE_CHECKING:
    from ..nbgrader.examine import Examine

__all__ = ["Worker", "forget_programs", "snapshot", "why_cold", "why_plain"]


def snapshot(db_url: str, folder: Path) -> str:
    """The URL of a copy of the gradebook as it is now; of itself where it is no SQLite file.

    The workers read from the copy, so that nobody ever waits for a lock on the real one.

    Raises:
        GradebookError: it cannot be copied, as where there is no room.
    """
    path = file_of(db_url)
    if path is None or not path.is_file():
        return db_url
    copy = folder / "gradebook.db"
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise GradebookError(
            f"The gradebook {path} cannot be copied to {folder}: {error}",
            "see whether there is room for files, and whether the gradebook opens; where temporary "
            "files go, TMPDIR says",
        ) from error
    return f"sqlite:///{copy}"


class Worker:
    """Marks submissions of one assignment, one after the other.

    Args:
        arguments: those of the command, as for `nbgrader autograde`.
        db_url: the gradebook to read from.
        run: a name for the run, under which disturbed results are kept.
        fresh: whether results from before are passed over.
    """

    def __init__(self, arguments: list[str], db_url: str, run: str, *, fresh: bool) -> None:
        once()
        app = AutogradeApp()
        app.initialize([*arguments, "--log-level=50"])
        app.coursedir.db_url = db_url
        app.coursedir.assignment_id = app.extra_args[0]
        self._db_url = db_url
        os.chdir(app.coursedir.root)
        self._submissions = Submissions(
            Autograde(coursedir=app.coursedir, parent=app), run, fresh=fresh
        )

    def prepare(self, *, verify: bool) -> None:
        """Read the rubrics.

        Args:
            verify: whether to find out that an empty submission earns nothing, which takes as long
                again; one worker is enough for that.

        Raises:
            AutograderError: nobody can be marked, and why.
        """
        submissions = self._submissions
        submissions.examine.prepare(submissions.assignment, submissions.notebooks(), verify=verify)
        forget_programs()

    def mark(self, student: str, notebooks: list[str]) -> WorkerOutcome:
        """Find out what a submission is worth; faults of ours are in what is returned.

        Args:
            student: whose it is.
            notebooks: the names of its notebooks, those that are missing among them.
        """
        with contextlib.ExitStack() as stack:
            # Once for all its notebooks. Without JAX so far, there may be nothing left to mark.
            if "jax" in sys.modules:
                from ..marking.compilations import kept_compilations

                stack.enter_context(kept_compilations())
            return self._mark(student, notebooks)

    def _mark(self, student: str, notebooks: list[str]) -> WorkerOutcome:
        began = time.monotonic()
        parts: defaultdict[str, float] = defaultdict(float)
        faults: dict[str, str] = {}
        reused: list[bool] = []
        starved = False
        with self._submissions.laid_out(student) as folder:
            for notebook in notebooks:
                try:
                    reused.append(self._mark_notebook(student, notebook, folder, parts))
                except Exception as exc:  # noqa: BLE001 - ours, and not the student's
                    faults[notebook] = fault_of(exc, self._db_url)
                    starved |= isinstance(exc, Starved)
        ran = bool(parts["kernel"])
        return WorkerOutcome(
            student,
            time.monotonic() - began,
            dict(parts),
            reused=bool(reused) and all(reused),
            starved=starved,
            cold=why_cold() if ran else "",
            plain=why_plain(self._submissions.examine) if ran else "",
            faults=faults,
        )

    def _mark_notebook(
        self, student: str, notebook: str, folder: Path, parts: defaultdict[str, float]
    ) -> bool:
        """Find out about one notebook; whether it was known."""
        began = time.monotonic()
        submissions = self._submissions
        paper = submissions.paper(student, notebook, folder)
        parts["read"] += time.monotonic() - began
        if submissions.is_known(paper):
            return True
        names = {"student": student, "assignment": submissions.assignment, "notebook": notebook}
        session, cells = examined(submissions.examine, paper.cells, names, folder)
        if session is not None:
            for part, seconds in session.seconds.items():
                parts[part] += seconds
        began = time.monotonic()
        submissions.keep(paper, cells, disturbed=session is not None and session.disturbed)
        parts["keep"] += time.monotonic() - began
        return False


def forget_programs() -> None:
    """Give back the memory of what JAX compiled so far.

    Reading rubrics runs whole notebooks, half of whose programs judging never asks for again: more
    than a hundred megabytes in each worker. What it asks for was kept on disk.
    """
    if "jax" not in sys.modules:
        return
    import jax

    jax.clear_caches()
    gc.collect()
    # What is freed is the process's until it is asked for (glibc's malloc_trim(3)).
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def why_cold() -> str:
    """Why kernels were not forked from a warm process here, or ""."""
    if "autograder.sandbox.outside.warm" not in sys.modules:
        return ""
    from ..sandbox.outside.warm import why_cold

    return why_cold()


def why_plain(examine: Examine) -> str:
    """Why gradients do not run compiled here, or ""."""
    if not examine.sandboxed:  # which is said by itself
        return ""
    if not examine.compiled_gradients:
        return "Examine.compiled_gradients is off"
    from ..compiled import why_plain

    return why_plain()
