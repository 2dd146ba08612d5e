"""An answer that must be another than an earlier one: than that was when it was judged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nbformat
import pytest

from autograder.marking.record import read_record
from autograder.marking.rubric import Rubric, read_rubric
from autograder.marking.session import Session
from autograder.marking.unsandboxed import PlainKernelManager
from tests.marking.small_course import _cell

GIVEN = "def f(x):\n    return 0.25 * x**4 - 2 * x**2 + x"  # valleys at -2.11 and 1.86
LEFT, RIGHT = "-2.1149075", "1.8608059"
CHECKS = ("check.minimum('low', of=f)", "check.minimum('other', of=f, other_than='low')")
BOTH = (f"low = {LEFT}", f"other = {RIGHT}")

CASES = {
    "both": (BOTH, ["right", "right"]),
    "the same": ((f"low = {LEFT}", "other = low"), ["right", "wrong"]),
    # The second loop walks with the variable of the first.
    "walks on": ((f"low = {LEFT}", f"low = {RIGHT}\nother = low"), ["right", "right"]),
    "one for two": ((f"low = {LEFT}", f"other = low\nlow = {RIGHT}"), ["right", "wrong"]),
    "hidden": ((f"low = {LEFT}", "other = low\nlow = 0.0"), ["right", "wrong"]),
    "one by one": ((f"low = {LEFT}", f"other = {LEFT}\ndel low"), ["right", "wrong"]),
    # What earned nothing is held against nobody.
    "mended late": (("low = 1.7", f"low = {LEFT}\nother = {RIGHT}"), ["wrong", "right"]),
}


def notebook(answers: tuple[str, str]) -> nbformat.NotebookNode:
    cells = [_cell("code", f"from autograder import check\n{GIVEN}", "given_f", locked=True)]
    for name, answer, check in zip(("low", "other"), answers, CHECKS, strict=True):
        cells.append(_cell("code", answer, name, solution=True))
        about = {"grade": True, "locked": True, "points": 1.0}
        cells.append(_cell("code", check, f"{name}_check", **about))
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    path = tmp_path_factory.mktemp("others") / "valleys.ipynb"
    nbformat.write(notebook(BOTH), path)
    return read_rubric(path)


@pytest.mark.parametrize("case", CASES)
def test_another_minimum_is_another_than_the_one_that_was_judged(
    rubric: Rubric, tmp_path: Path, case: str
) -> None:
    answers, expected = CASES[case]
    submitted = notebook(answers)
    asyncio.run(
        Session(submitted, rubric, lambda: PlainKernelManager(tmp_path), lambda cell: 1).run()
    )
    assert outcomes(submitted) == expected


def outcomes(submitted: nbformat.NotebookNode) -> list[str]:
    records = [record for cell in submitted.cells if (record := read_record(cell))]
    return [record["verdicts"][0].outcome for record in records]


@pytest.mark.parametrize(("low", "expected"), [(LEFT, "wrong"), (RIGHT, "right")])
def test_cells_that_were_moved_earn_one_minimum_once(
    rubric: Rubric, tmp_path: Path, low: str, expected: str
) -> None:
    submitted = notebook((f"low = {low}", f"other = {LEFT}"))
    given, *first, answer, check = submitted.cells
    submitted.cells = [given, answer, check, *first]
    asyncio.run(
        Session(submitted, rubric, lambda: PlainKernelManager(tmp_path), lambda cell: 1).run()
    )
    assert outcomes(submitted) == ["right", expected]
