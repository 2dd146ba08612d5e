"""A course directory of its own, in which the sample class is released to, handed in and marked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import Config, PyFileConfigLoader

from ..errors import AutograderError
from .students import SampleStudent

__all__ = ["Classroom", "DemoError", "Exercise", "Mark", "Result"]

ASSIGNMENT = "gradient_descent"
CONFIG = "nbgrader_config.py"
# A folder with this file was made by us, so that we may remove it.
LABEL = ".autograder-demo"
# The honest cells of the sample class are done in a few seconds; one student's loop never ends.
CELL_TIMEOUT = 20


class DemoError(AutograderError):
    """The demonstration cannot be set up; the message says what to do."""


@dataclass(frozen=True)
class Exercise:
    """One row of the table of marks: where the exercise is, and what it is worth."""

    notebook: str
    exercise_id: str
    points: float
    by_hand: bool


@dataclass(frozen=True)
class Mark:
    """What one student has for one exercise.

    "to grade": a person has yet to read it. "not marked": the marking did not get there.
    """

    state: Literal["marked", "no answer", "to grade", "not marked"]
    points: float | None = None


@dataclass(frozen=True)
class Result:
    """What became of one submission.

    Attributes:
        marks: from exercise ids to marks.
        feedback: the feedback pages, in the order of the notebooks.
        fault: why the submission could not be marked, or "".
    """

    student: SampleStudent
    marks: dict[str, Mark]
    feedback: tuple[Path, ...]
    fault: str = ""


class Classroom:
    """A nbgrader course directory made for the demonstration.

    Args:
        folder: where to make it. What an earlier demonstration left there is replaced.
        course: the course directory whose source notebooks and configuration are used.

    Raises:
        DemoError: where `folder` holds something else, or `course` is none.
    """

    def __init__(self, folder: Path, course: Path) -> None:
        self.folder = folder
        source = course / "source" / ASSIGNMENT
        if not (source.is_dir() and (course / CONFIG).is_file()):
            raise DemoError(f"{course} is not a course directory: no {CONFIG} or {source} there.")
        if folder.exists():
            if any(folder.iterdir()) and not (folder / LABEL).exists():
                raise DemoError(f"{folder} holds something else: name another folder.")
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / LABEL).touch()
        shutil.copytree(source, folder / "source" / ASSIGNMENT)
        shutil.copy(course / CONFIG, folder)
        self._nbgrader = NbGraderAPI(config=self._configuration())

    def _configuration(self) -> Config:
        config = PyFileConfigLoader(CONFIG, path=str(self.folder)).load_config()
        config.Examine.cell_timeout = CELL_TIMEOUT
        # The same marks in every demonstration.
        config.Examine.seed = "demonstration"
        return config

    @property
    def release(self) -> Path:
        """The folder of the released notebooks."""
        return self.folder / "release" / ASSIGNMENT

    def generate(self) -> None:
        """Generate the release; raises DemoError where nbgrader could not."""
        said = self._nbgrader.generate_assignment(ASSIGNMENT)
        if not said["success"]:
            raise DemoError(f"nbgrader could not generate the release:\n{said['log']}")

    def hand_in(self, students: Sequence[SampleStudent]) -> None:
        """Put every student's submission where nbgrader's collect would have put it."""
        for student in students:
            submission = self.folder / "submitted" / student.student_id / ASSIGNMENT
            student.hand_in(self.release, submission)

    def mark(self, students: Sequence[SampleStudent]) -> Iterator[Result]:
        """Mark one submission after the other; one that cannot be marked does not stop the rest."""
        for student in students:
            said = self._nbgrader.autograde(ASSIGNMENT, student.student_id)
            fault = "" if said["success"] else _last_error(said)
            if not fault:
                said = self._nbgrader.generate_feedback(ASSIGNMENT, student.student_id)
                fault = "" if said["success"] else _last_error(said)
            pages = self.folder / "feedback" / student.student_id / ASSIGNMENT
            yield Result(
                student=student,
                marks=self._marks(student.student_id, marked=not fault),
                feedback=tuple(sorted(pages.glob("*.html"))),
                fault=fault,
            )

    def exercises(self) -> list[Exercise]:
        """The exercises in the order in which the notebooks set them."""
        found = []
        for path in sorted(self.release.glob("*.ipynb")):
            for cell in nbformat.read(path, as_version=4).cells:
                about = cell.metadata.get("nbgrader", {})
                if about.get("grade"):
                    found.append(
                        Exercise(
                            notebook=path.stem,
                            exercise_id=about["grade_id"].removesuffix("_check"),
                            points=float(about["points"]),
                            by_hand=bool(about["solution"]),
                        )
                    )
        return found

    def _marks(self, student_id: str, *, marked: bool) -> dict[str, Mark]:
        """The marks in the gradebook; all "not marked" where the submission was not."""
        marks = {e.exercise_id: Mark("not marked") for e in self.exercises()}
        if not marked:
            return marks
        coursedir = self._nbgrader.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(ASSIGNMENT, student_id)
            except MissingEntry:
                return marks
            for notebook in submission.notebooks:
                untouched = {c.name for c in notebook.comments if c.auto_comment == "No response."}
                for grade in notebook.grades:
                    exercise = grade.name.removesuffix("_check")
                    if grade.auto_score is None:
                        by_hand = Mark("to grade" if grade.needs_manual_grade else "not marked")
                        marks[exercise] = by_hand
                    elif exercise in untouched:
                        marks[exercise] = Mark("no answer", float(grade.auto_score))
                    else:
                        marks[exercise] = Mark("marked", float(grade.auto_score))
        return marks


def _last_error(said: dict[str, object]) -> str:
    """The innermost error in what nbgrader logged: its own last line only points to the log."""
    errors = re.findall(r"^ +[\w.]*?(\w+(?:Error|Exception): .*)$", str(said["log"]), re.MULTILINE)
    return str(errors[-1]) if errors else "nbgrader did not say why"
