"""What marking again would change, before it counts: the class marked beside its gradebook.

Everything happens as in `autograder grade --force`, but to a copy of the gradebook, and the
autograded notebooks go to a folder that is thrown away. What was found out is kept as always, so
that marking in earnest costs no kernel afterwards.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory

from ..database import file_of
from ..errors import MarkingError
from ..held import held, remove_left
from ..marking.record import read_record
from ..marking.results import state_folder
from ..nbgrader.rights import to_step
from .worker import snapshot

__all__ = ["Change", "DryRun", "Grades"]

_PREFIX = "dry-run-"

Grades = Mapping[tuple[str, str], float | None]
"""The mark in each cell, by notebook and cell; None where a person has not given it yet."""


@dataclass(frozen=True)
class Exercise:
    """One cell whose mark would be another.

    Attributes:
        notebook: the name of its notebook.
        cell: its id.
        before: its mark, or None where there is none.
        after: the mark that it would have.
        said: what its card says now, or "".
        says: what its card would say, or "".
    """

    notebook: str
    cell: str
    before: float | None
    after: float | None
    said: str
    says: str


@dataclass(frozen=True)
class Change:
    """One submission whose marks would be others.

    Attributes:
        student: whose it is.
        before: its points in all, late penalty and all; None where it was not marked.
        after: the points that it would have.
        exercises: what would be different.
    """

    student: str
    before: float | None
    after: float | None
    exercises: list[Exercise] = field(default_factory=list)


class DryRun:
    """A course directory that marks beside its gradebook; to be used with `with`.

    Args:
        course: nbgrader's course directory, which writes to the copies from then on.
        assignment: what is to be marked.
    """

    def __init__(self, course: CourseDirectory, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._state = state_folder(course.root, assignment)
        self._real = course.db_url, course.autograded_directory
        self._open = contextlib.ExitStack()

    def __enter__(self) -> DryRun:
        """Have the course directory write to copies.

        Raises:
            MarkingError: the gradebook is on a server, which alone can make a copy of it.
        """
        if file_of(self._course.db_url) is None:
            raise MarkingError(
                "A dry run marks in a copy of the gradebook, and this one is on a server: have the "
                "server copy its database, and let a course directory with that copy mark."
            )
        self._state.mkdir(parents=True, exist_ok=True)
        for left in self._state.glob(f"{_PREFIX}*"):  # by a run that was killed
            remove_left(left)
        # In the course: copies are put aside by a rename.
        self.place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._state)).absolute()
        self._open.enter_context(held(self.place))
        self._course.db_url = snapshot(self._course.db_url, self.place)
        # Relative: nbgrader takes an absolute one for a pattern of `re`, brackets and all.
        # And of what the course's structure has above it, it leads out again.
        above = [os.pardir] * to_step(self._course).count(os.sep)
        self._course.autograded_directory = os.path.join(
            *above, os.path.relpath(self.place / "autograded", self._course.root)
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._course.db_url, self._course.autograded_directory = self._real
        shutil.rmtree(self.place, ignore_errors=True)
        self._open.close()

    def change(self, student: str) -> Change | None:
        """What would be different for a student who was marked here, or None."""
        url, folder = self._real
        before, was = self._grades(url, student)
        after, would_be = self._grades(self._course.db_url, student)
        if before == after and was == would_be:
            return None
        said = self._words(folder, student)
        says = self._words(self._course.autograded_directory, student)
        changed = [
            Exercise(*key, was.get(key), mark, said.get(key, ""), says.get(key, ""))
            for key, mark in would_be.items()
            if key not in was or was[key] != mark
        ]
        return Change(student, before, after, changed)

    def _grades(self, db_url: str, student: str) -> tuple[float | None, Grades]:
        with Gradebook(db_url, self._course.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(self._assignment, student)
            except MissingEntry:
                return None, {}
            marks = {
                (notebook.name, grade.name): (
                    grade.auto_score if grade.manual_score is None else grade.manual_score
                )
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            return float(submission.score) - float(submission.late_submission_penalty or 0), marks

    def _words(self, folder: str, student: str) -> dict[tuple[str, str], str]:
        """What the cards of a student say, by notebook and cell."""
        place = Path(self._course.format_path(folder, student, self._assignment))
        words = {}
        for path in sorted(place.glob("*.ipynb")):
            for cell in nbformat.read(path, as_version=4).cells:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    record = read_record(cell)
                    if record is not None:
                        facts = [verdict.fact for verdict in record["verdicts"]]
                        words[path.stem, cell.metadata.nbgrader.grade_id] = " ".join(facts)
        return words
