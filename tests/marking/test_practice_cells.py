"""Practice costs marking nothing and changes no mark, whatever a student made of it."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path

import nbformat
import pytest

from autograder.coach.card import FOR_PRACTICE
from autograder.marking.illustrations import left_out
from autograder.marking.rubric import Rubric, read_rubric
from autograder.marking.session import Session
from autograder.marking.unsandboxed import PlainKernelManager
from tests.marking.test_illustrations import shares

SOURCE = Path(__file__).parents[2] / "source" / "gradient_descent" / "01_derivatives.ipynb"
WORKED_ON = {
    "predict-step": ("my_guess = ...", 'my_guess = "left"'),
    "own-derivative": ("return ...  # by hand", "return 1 / 0"),
}


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return read_rubric(SOURCE)


def test_practice_that_was_done_is_run_in_no_time_and_left_out_where_it_was_not(
    rubric: Rubric, tmp_path: Path
) -> None:
    submitted = nbformat.read(SOURCE, as_version=4)
    untouched = copy.deepcopy(submitted)
    cells = {cell.id: cell for cell in submitted.cells}
    for name, (old, new) in WORKED_ON.items():
        assert old in cells[name].source
        cells[name].source = cells[name].source.replace(old, new)
    without = left_out(submitted.cells, rubric.illustrations)
    places = {cell.id: place for place, cell in enumerate(submitted.cells)}
    assert {places[name] for name in WORKED_ON} & without.keys() == set()
    assert {places[name] for name in WORKED_ON} < left_out(
        untouched.cells, rubric.illustrations
    ).keys()
    session = Session(
        submitted, rubric, lambda: PlainKernelManager(tmp_path), lambda cell: 1, left_out=without
    )
    asyncio.run(session.run())
    for name in WORKED_ON:
        assert [output.text for output in cells[name].outputs] == [f"{FOR_PRACTICE}\n"]
    assert set(shares(submitted)) == {1.0}
    assert len(shares(submitted)) == len([n for e in rubric.exercises.values() for n in e.answers])
