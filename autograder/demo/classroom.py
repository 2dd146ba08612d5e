"""A course directory of its own, in which the sample class is released to, handed in and marked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbgrader.apps.api import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

from ..access import require_fit, require_readable, require_writable
from ..cells import nbgrader_of
from ..distribution import CONFIG
from ..errors import AutograderError
from .students import SampleStudent

__all__ = ["Classroom", "DemoError", "Exercise", "Mark", "Result"]

ASSIGNMENT = "gradient_descent"
_AUTOGRADER = Path(sys.executable).with_name("autograder")
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
        self._nbgrader = NbGraderAPI(config=config)

    @classmethod
    def set_up(cls, folder: Path, course: Path) -> Classroom:
        """Make a course directory; what an earlier demonstration left in its place goes.

        Args:
            folder: where to make it.
            course: the course directory whose source notebooks and configuration are used.

        Raises:
            DemoError: where `folder` holds something else, or `course` is none.
            CourseError: where this user may not read the one or write the other, or nbgrader could
                not find it by that name.
        """
        require_fit(folder)
        source = course / "source" / ASSIGNMENT
        require_readable(folder, course, source, *source.glob("*.ipynb"), course / CONFIG)
        require_writable(folder.parent, folder)
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

    def mark(self, students: Sequence[SampleStudent], *, sandboxed: bool = True) -> list[Result]:
        """Mark the class and write its feedback, with the commands that a grader types.

        Args:
            students: who handed in.
            sandboxed: whether their work runs in a sandbox.

        Raises:
            DemoError: nobody could be marked.
        """
        # The same marks in every demonstration, and a loop without end soon at its limit.
        settings = [f"--Examine.cell_timeout={CELL_TIMEOUT}", "--Examine.seed=demonstration"]
        if not sandboxed:
            settings.append("--unsandboxed")
        status = self._type("grade", ASSIGNMENT, *settings)
        if status not in (0, 1):  # 1: some could not be marked, and the results say why
            raise DemoError("The class could not be marked; `autograder doctor` may say why.")
        self._nbgrader.generate_feedback(ASSIGNMENT)
        state = self.folder / ".autograder" / ASSIGNMENT
        faults = json.loads((state / "last_run.json").read_text(encoding="utf-8"))["faults"]
        log = (state / "last_run.log").read_text(encoding="utf-8")
        marks = self._reported_marks()
        return [
            self._result(student, marks.get(student.student_id, ()), faults, log)
            for student in students
        ]

    def report(self) -> Path:
        """Write the class report, and say where it is.

        Raises:
            DemoError: it could not be written.
        """
        if self._type("report", ASSIGNMENT) != 0:
            raise DemoError("The report could not be written.")
        return self.folder / f"report_{ASSIGNMENT}.html"

    def _type(self, *command: str) -> int:
        """Run a command of ours in the course directory, where it can be seen; its status."""
        return subprocess.run([_AUTOGRADER, *command], cwd=self.folder).returncode

    def _reported_marks(self) -> dict[str, list[dict[str, Any]]]:
        """By student, the marks as `autograder report --format json` has them."""
        line = [str(_AUTOGRADER), "report", ASSIGNMENT, "--format", "json", "--output", "-"]
        done = subprocess.run(line, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DemoError(f"The marks could not be read:\n{done.stderr}")
        return {paper["student"]: paper["marks"] for paper in json.loads(done.stdout)["students"]}

    def _result(
        self,
        student: SampleStudent,
        marks: Sequence[Mapping[str, Any]],
        faults: Mapping[str, str],
        log: str,
    ) -> Result:
        fault = faults.get(student.student_id, "")
        notes = re.findall(rf" WARNING {student.student_id}, (.+)$", log, re.MULTILINE)
        pages = self.folder / "feedback" / student.student_id / ASSIGNMENT
        return Result(
            student=student,
            marks=self._marks(() if fault else marks),
            feedback=tuple(sorted(pages.glob("*.html"))),
            notes=tuple(notes),
            fault=fault,
        )

    def exercises(self) -> list[Exercise]:
        """The exercises in the order in which the notebooks set them."""
        found = []
        for path in sorted(self.release.glob("*.ipynb")):
            for cell in nbformat.read(path, as_version=4).cells:
                about = nbgrader_of(cell)
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

    def _marks(self, reported: Sequence[Mapping[str, Any]]) -> dict[str, Mark]:
        """The marks as the class report has them; all "not marked" where there are none."""
        marks = {e.exercise_id: Mark("not marked") for e in self.exercises()}
        for found in reported:
            if found["outcome"] == "unjudged":
                marks[found["exercise"]] = Mark("to grade")
            else:
                state: State = "no answer" if found["outcome"] == "unanswered" else "marked"
                marks[found["exercise"]] = Mark(state, found["score"])
        return marks
