"""A score that cannot be read is told as that, and nothing is lost: no output, no other mark."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import determine_grade

from autograder.marking.scores import NOTE, refuse_unreadable
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST

POINTS = 2.0


def cell_with(value: str | list[str]) -> nbformat.NotebookNode:
    """A plain test cell that printed something and has this for its last value."""
    cell = nbformat.v4.new_code_cell("test()")
    cell.metadata.nbgrader = nbformat.from_dict(
        {"grade": True, "solution": False, "grade_id": "t", "points": POINTS}
    )
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="what the test says\n"),
        nbformat.v4.new_output("execute_result", {"text/plain": value}, execution_count=1),
    ]
    return cell


@pytest.mark.parametrize(
    "value",
    ["nan", "inf", "-1.0", "2.5", "True", "'all'", "[1.0]", "np.float64(1.0)", "", ["na", "n"]],
)
def test_an_unreadable_score_is_told(value: str | list[str]) -> None:
    cell = cell_with(value)
    before = list(cell.outputs)
    refuse_unreadable(cell)
    error, *kept, note = cell.outputs
    assert kept == before
    assert error.ename == "UnreadableScore"
    assert f"the cell's value, {''.join(value)!r}, is no score between 0 and 2" in error.evalue
    assert error.evalue in error.traceback[0]
    assert note.data["text/plain"] == NOTE
    assert determine_grade(cell) == (0, POINTS)


@pytest.mark.parametrize(
    ("value", "score"), [("0", 0.0), ("0.5", 0.5), ("2", 2.0), (["1", ".5"], 1.5)]
)
def test_a_score_that_can_be_read_counts(value: str | list[str], score: float) -> None:
    cell = cell_with(value)
    before = list(cell.outputs)
    refuse_unreadable(cell)
    assert cell.outputs[:-1] == before
    if isinstance(value, str):
        assert determine_grade(cell) == (score, POINTS)


def test_what_was_cut_off_may_have_been_an_error() -> None:
    cell = cell_with("2.0")
    refuse_unreadable(cell, complete=False)
    assert "not all that the cell put out could be kept" in cell.outputs[0].evalue
    assert determine_grade(cell) == (0, POINTS)


def test_an_unreadable_score_costs_no_other_mark(course: Path, tmp_path: Path) -> None:
    small.make(tmp_path, course)
    path = tmp_path / "source" / ASSIGNMENT / f"{FIRST}.ipynb"
    plain = "1.0 if lowest < 0 else float('nan')"
    text = path.read_text(encoding="utf-8").replace(small.TESTS["lowest"], plain)
    path.write_text(text, encoding="utf-8")
    said = small.api(tmp_path).generate_assignment(ASSIGNMENT, force=True)
    assert said["success"], said["log"]
    for student in ("ada", "ben"):
        folder = small.hand_in(tmp_path, small.Submission(student))
    path = folder / f"{FIRST}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    small.cell_of(notebook, "lowest")["source"] = "lowest = 4.0"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    said = small.api(tmp_path).autograde(ASSIGNMENT, "*")
    assert said["success"], said["log"]
    right = {"slope": 2.0, "lowest": 1.0, "why": None, "cubed_slope": 2.0}
    marks = {
        student: {name: mark for name, (mark, _) in small.marks(tmp_path, student).items()}
        for student in ("ada", "ben")
    }
    assert marks == {"ada": right, "ben": {**right, "lowest": 0.0}}
    cell = small.cell_of(small.autograded(tmp_path, "ben"), "lowest_check")
    assert cell.outputs[0].ename == "UnreadableScore"
    assert "'nan'" in cell.outputs[0].evalue
    assert "nan" in [o.get("data", {}).get("text/plain") for o in cell.outputs]
