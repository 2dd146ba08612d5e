"""The functions that an exercise gives: its own are what counts, whatever became of their names.

A check's `of=f` hands over what is called `f` now. Students overwrite given names, by
`f = jax.grad(func)` in a scratch cell, `f = 3`, or a retyped `def f` with a slip, and marking takes
the exercise's own. So practice does, too, as far as it can know it: from the released cell in the
notebook's file, for which nbgrader's checksum vouches, else from the first of that name.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..answers.source import plain, sketch
from ..answers.witness import quietly
from ..checks.given import same_values
from ..checks.layout import find_layout
from ..errors import CheckError
from .notebook import File
from .runs import Log, Run

__all__ = ["Given", "given_function"]

_SECONDS = 10.0


@dataclass(frozen=True)
class Given:
    """The function to judge by.

    Attributes:
        function: the exercise's own, or what the check was handed.
        changed: a sentence for the student, where the name holds something else now; or "".
        whose: "exercise", "first" (of that name in this session, which may be the exercise's), or
            "unknown" (it is not as released).
    """

    function: Any
    changed: str = ""
    whose: str = "exercise"


def given_function(
    of: Any, namespace: Mapping[str, Any], log: Log | None, file: File | None
) -> Given:
    """The exercise's own function, for what a check of this session was handed as `of`."""
    check = log.current if log is not None else None
    if log is None or check is None:
        return Given(of)
    name = _name_of(of, namespace, check.source)
    version = log.versions.get(name)
    if not name or version is None or version.run is check:
        return Given(of)
    now = version.run
    released, touched = _released(name, check, file)
    first, first_run = log.functions.get(name, (None, now))
    if released is not None:
        if now.sketch.digest == sketch(released).digest:
            return Given(of)
        with contextlib.suppress(Exception):
            first = _made(released, name, file) or first
        own = first
    elif first is not None and (first is of or first_run.sketch.digest == now.sketch.digest):
        if not touched:
            return Given(of)
        words = f"The cell that gives `{name}` is not as released; marking takes the released one."
        return Given(of, words, "unknown")
    else:
        own = first
    if own is None or _is_same(own, of):
        return Given(of if own is None else own)
    words = (
        f"`{name}` is not the given function any more: {now.place} changed it. The exercise's own "
        f"`{name}` is what counts; run the cell that gives it again, and take another name there."
    )
    known = released is not None or not _is_defined(name, now)
    return Given(own, words, "exercise" if known else "first")


def _name_of(of: Any, namespace: Mapping[str, Any], source: str) -> str:
    """Under which name the check's line has it."""
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(plain(source))):
            match node:
                case ast.keyword(arg="of", value=ast.Name(id=name)):
                    if namespace.get(name) is of:
                        return name
    return ""


def _is_defined(name: str, run: Run) -> bool:
    """Whether a cell defines it as an author's would: a `def` of this name, and nothing else."""
    with contextlib.suppress(SyntaxError, ValueError):
        match ast.parse(plain(run.source)).body:
            case [ast.FunctionDef(name=found)]:
                return found == name
    return False


def _released(name: str, check: Run, file: File | None) -> tuple[str | None, bool]:
    """The text of the cell that gives `name` to the check, and whether such a cell was changed."""
    found, touched = None, False
    for cell in file.cells if file is not None else ():
        is_check = cell.cell_id == check.cell if check.cell else False
        if is_check or cell.source.strip() == check.source.strip():
            break
        if cell.role == "given" and name in sketch(cell.source).stores:
            found, touched = (cell.source, False) if cell.untouched else (None, True)
    return found, touched


def _made(released: str, name: str, file: File | None) -> Any:
    """The function of a released cell, in a namespace of its own; None if that does not work.

    Of the other released cells only what gives names is run: imports, definitions, assignments.
    """
    assert file is not None
    own: dict[str, Any] = {"__name__": "__main__"}
    with quietly(_SECONDS):
        for cell in file.cells:
            if cell.role == "given" and cell.untouched:
                for node in _giving(cell.source):
                    with contextlib.suppress(Exception):
                        exec(compile(ast.Module([node], []), "<given>", "exec"), own)
            if cell.source == released:
                return own.get(name)
    return None


def _giving(source: str) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    try:
        waiting = list(ast.parse(plain(source)).body)
    except (SyntaxError, ValueError):
        return []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign)) or _is_loaded(node):
            found.append(node)
        elif isinstance(node, ast.Try):
            waiting[:0] = node.body
    return found


def _is_loaded(node: ast.stmt) -> bool:
    """Whether it imports what the session has already: nothing else is worth the wait."""
    match node:
        case ast.Import(names=names):
            return all(alias.name in sys.modules for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module in sys.modules
    return False


def _is_same(own: Callable[..., Any], other: Any) -> bool:
    """Whether two functions do the same at a handful of places."""
    if own is other:
        return True
    if not callable(other):
        return False
    try:
        layout = find_layout(own, None)
    except CheckError:
        return False
    try:
        with quietly(_SECONDS):
            return same_values(own, other, layout, 1e-4, 1e-5)
    except Exception:  # noqa: BLE001 - a function that cannot be asked there is another one
        return False
