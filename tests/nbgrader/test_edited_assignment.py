"""What an author changes after the release is not laid at a student's door."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.marking.given import given_cells, released_cells
from autograder.nbgrader.mend import mend
from tests.marking import small_course as small

EARLIER = "is of an earlier version of the assignment; the newer one counts."


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory, course: Path) -> Any:
    """A submission that was fetched before its author edited the assignment; its cells today."""
    root = tmp_path_factory.mktemp("course")
    small.make(root, course)
    handed_in = small.honest(root, small.FIRST)
    path = root / "source" / small.ASSIGNMENT / f"{small.FIRST}.ipynb"
    source = json.loads(path.read_text(encoding="utf-8"))
    given = small.cell_of(source, "given_f")
    given["source"] = "def f(x):\n    # shifted by two\n    return x**2 + 3 * x - 7"
    small.cell_of(source, "slope_check")["metadata"]["nbgrader"]["points"] = 5.0
    path.write_text(json.dumps(source), encoding="utf-8")
    api = small.api(root)
    said = api.generate_assignment(small.ASSIGNMENT, force=True)
    assert said["success"], said["log"]
    released = released_cells(api.coursedir, small.ASSIGNMENT, small.FIRST)
    with small.gradebook(root) as gradebook:
        cells = given_cells(gradebook, small.ASSIGNMENT, small.FIRST, released)
    return handed_in, cells


def mended(before_and_after: Any, change: Callable[[Any], None] = lambda _: None) -> Any:
    handed_in, cells = before_and_after
    notebook = copy.deepcopy(handed_in)
    change(notebook)
    node = nbformat.from_dict(notebook)
    for cell in node.cells:
        cell.source = "".join(cell.source)
    return mend(node, cells), node


def test_what_the_author_edited_is_said_to_be_the_authors(before_and_after: Any) -> None:
    notes, node = mended(before_and_after)
    assert notes == [f"The cell `given_f` {EARLIER}", f"The check of `slope` {EARLIER}"]
    # No copy of the older text stands anywhere as the student's.
    assert "x - 5" not in "".join(c.source for c in node.cells if c.cell_type == "markdown")
    points = {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.get("points")
        for c in node.cells
        if "nbgrader" in c.metadata
    }
    assert points["slope_check"] == 5.0


def test_what_the_student_added_is_still_the_students(before_and_after: Any) -> None:
    def add(notebook: Any) -> None:
        cell = small.cell_of(notebook, "given_f")
        cell["source"] = "".join(cell["source"]) + "\nmine = 3"

    notes, node = mended(before_and_after, add)
    assert any("What you added to the cell `given_f` was run" in note for note in notes)
    assert any("mine = 3" in cell.source for cell in node.cells)


def test_points_that_the_student_changed_are_the_students(before_and_after: Any) -> None:
    def raise_points(notebook: Any) -> None:
        small.cell_of(notebook, "slope_check")["metadata"]["nbgrader"]["points"] = 100.0

    notes, _ = mended(before_and_after, raise_points)
    assert "In the check of `slope` the points had been changed; they are as given again." in notes


@pytest.mark.parametrize(
    "points", [10**400, "many", None, [1]], ids=["huge", "text", "none", "list"]
)
def test_points_that_are_no_number_are_as_given_again(before_and_after: Any, points: Any) -> None:
    """nbgrader makes them a float for its checksum, and whole numbers may be too large for one."""

    def spoil(notebook: Any) -> None:
        small.cell_of(notebook, "slope_check")["metadata"]["nbgrader"]["points"] = points

    _, node = mended(before_and_after, spoil)
    (check,) = (
        c for c in node.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "slope_check"
    )
    assert check.metadata.nbgrader["points"] == 5.0


@pytest.mark.parametrize("checksum", ["", None, 7, "0" * 32])
def test_a_checksum_that_is_none_vouches_for_nothing(before_and_after: Any, checksum: Any) -> None:
    def forge(notebook: Any) -> None:
        cell = small.cell_of(notebook, "given_f")
        cell["metadata"]["nbgrader"]["checksum"] = checksum
        cell["source"] = "f = 3"

    notes, _ = mended(before_and_after, forge)
    assert not any("given_f" in note and EARLIER in note for note in notes)
