"""A marked class without a kernel: gradebook, autograded copies and feedback pages, made directly.

The verdicts are real: the corpus's cases, judged by the checks of the source notebooks, and written
into the copies as marking writes them. The rows are made through nbgrader's own Gradebook.
"""

from __future__ import annotations

import copy
import datetime
import json
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograder.answers.local import judge
from autograder.checks.verdict import Verdict
from autograder.marking.record import verdict_output
from tests.corpus import EXERCISES, load
from tests.test_corpus import checks_of, left_behind

ASSIGNMENT = "gradient_descent"
COURSE_ID = "report_course"
RELEASE = Path(__file__).parents[2] / "release" / ASSIGNMENT
DUE = datetime.datetime(2026, 3, 2, 12, 0)
CASES_AN_EXERCISE = 2

Verdicts = dict[str, list[Verdict]]
"""From an exercise's id to the verdicts on its answers."""


# The gradebook of an assignment without students; nbgrader takes seconds to make one.
_EMPTY: list[bytes] = []


@cache
def notebooks() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(RELEASE.glob("*.ipynb"))}


@cache
def bank() -> dict[str, list[list[Verdict]]]:
    """For each exercise what marking makes of a right answer, of some wrong ones, and of none."""
    found: dict[str, list[list[Verdict]]] = {}
    for notebook, exercises in EXERCISES.items():
        for exercise in exercises:
            checks = checks_of(notebook)[exercise]
            cases = [c for c in load() if c.exercise == exercise]
            right = [c for c in cases if c.label == "right"][:1]
            others = [c for c in cases if c.label != "right" and c.misconception != "never_returns"]
            chosen = right + others[:: max(1, len(others) // CASES_AN_EXERCISE)]
            spaces = [left_behind(case)[0] for case in chosen[: CASES_AN_EXERCISE + 1]]
            found[exercise] = [
                [v for check in checks for v in judge(check, space, seed=3)]
                for space in [*spaces, {}]
            ]
    return found


def work(number: int) -> Verdicts:
    """A student's verdicts; different students are differently good, and at different things."""
    found = {}
    for place, (exercise, choices) in enumerate(bank().items()):
        good = (number * 7 + place * 3) % 11 < number % 12
        found[exercise] = choices[0 if good else 1 + (number + place) % (len(choices) - 1)]
    return found


@dataclass(frozen=True)
class Classroom:
    """A course directory in `root` and the class in it."""

    root: Path

    @property
    def course(self) -> CourseDirectory:
        course = CourseDirectory()
        course.root = str(self.root)
        course.db_url = f"sqlite:///{self.root / 'gradebook.db'}"
        course.course_id = COURSE_ID
        return course

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", COURSE_ID)

    @classmethod
    def make(cls, root: Path) -> Classroom:
        """The assignment, and nobody yet."""
        room = cls(root)
        if _EMPTY:
            (root / "gradebook.db").write_bytes(_EMPTY[0])
            return room
        with room.gradebook() as gradebook:
            gradebook.add_assignment(ASSIGNMENT, duedate=DUE)
            for name, notebook in notebooks().items():
                gradebook.add_notebook(name, ASSIGNMENT)
                for cell in notebook["cells"]:
                    about = cell["metadata"].get("nbgrader", {})
                    if about.get("grade"):
                        gradebook.add_grade_cell(
                            about["grade_id"], name, ASSIGNMENT,
                            max_score=about["points"], cell_type=cell["cell_type"],
                        )  # fmt: skip
                    if about.get("solution"):
                        gradebook.add_solution_cell(about["grade_id"], name, ASSIGNMENT)
        _EMPTY.append((root / "gradebook.db").read_bytes())
        return room

    def enrol(self, student: str, **names: str) -> None:
        """A student who has handed in nothing yet."""
        with self.gradebook() as gradebook:
            gradebook.update_or_create_student(student, **names)

    def mark(
        self,
        gradebook: Gradebook,
        student: str,
        verdicts: Verdicts,
        *,
        hours_late: float | None = None,
        isolation: str = "sandboxed",
        metadata: dict[str, dict[str, Any]] | None = None,
        spoil: Any = None,
        feedback: bool = True,
    ) -> None:
        """Leave behind what marking this work would.

        Args:
            hours_late: when it came in; None for a submission without a time.
            metadata: from a notebook to what marking noted about it.
            spoil: changes a notebook's JSON, given its name, before it is written.
        """
        gradebook.update_or_create_student(student)
        with warnings.catch_warnings():
            # nbgrader looks at a new submission before it adds it to its session.
            warnings.filterwarnings("ignore", message="Object of type <Submitted.*not in session")
            submission = gradebook.add_submission(ASSIGNMENT, student)
        if hours_late is not None:
            submission.timestamp = DUE + datetime.timedelta(hours=hours_late)
        rows = {(g.notebook.name, g.name): g for n in submission.notebooks for g in n.grades}
        for name, released in notebooks().items():
            notebook = copy.deepcopy(released)
            notebook["metadata"]["autograder"] = (metadata or {}).get(name, {"notes": []})
            for cell in notebook["cells"]:
                about = cell["metadata"].get("nbgrader", {})
                if not about.get("grade"):
                    continue
                row = rows[name, about["grade_id"]]
                if about.get("solution"):
                    continue  # waits for a person, as nbgrader makes it
                exercise = about["grade_id"].removesuffix("_check")
                output = verdict_output(verdicts[exercise], about["points"], 5, None)
                (record,) = (v for k, v in output.data.items() if "verdict" in k)
                record["isolation"] = isolation
                cell["outputs"] = [output]
                row.auto_score = float(output.data["text/plain"])
                row.needs_manual_grade = bool(notebook["metadata"]["autograder"].get("review"))
            if spoil is not None:
                spoil(name, notebook)
            self._write("autograded", student, f"{name}.ipynb", json.dumps(notebook))
            if feedback:
                self._write("feedback", student, f"{name}.html", "<title>feedback</title>")
        gradebook.db.commit()

    def hand_in(self, student: str) -> None:
        """A submission that nobody has marked."""
        self._write("submitted", student, "01_derivatives.ipynb", "{}")

    def _write(self, step: str, student: str, name: str, text: str) -> None:
        folder = self.root / step / student / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def remember_run(self, record: Any) -> None:
        """What `autograder grade` leaves."""
        folder = self.root / ".autograder" / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "last_run.json").write_text(json.dumps(record))


def error_output(name: str, words: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[f"{name}: {words}"])
