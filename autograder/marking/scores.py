"""Scores of test cells without checks of ours: as in stock nbgrader, but closed on doubt.

nbgrader gives full marks for whatever it cannot read as a number: nan, -1, True, a text, a NumPy
scalar (nbgrader/utils.py, get_partial_grade, 0.9.6). Such a cell earns nothing here, and says so.
"""

from __future__ import annotations

import math

import nbformat

__all__ = ["refuse_unreadable"]

NOTE = (
    "This test ran beside the student's code, which could have changed it. "
    "Its mark is only as good as that."
)


def refuse_unreadable(cell: nbformat.NotebookNode, *, complete: bool = True) -> None:
    """Let a test cell's output say 0 unless its last value is a finite score in range.

    `complete`: whether all that the cell sent is there; what is lost may have been an error.
    """
    if not complete:
        _refuse(cell, "not all that the cell put out could be kept")
    points = float(cell.metadata.nbgrader.get("points", 0) or 0)
    for output in cell.outputs:
        if output.output_type != "execute_result":
            continue
        text = output.get("data", {}).get("text/plain", "")
        text = "".join(text) if isinstance(text, list) else str(text)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= points:  # nan is in no range
            words = f"the cell's value, {text[:60]!r}, is no score between 0 and {points:g}"
            _refuse(cell, words)
            break
    cell.outputs.append(nbformat.v4.new_output("display_data", {"text/plain": NOTE}))


def _refuse(cell: nbformat.NotebookNode, words: str) -> None:
    error = nbformat.v4.new_output(
        "error",
        ename="UnreadableScore",
        evalue=words,
        traceback=[f"UnreadableScore: {words}; it counts as 0."],
    )
    cell.outputs.insert(0, error)
