"""A course directory of its own, in which the sample class is released to, handed in and marked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

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


State = Literal["marked", "no answer", "to grade", "not marked"]


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

    "to grade": a person has yet to read it, a text or a file that no program can read.
    "not marked": the marking did not get there.
    """

    state: State
    points: float | None = None


@dataclass(frozen=True)
class Result:
    """What became of one submission.

    Attributes:
        marks: from exercise ids to marks.
        feedback: the feedback pages, in the order of the notebooks.
        notes: what the marking says of the submission as it came.
        fault: why the submission could not be marked, or "".
    """

    student: SampleStudent
    marks: dict[str, Mark]
    feedback: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    fault: str = ""


class Classroom:
    """A nbgrader course directory made for the demonstration.

    Args:
        folder: where it is; see `set_up`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
        config.Examine.cell_timeout = CELL_TIMEOUT
        # The same marks in every demonstration.
        config.Examine.seed = "demonstration"
        self._nbgrader = NbGraderAPI(config=config)

    @classmethod
    def set_up(cls, folder: Path, course: Path) -> Classroom:
        """Make a course directory; what an earlier demonstration left in its place goes.

        Args:
            folder: where to make it.
            course: the course directory whose source notebooks and configuration are used.

        Raises:
            DemoError: where `folder` holds something else, or `course` is none.
        """
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
        return cls(folder)

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

    def mark(self, student: SampleStudent) -> Result:
        """Mark one submission and write its feedback, as the formgrader's buttons do."""
        said = self._nbgrader.autograde(ASSIGNMENT, student.student_id)
        notes = re.findall(rf"^\[WARNING\] {student.student_id}, (.+)$", said["log"], re.MULTILINE)
        if said["success"]:
            said = self._nbgrader.generate_feedback(ASSIGNMENT, student.student_id)
        fault = "" if said["success"] else _fault(str(said["log"]))
        pages = self.folder / "feedback" / student.student_id / ASSIGNMENT
        return Result(
            student=student,
            marks=self._marks(student.student_id, marked=not fault),
            feedback=tuple(sorted(pages.glob("*.html"))),
            notes=tuple(notes),
            fault=fault,
        )

    def mark_all(self, students: Sequence[SampleStudent], workers: int) -> Iterator[Result]:
        """Mark several submissions at once; results come as they are done.

        One that cannot be marked does not stop the rest.
        """
        # Fresh processes: a fork of one in which JAX has started threads may hang.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            marked = [pool.submit(_mark, self.folder, student) for student in students]
            for one in as_completed(marked):
                yield one.result()

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
            submission = gradebook.find_submission(ASSIGNMENT, student_id)
            for notebook in submission.notebooks:
                untouched = {c.name for c in notebook.comments if c.auto_comment == "No response."}
                for grade in notebook.grades:
                    exercise = grade.name.removesuffix("_check")
                    if grade.needs_manual_grade:
                        marks[exercise] = Mark("to grade", grade.auto_score)
                    elif grade.auto_score is not None:
                        state: State = "no answer" if exercise in untouched else "marked"
                        marks[exercise] = Mark(state, grade.auto_score)
        return marks


# One classroom a worker process, so that the rubric is made once in each.
_classrooms: dict[Path, Classroom] = {}


def _mark(folder: Path, student: SampleStudent) -> Result:
    if folder not in _classrooms:
        _classrooms[folder] = Classroom(folder)
    return _classrooms[folder].mark(student)


def _fault(log: str) -> str:
    """What went wrong: the last error that nbgrader logged before it summed up."""
    errors = re.findall(r"^ +[\w.]*?(\w+(?:Error|Exception): .*)$", log, re.MULTILINE)
    errors = errors or re.findall(r"^\[ERROR\] (.+)$", log, re.MULTILINE)
    return str(errors[-1]) if errors else "nbgrader did not say why"
