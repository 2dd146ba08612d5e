"""A class that wrote texts, marked without a kernel: rows and copies as marking leaves them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.checks.verdict import Verdict
from autograder.texts.copies import text_of
from autograder.texts.gather import seen
from autograder.texts.rows import Row, find
from autograder.texts.saving import save
from tests.corpus import EXERCISES
from tests.report.classroom import ASSIGNMENT, Classroom

CELL, NOTEBOOK = "analogies", "01_derivatives"
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
WROTE = {
    "ann": "On Saturdays I bake bread: the water is my lever, $f(x) = x^2$ what is left over.",
    "bob": "I do not know.",
    "cleo": "i do  NOT know.\n",
    "dora": HOSTILE,
    "emil": "  \n",
}
LEFT_ALONE = "fred"


@dataclass(frozen=True)
class Room:
    """A course directory with the class in it."""

    classroom: Classroom

    @property
    def root(self) -> Path:
        return self.classroom.root

    @property
    def course(self) -> Any:
        return self.classroom.course

    def gradebook(self) -> Gradebook:
        return self.classroom.gradebook()

    def grade(self, student: str) -> str:
        """The id of the grade of a student's text."""
        with self.gradebook() as gradebook:
            return str(gradebook.find_grade(CELL, NOTEBOOK, ASSIGNMENT, student).id)

    def row(self, student: str) -> Row:
        with self.gradebook() as gradebook:
            found = find(gradebook, self.grade(student))
        assert found is not None
        return found

    def seen(self, student: str) -> str:
        """What a page shows of a student's text, in a digest."""
        row = self.row(student)
        text = text_of(self.course, row)
        assert text is not None
        return seen(row, text)

    def save(self, student: str, **wanted: Any) -> Row:
        """As a page that has just been made does."""
        return save(self.course, self.grade(student), {"seen": self.seen(student), **wanted})

    def copy(self, student: str) -> Path:
        return self.root / "autograded" / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb"


@pytest.fixture(scope="session", autouse=True)
def _alembic() -> Iterator[None]:
    """nbgrader makes a gradebook with a command that lies beside this Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
        yield


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory, _alembic: None, course: Path) -> Path:
    root = tmp_path_factory.mktemp("texts")
    room = Classroom.make(root)
    right = {
        exercise: [Verdict(exercise, "right", 1.0, "", "", None)]
        for exercises in EXERCISES.values()
        for exercise in exercises
    }
    with room.gradebook() as gradebook:
        for student in (*WROTE, LEFT_ALONE):

            def write(name: str, notebook: dict[str, Any], student: str = student) -> None:
                for cell in notebook["cells"]:
                    if cell["metadata"].get("nbgrader", {}).get("grade_id") == CELL:
                        cell["source"] = WROTE.get(student, cell["source"])

            room.mark(gradebook, student, right, spoil=write, feedback=False)
        gradebook.update_or_create_student("ann", first_name="Ann", last_name="Example")
        # As nbgrader has it of what is as it was released (SaveAutoGrades).
        grade = gradebook.find_grade(CELL, NOTEBOOK, ASSIGNMENT, LEFT_ALONE)
        grade.auto_score, grade.needs_manual_grade = 0.0, False
        comment = gradebook.find_comment(CELL, NOTEBOOK, ASSIGNMENT, LEFT_ALONE)
        comment.auto_comment = "No response."
        gradebook.db.commit()
    shutil.copytree(course / "source", root / "source")
    shutil.copy(course / "nbgrader_config.py", root)
    return root


@pytest.fixture
def room(marked: Path, tmp_path: Path) -> Room:
    shutil.copytree(marked, tmp_path / "course")
    return Room(Classroom(tmp_path / "course"))
