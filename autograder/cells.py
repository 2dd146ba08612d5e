"""What nbgrader wrote into a cell's metadata: what the cell is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_given", "is_test", "nbgrader_of", "points_of"]


def nbgrader_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """What nbgrader knows of the cell; nothing where it is no cell of nbgrader's."""
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, Mapping) else {}


def is_test(cell: Mapping[str, Any]) -> bool:
    """Whether what a program finds in it is a mark; an answer that a person reads is none."""
    return bool(nbgrader_of(cell).get("grade")) and not nbgrader_of(cell).get("solution")


def points_of(cell: Mapping[str, Any]) -> float:
    """The most that can be earned in it: in marking the gradebook's, which counts by them."""
    return float(nbgrader_of(cell).get("points", 0.0))


def is_given(cell: Mapping[str, Any]) -> bool:
    """Whether it is the author's, as a test is, or a locked cell without an answer."""
    found = nbgrader_of(cell)
    return bool(found.get("grade") or (found.get("locked") and not found.get("solution")))
