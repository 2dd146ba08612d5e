"""What was once found out about a source notebook is not found out again while nothing changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.errors import RubricError
from autograder.marking import rubric
from autograder.marking.rubric import Rubric, verified_rubric

GIVEN = """
import elsewhere
from autograder import check
def f(x):
    return x**2
"""
# Each time that it is asked, it says so.
ANSWER = """
def df(x):
    with open({log!r}, "a") as file:
        print("asked", file=file)
    return {slope} * x
"""
STUB = "def df(x):\n    return {stub}\n"
CHECK = "check.gradient('df', of=f)"


def write(path: Path, answer: str) -> None:
    def cell(source: str, name: str, **about: object) -> nbformat.NotebookNode:
        nbgrader = {"grade_id": name, "schema_version": 3, "grade": False, "solution": False}
        made = nbformat.v4.new_code_cell(source, id=name)
        made.metadata["nbgrader"] = {**nbgrader, "locked": True, **about}
        return made

    cells = [
        cell(GIVEN, "given"),
        cell(answer, "ex", solution=True, locked=False),
        cell(CHECK, "ex_check", grade=True, points=2),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


class Course:
    """A source, its release, and a module that is neither installed nor beside them."""

    def __init__(self, root: Path) -> None:
        self.source, self.release = root / "source" / "one.ipynb", root / "release" / "one.ipynb"
        self.module, self.log = root / "library" / "elsewhere.py", root / "log"
        self.module.parent.mkdir()
        self.module.write_text("SLOPE = 2\n")
        self.answer(2)
        self.stub("0 * x")

    def answer(self, slope: float) -> None:
        write(self.source, ANSWER.format(log=str(self.log), slope=slope))

    def stub(self, stub: str) -> None:
        write(self.release, STUB.format(stub=stub))

    def read(self, *, anew: bool = False) -> tuple[Rubric, int]:
        """The rubric as a new process reads it, and how often the source was asked for it."""
        rubric._known.clear()
        rubric._verified.clear()
        self.log.write_text("")
        return verified_rubric(self.source, self.release, anew=anew), len(
            self.log.read_text().splitlines()
        )


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    made = Course(tmp_path)
    monkeypatch.syspath_prepend(str(made.module.parent))
    monkeypatch.setattr(rubric, "_known", {})
    monkeypatch.setattr(rubric, "_verified", {})
    yield made
    sys.modules.pop("elsewhere", None)


def test_the_source_is_asked_by_the_first_process_alone(course: Course) -> None:
    first, asked = course.read()
    assert asked > 0
    again, asked = course.read()
    assert asked == 0
    assert list(again.exercises) == list(first.exercises) == ["ex_check"]
    assert again.points == first.points == 2


def test_who_asks_anew_is_told_anew(course: Course) -> None:
    course.read()
    assert course.read(anew=True)[1] > 0


def test_another_answer_is_looked_at(course: Course) -> None:
    course.read()
    course.answer(3)
    with pytest.raises(RubricError, match="own answer to ex_check is not right"):
        course.read()
    with pytest.raises(RubricError, match="own answer to ex_check is not right"):
        course.read()  # what is wrong is kept by nobody
    course.answer(2)
    assert course.read()[1] == 0


def test_another_release_is_looked_at(course: Course) -> None:
    course.read()
    course.stub("2 * x")
    with pytest.raises(RubricError, match="gives its answer away"):
        course.read()
    with pytest.raises(RubricError, match="gives its answer away"):
        course.read()
    course.stub("3 * x")
    assert course.read()[0].points == 2


@pytest.mark.parametrize("where", ["a module elsewhere", "a file beside it", "a file below"])
def test_what_it_depends_on_may_change(course: Course, where: str) -> None:
    places = {
        "a module elsewhere": course.module,
        "a file beside it": course.source.with_name("data.csv"),
        "a file below": course.source.with_name("data") / "more.csv",
    }
    place = places[where]
    place.parent.mkdir(exist_ok=True)
    place.write_text("SLOPE = 2\n")
    course.read()
    assert course.read()[1] == 0
    place.write_text("SLOPE = 2  # of 2024\n")
    assert course.read()[1] > 0
    assert course.read()[1] == 0


def test_where_nothing_can_be_kept_it_is_found_out_each_time(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("autograder.marking.proofs.write_whole", full)
    for _ in range(2):
        found, asked = course.read()
        assert asked > 0
        assert found.points == 2
