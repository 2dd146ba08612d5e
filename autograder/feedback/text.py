"""Verdicts as plain text: for terminals, `nbgrader validate` and tracebacks."""

from __future__ import annotations

from collections.abc import Sequence

from ..checks.verdict import Verdict
from .marks import MARKS

__all__ = ["render"]


def _one(verdict: Verdict) -> str:
    mark = MARKS[verdict.outcome]
    lines = [f"{mark.sign} {verdict.answer}: {mark.word}. {verdict.fact}"]
    if verdict.hint:
        lines.append(f"  {verdict.hint}")
    return "\n".join(lines).replace("`", "")


def render(verdicts: Sequence[Verdict]) -> str:
    """The verdicts of one exercise, a paragraph each."""
    return "\n".join(_one(v) for v in verdicts)
