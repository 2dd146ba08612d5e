"""What the release has in the place of a solution."""

from __future__ import annotations

import nbformat
import pytest

from autograder.nbgrader.stubs import ClearSolutions

REGION = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
STOCK = "# YOUR CODE HERE\nraise NotImplementedError()"


def released(source: str, kind: str = "code") -> str:
    cell = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell()
    cell.source = source
    cell.metadata["nbgrader"] = {"solution": True, "grade": kind != "code", "grade_id": "one"}
    ClearSolutions().preprocess_cell(cell, {"language": "python"}, 0)
    return str(cell.source)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (f"x = ...\n{REGION.format('x = 2')}", "x = ...\n# YOUR CODE HERE"),
        (
            "def f(x):\n    y = ...\n    ### BEGIN SOLUTION\n    y = 2 * x\n    ### END SOLUTION\n"
            "    return y",
            "def f(x):\n    y = ...\n    # YOUR CODE HERE\n    return y",
        ),
        (f"point = (..., ...)\n{REGION.format('point = 1, 2')}",
         "point = (..., ...)\n# YOUR CODE HERE"),
    ],
)  # fmt: skip
def test_where_dots_stand_for_the_answer_the_stub_is_a_comment(source: str, left: str) -> None:
    assert released(source) == left
    exec(left, {})


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("x = 2", STOCK),
        (REGION.format("x = 2"), STOCK),
        (f"# x = ...\n{REGION.format('x = 2')}", f"# x = ...\n{STOCK}"),
        (f"n = 3\nx = ...\n{REGION.format('x = n')}", f"n = 3\nx = ...\n{STOCK}"),
        (
            "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
            "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
        ),
    ],
)
def test_elsewhere_it_is_nbgraders_own(source: str, left: str) -> None:
    assert released(source) == left


def test_a_text_has_nbgraders_own() -> None:
    assert released("x = ...", "markdown") == "YOUR ANSWER HERE"
