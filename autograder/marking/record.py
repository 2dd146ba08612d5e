"""What is written into the autograded notebook: one output a test cell, with score and verdicts.

nbgrader reads the score from the text of an execute_result, and takes whatever it cannot read as
full marks; so the text is nothing but the repr of a finite, clamped, built-in float. The card and
the structured verdicts travel beside it in the same output: the notebook is the record from which
feedback and reports are made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat

from ..checks.verdict import MIME, Verdict
from ..feedback import html

__all__ = ["read_record", "score", "verdict_output"]

VERSION = 1


def score(verdicts: Sequence[Verdict], points: float) -> float:
    """The points that verdicts earn: their mean share of `points`, finite and in range."""
    if not verdicts or not math.isfinite(points):
        return 0.0
    share = math.fsum(v.share for v in verdicts) / len(verdicts)
    return float(min(max(share, 0.0), 1.0) * points)


def verdict_output(
    verdicts: Sequence[Verdict], points: float, seed: int, number: int | None
) -> nbformat.NotebookNode:
    """The output of a test cell: score as text, card as HTML, verdicts as data."""
    earned = score(verdicts, points)
    record = {
        "version": VERSION,
        "seed": str(seed),  # 64 bits do not fit into every reader's JSON numbers
        "points": float(points),
        "score": earned,
        "verdicts": [v.to_json() for v in verdicts],
    }
    data = {"text/plain": repr(earned), "text/html": html.render(verdicts), MIME: record}
    return nbformat.v4.new_output("execute_result", data, execution_count=number)


def read_record(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record in a cell of an autograded notebook, its verdicts as `Verdict`s, or None.

    Raises:
        ValueError, KeyError, TypeError: the record is not one of ours.
    """
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if MIME in data:
            record = dict(data[MIME])
            record["verdicts"] = [Verdict.from_json(v) for v in record["verdicts"]]
            return record
    return None
