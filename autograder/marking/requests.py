"""Requests to a person: cells that no program can judge, and why, noted in the marked copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat

__all__ = ["ask", "asked"]


def ask(cell: nbformat.NotebookNode, reason: str) -> None:
    """Have a person look at a graded cell, once marking is through.

    Args:
        cell: of the copy; a submission's own metadata never gets here (see reading.py).
        reason: a sentence for the grader.
    """
    reasons = cell.metadata.setdefault("autograder", nbformat.NotebookNode()).setdefault("ask", [])
    reasons.append(reason)


def asked(cell: Mapping[str, Any]) -> list[str]:
    """Why a person is to look at a cell of a marked copy."""
    return [str(reason) for reason in cell.get("metadata", {}).get("autograder", {}).get("ask", ())]
