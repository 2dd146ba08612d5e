"""The file of the notebook in which this session runs, as far as it can be found and read.

Practice needs no file. Where there is one, it tells the exercises that have not been run yet, what
they are worth, and in which section each stands.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..cells import nbgrader_of
from ..feedback.titles import ANCHOR, HEADING, title_of

__all__ = ["Cell", "Exercise", "File", "asked_by", "exercises", "find", "kernel"]

T = TypeVar("T")

MAX_BYTES = 50_000_000  # a notebook full of pictures is a tenth of this


@dataclass(frozen=True)
class Exercise:
    """One exercise of the notebook.

    Attributes:
        exercise_id: as in the gradebook.
        points: what it is worth.
        by_hand: whether a person marks it.
        names: the answers that its checks ask for; empty for cells without a check of ours.
        section: the heading under which it stands, or "".
        title: what its own heading calls it, or its id.
        anchor: to which a link in this notebook leads, or "".
        untouched: by hand, and as released, as far as nbgrader's checksum tells.
    """

    exercise_id: str
    points: float
    by_hand: bool
    names: tuple[str, ...]
    section: str
    title: str
    anchor: str
    untouched: bool


@dataclass(frozen=True)
class Cell:
    """One code cell of the file.

    Attributes:
        cell_id: the file's own, or "".
        source: its text.
        role: "answer", "check", "given" (locked by the author), or "other".
        name: its grade_id, or "".
        untouched: whether it is as released, as far as nbgrader's checksum tells.
        edited: whether nbgrader's checksum tells that it is not.
        shown: what it shows as HTML.
    """

    cell_id: str
    source: str
    role: str
    name: str
    untouched: bool
    edited: bool = False
    shown: str = ""


@dataclass(frozen=True)
class File:
    """The notebook's file: its code cells in order, and when it was written (`time.time()`)."""

    cells: tuple[Cell, ...]
    saved: float


def kernel() -> Any:
    """The IPython shell of a notebook, or None in a plain interpreter or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None


def exercises() -> list[Exercise]:
    """The exercises of this session's notebook in their order; [] where it cannot be known."""
    return _first(lambda notebook, saved: list(_read(notebook))) or []


def find() -> File | None:
    """The notebook's file, as it was last saved; None where it cannot be found or read."""
    return _first(lambda notebook, saved: File(tuple(_cells(notebook)), saved))


def _first(made: Callable[[dict[str, Any], float], T]) -> T | None:
    """What can be made of the first file that is a notebook, and of the time when it was saved."""
    for path in _candidates():
        try:
            about = path.stat()
            if path.suffix == ".ipynb" and about.st_size <= MAX_BYTES:
                return made(json.loads(path.read_text(encoding="utf-8")), about.st_mtime)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue  # somebody else's file, or half a notebook: practice goes on without it
    return None


def _candidates() -> Iterator[Path]:
    """Where the file may be: Jupyter's server tells its kernels, VS Code tells the namespace."""
    shell = kernel()
    if shell is None:
        return
    told = (os.environ.get("JPY_SESSION_NAME"), shell.user_ns.get("__vsc_ipynb_file__"))
    yield from (Path(name) for name in told if isinstance(name, str) and name)


def _has_links() -> bool:
    """Whether an output can lead to a cell: in VS Code it cannot, and in Colab no file is found."""
    shell = kernel()
    return shell is not None and "__vsc_ipynb_file__" not in shell.user_ns


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _cells(notebook: dict[str, Any]) -> Iterator[Cell]:
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        about = nbgrader_of(cell)
        source = _text(cell)
        if about.get("solution"):
            role = "answer"
        elif about.get("grade"):
            role = "check"
        else:
            role = "given" if about.get("locked") else "other"
        name = str(about.get("grade_id", ""))
        untouched = about.get("checksum") == _checksum(cell)
        edited = "checksum" in about and not untouched
        yield Cell(str(cell.get("id", "")), source, role, name, untouched, edited, _shown(cell))


def _shown(cell: dict[str, Any]) -> str:
    """All HTML among a cell's outputs."""
    parts = []
    for output in cell.get("outputs") or ():
        data = output.get("data") or {}
        html = data.get("text/html", "")
        parts.append(html if isinstance(html, str) else "".join(html))
    return "".join(parts)


def _checksum(cell: dict[str, Any]) -> str:
    """Nbgrader's checksum of a cell, as `nbgrader.utils.compute_checksum` does."""
    about = nbgrader_of(cell)
    grade, solution = bool(about.get("grade")), bool(about.get("solution"))
    locked = not solution and (grade or bool(about.get("locked")))
    parts = [_text(cell), cell["cell_type"], str(grade), str(solution), str(locked)]
    parts += [str(about.get("grade_id", "")), *([str(float(about["points"]))] if grade else [])]
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _read(notebook: dict[str, Any]) -> Iterator[Exercise]:
    section = heading = anchor = ""
    for cell in notebook["cells"]:
        text = _text(cell)
        if cell["cell_type"] == "markdown":
            section = (re.findall(r"^## +(.*\S)", text, re.MULTILINE) or [section])[-1]
            heading = (HEADING.findall(text) or [heading])[-1]
            anchor = (ANCHOR.findall(heading) or [""])[0]
        about = nbgrader_of(cell)
        if about.get("grade"):
            exercise_id = str(about["grade_id"]).removesuffix("_check")
            yield Exercise(
                exercise_id=exercise_id,
                points=float(about["points"]),
                by_hand=bool(about.get("solution")),
                names=() if about.get("solution") else tuple(asked_by(text)),
                section=section,
                title=title_of(heading) or exercise_id,
                anchor=anchor if _has_links() else "",
                untouched=bool(about.get("solution")) and about.get("checksum") == _checksum(cell),
            )
            heading = anchor = ""


def asked_by(source: str) -> Iterator[str]:
    """The names of the answers for which the verbs of a test cell ask."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="check"), attr=verb),
                args=[ast.Constant(value=str(name)), *rest],
            ):
                yield name
                match rest:
                    case [ast.Constant(value=str(label)), *_] if verb == "axis_minimum":
                        yield label
