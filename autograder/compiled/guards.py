"""What must still be so for a compiled program to stand in for a function.

Names, cells and functions are compared by identity, scalars among them by type and value, and
mutable data by content: a list that is the same list may hold other numbers
(program `global_list_changed`).
"""

from __future__ import annotations

import types
from typing import Any

from autograder.compiled.values import same, same_scalar

__all__ = ["ABSENT", "FunctionParts", "Guards", "cell_content", "parts"]

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "<absent>"})()
"""In place of a value: a name that is not bound, a cell that is empty."""

FunctionParts = tuple[types.CodeType, dict[str, Any], tuple[Any, ...], dict[str, Any] | None]
"""Code, globals, then defaults and cell contents in one tuple, and keyword-only defaults."""


def cell_content(cell: types.CellType) -> Any:
    """What is in the cell, or `ABSENT`."""
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


def parts(function: types.FunctionType) -> FunctionParts:
    """All that makes `function` what it is, besides what it reaches by name."""
    defaults = function.__defaults__ or ()
    cells = tuple(map(cell_content, function.__closure__ or ()))
    keywords = function.__kwdefaults__
    return (
        function.__code__,
        function.__globals__,
        # The number of defaults decides which arguments have one.
        (len(defaults), *defaults, *cells),
        dict(keywords) if keywords else None,
    )


def _unchanged(now: Any, before: Any) -> bool:
    return now is before or same_scalar(now, before)


def _same_parts(function: types.FunctionType, before: FunctionParts) -> bool:
    code, names, values, keywords = before
    # An equal code object is as good: running a cell again makes one.
    if function.__code__ is not code and function.__code__ != code:
        return False
    if function.__globals__ is not names:
        return False
    _, _, values_now, keywords_now = parts(function)
    if len(values_now) != len(values) or not all(map(_unchanged, values_now, values)):
        return False
    if keywords is None or keywords_now is None:
        return keywords is keywords_now
    return keywords.keys() == keywords_now.keys() and all(
        _unchanged(keywords_now[name], value) for name, value in keywords.items()
    )


class Guards:
    """Everything a function reaches, as it was when it was looked at.

    The function itself is not remembered, only its parts, so that a lambda made anew in each round
    of a loop is served too, and two lambdas of the same line are told apart by what their cells
    hold now (program `twins_one_closure_changed`).
    """

    def __init__(self, root: types.FunctionType) -> None:
        self._root = parts(root)
        self._names: list[tuple[dict[str, Any], str, Any]] = []
        self._functions: list[tuple[types.FunctionType, FunctionParts]] = []
        self._contents: list[tuple[Any, Any]] = []

    def name(self, namespace: dict[str, Any], name: str, value: Any) -> None:
        """`name` must be bound to `value`, or to nothing if that is `ABSENT`."""
        self._names.append((namespace, name, value))

    def function(self, function: types.FunctionType) -> None:
        """`function` must keep its code, defaults and cells."""
        self._functions.append((function, parts(function)))

    def content(self, value: Any, snapshot: Any) -> None:
        """`value` must stay what its `snapshot` says."""
        self._contents.append((value, snapshot))

    def hold(self, root: types.FunctionType) -> bool:
        """Whether all is as it was, for `root` in the place of the function that was looked at."""
        if not _same_parts(root, self._root):
            return False
        for namespace, name, before in self._names:
            now = namespace.get(name, ABSENT)
            if now is not before and not same_scalar(now, before):
                return False
        return all(_same_parts(function, before) for function, before in self._functions) and all(
            same(value, before) for value, before in self._contents
        )
