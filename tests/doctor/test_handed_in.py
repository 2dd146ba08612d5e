"""A source that is changed after submissions came in: doctor warns, and the guide's steps work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.doctor.findings import Finding
from autograder.doctor.handed_in import exercises
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, POINTS, SECOND, Submission

REPOSITORY = Path(__file__).resolve().parents[2]
Change = Callable[[nbformat.NotebookNode], None]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    small.make(tmp_path, REPOSITORY)
    return tmp_path


def handed_in(course: Path) -> None:
    with small.gradebook(course) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(ASSIGNMENT, "ada")


def change(course: Path, done: Change) -> None:
    path = course / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    done(notebook)
    nbformat.write(notebook, path)


def without(*ids: str) -> Change:
    def done(notebook: nbformat.NotebookNode) -> None:
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") not in ids
        ]

    return done


def with_points(points: float) -> Change:
    def done(notebook: nbformat.NotebookNode) -> None:
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "slope_check":
                cell.metadata["nbgrader"]["points"] = points

    return done


def look(course: Path) -> list[Finding]:
    return list(exercises(f"sqlite:///{course}/gradebook.db", course / "source"))


def test_before_anybody_hands_in_all_may_change(course: Path) -> None:
    change(course, without("slope", "slope_check"))
    assert look(course) == []


def test_what_is_as_it_was_is_no_finding(course: Path) -> None:
    handed_in(course)
    assert look(course) == []


def test_an_exercise_that_is_gone(course: Path) -> None:
    handed_in(course)
    change(course, without("slope", "slope_check"))
    (found,) = look(course)
    assert found.level == "wrong"
    assert f"{FIRST} without slope, {FIRST} without slope_check" in found.says
    assert "0 points" in found.cure


def test_an_exercise_that_is_new(course: Path) -> None:
    handed_in(course)
    change(course, lambda notebook: notebook.cells.extend(small._exercise("cubed_slope")))
    (found,) = look(course)
    assert f"{FIRST} with cubed_slope, {FIRST} with cubed_slope_check" in found.says


def test_a_notebook_that_is_gone_or_new(course: Path) -> None:
    handed_in(course)
    folder = course / "source" / ASSIGNMENT
    (folder / f"{SECOND}.ipynb").rename(folder / "third.ipynb")
    (found,) = look(course)
    assert f"without {SECOND}, with third" in found.says


def test_other_points(course: Path) -> None:
    handed_in(course)
    change(course, with_points(5))
    (found,) = look(course)
    assert found.level == "warning"
    assert "slope_check of slopes has 5 points in the source and 2 in the gradebook" in found.says


def test_the_gradebook_is_not_written(course: Path) -> None:
    handed_in(course)
    before = (course / "gradebook.db").read_bytes()
    change(course, with_points(5))
    assert look(course)
    assert (course / "gradebook.db").read_bytes() == before


def marks(course: Path) -> dict[str, float]:
    with small.gradebook(course) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ada")
        return {g.name: g.auto_score for n in submission.notebooks for g in n.grades}


def test_an_exercise_is_dropped_and_weighed_anew_by_the_guides_steps(course: Path) -> None:
    small.hand_in(course, Submission("ada"))
    assert small.typed(course, "autograder", "grade", ASSIGNMENT).returncode == 0
    before = marks(course)
    assert before["slope_check"] == POINTS["slope"]
    for points in (0, 7):
        change(course, with_points(points))
        said = small.api(course).generate_assignment(ASSIGNMENT, force=True)
        assert said["success"], said["log"]
        done = small.typed(course, "autograder", "grade", ASSIGNMENT, "--force")
        assert done.returncode == 0, done.stderr
        assert marks(course) == {**before, "slope_check": points}
        assert look(course) == []
        with small.gradebook(course) as gradebook:
            total = gradebook.find_submission(ASSIGNMENT, "ada").max_score
            assert total == sum(POINTS.values()) - POINTS["slope"] + points
    assert (course / "release" / ASSIGNMENT / f"{FIRST}.ipynb").exists()
