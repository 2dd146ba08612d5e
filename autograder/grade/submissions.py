"""What is done of marking where the course lies, wherever a notebook is then run.

A submission is laid out as it is to be run, by nbgrader's own steps and as the course is
configured; a result is kept. Neither writes to the gradebook or makes an autograded copy.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader import utils

from ..errors import MarkingError
from ..marking.files import digest_of_files, private_folder
from ..marking.results import Results, as_kept, contents, fingerprint, state_folder
from ..marking.sources import rubric_files
from ..nbgrader.converter import Autograde
from ..nbgrader.foreseen import foreseen
from ..nbgrader.upstream import sanitized

if TYPE_CHECKING:
    from ..marking.session import Session
    from ..nbgrader.examine import Examine

__all__ = ["Paper", "Submissions", "WorkerOutcome", "common_fingerprint", "examined", "fault_of"]


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
        worker: who found it out, where that is a worker of a cluster; or "".
    """

    student: str
    seconds: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    reused: bool = False
    starved: bool = False
    cold: str = ""
    plain: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    worker: str = ""


@dataclass(frozen=True)
class Paper:
    """One notebook of a submission, as it is to be run.

    Attributes:
        student: whose it is.
        notebook: its name.
        cells: the notebook after nbgrader has put back what the assignment gave.
        key: under which its result is kept.
    """

    student: str
    notebook: str
    cells: nbformat.NotebookNode
    key: str


class Submissions:
    """Lays out the submissions of one assignment, and keeps what is found out of them.

    Args:
        converter: configured as the course is, and used by nobody else meanwhile.
        run: a name for the run, under which disturbed results are kept.
        fresh: whether results from before are passed over.

    Raises:
        MarkingError: the course is not set up to be marked so.
    """

    def __init__(self, converter: Autograde, run: str, *, fresh: bool) -> None:
        self._converter, self.course = converter, converter.coursedir
        self.assignment = str(self.course.assignment_id)
        self._run, self._fresh = run, fresh
        converter.exporter = converter.exporter_class(parent=converter, config=converter.config)
        examine = converter.examine()
        if examine is None:
            raise MarkingError(
                "autograder.nbgrader.examine.Examine is not among the autograde_preprocessors of "
                "nbgrader_config.py: mark with `nbgrader autograde`."
            )
        self.examine: Examine = examine
        self._results = Results(state_folder(self.course.root, self.assignment))
        self._common = common_fingerprint(examine, self.course, self.assignment)

    def notebooks(self) -> list[str]:
        """The names of the notebooks that are to be marked."""
        return self._converter.expected()

    @contextlib.contextmanager
    def laid_out(self, student: str) -> Iterator[Path]:
        """A folder with what will be in the submission's autograded copy, notebooks excepted."""
        with private_folder("autograder-worker") as place:
            course = self.course
            submitted = course.format_path(course.submitted_directory, student, self.assignment)
            self._converter.copy_files(submitted, os.fspath(place))
            for relative, path in self._converter.given_files().items():
                (place / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place / relative)
            yield place

    def paper(self, student: str, notebook: str, folder: Path) -> Paper:
        """A notebook of the submission whose files are laid out in a folder."""
        names = {"student": student, "assignment": self.assignment, "notebook": notebook}
        submitted = self.course.format_path(
            self.course.submitted_directory, student, self.assignment
        )
        cells = sanitized(self._converter, os.path.join(submitted, f"{notebook}.ipynb"))
        theirs = contents(cells, names, digest_of_files(self.course, folder))
        key = self._results.key(theirs, self._common(notebook), self.examine.secret())
        return Paper(student, notebook, cells, key)

    def is_known(self, paper: Paper) -> bool:
        """Whether its result was found out before, and is to be taken."""
        return not self._fresh and self._results.has(paper.student, paper.notebook, paper.key)

    def keep(self, paper: Paper, cells: list[dict[str, Any]], *, disturbed: bool) -> None:
        """Keep a result, `as_kept`; one that was disturbed serves this run alone.

        Raises:
            OSError: it cannot be written.
            MarkingError: it is too large.
        """
        key = f"{paper.key} {self._run}" if disturbed else paper.key
        self._results.keep(paper.student, paper.notebook, key, cells)


def examined(
    examine: Examine, paper: nbformat.NotebookNode, names: dict[str, str], folder: Path
) -> tuple[Session | None, list[dict[str, Any]]]:
    """Run and mark a notebook: its run, if there was anything to run, and its result `as_kept`.

    Args:
        examine: the step that does it.
        paper: the notebook, which is marked in place.
        names: "student", "assignment" and "notebook".
        folder: the files beside it.

    Raises:
        AutograderError: it could not be marked, for a reason that is not the student's.
    """
    with utils.setenv(NBGRADER_EXECUTION="autograde"):
        session = examine.examine(paper, names, os.fspath(folder))
    return session, as_kept(paper)


def fault_of(error: Exception, db_url: str) -> str:
    """What went wrong with a notebook, in words; of what is a fault of ours, with its place."""
    told = foreseen(error, db_url)
    if told is not None:
        return str(told)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"


def common_fingerprint(examine: Examine, course: Any, assignment: str) -> Callable[[str], str]:
    """Gives the fingerprint of a notebook's results by its name; looked at once a run."""

    @functools.cache
    def common(notebook: str) -> str:
        return fingerprint(examine.settings(), *rubric_files(course, assignment, notebook))

    return common
