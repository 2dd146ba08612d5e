"""An instructor's notebook run from top to bottom, in a clean namespace, up to each of its checks.

Each test cell yields its checks as they stand at that point, so that a later cell which uses a name
again changes nothing. What the cells show is kept where it is asked for.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import os
import sys
import traceback
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from IPython.display import display

from ..cells import is_test, nbgrader_of, points_of
from ..check import recording
from ..checks.base import Check
from ..checks.questions import Reply
from ..draw.output import output
from ..errors import RubricError
from .unmarked import refuse_what_would_not_be_run

__all__ = ["Broken", "Exercise", "Shown", "Stop", "aside", "earning", "read_source", "run_source"]


@dataclass(frozen=True)
class Exercise:
    """One test cell that holds checks of ours.

    Attributes:
        cell: the test cell's grade_id.
        points: what it is worth.
        checks: in the order of its lines.
        taken: names that belong to the author, to this exercise or to one before it: none of them
            is suggested for an answer that is missing.
        replies: what the instructor's own answers reply to each check's questions, with seed 0;
            none where they were not asked again.
    """

    cell: str
    points: float
    checks: tuple[Check, ...]
    taken: frozenset[str]
    replies: tuple[tuple[Reply, ...], ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """The names that it asks for; they share the points evenly."""
        return tuple(name for check in self.checks for name in check.answers)


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[None]:
    """Run an instructor's cells in their folder, without a window, a print or a warning.

    Plots go nowhere; a file or a module beside the notebook is found, as in Jupyter.
    """
    # The marking process has no window to open. Matplotlib is looked for where a cell has drawn.
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            contextlib.chdir(folder),
        ):
            warnings.simplefilter("ignore")
            sys.path.insert(0, str(folder))
            yield
    finally:
        if backend is None:
            os.environ.pop("MPLBACKEND", None)  # a cell may have removed it
        else:
            os.environ["MPLBACKEND"] = backend
        with contextlib.suppress(ValueError):  # a cell may have tidied up itself
            sys.path.remove(str(folder))
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def _code(cell: Mapping[str, Any]) -> str:
    """A cell's source as plain Python; magics and shell lines mean nothing to a rubric."""
    source = str(cell["source"])
    with contextlib.suppress(SyntaxError, ValueError):
        ast.parse(source)
        return source  # a line that begins with % goes on with the one before
    lines = source.splitlines(keepends=True)
    kept = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
    return str(TransformerManager().transform_cell("".join(kept)))


@dataclass(frozen=True)
class Stop:
    """One test cell of ours, reached while the notebook runs."""

    exercise: Exercise
    namespace: dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A test cell that stopped with an error."""

    cell: str
    error: Exception


class Shown(dict[int, list[dict[str, Any]]]):
    """What cells show, by their places; of those alone that are asked for."""

    def __init__(self, wanted: Collection[int]) -> None:
        super().__init__()
        self._wanted = frozenset(wanted)

    @contextlib.contextmanager
    def of(self, place: int) -> Iterator[None]:
        """Within, a cell is run."""
        if place not in self._wanted:
            yield
            return
        with contextlib.redirect_stdout(io.StringIO()) as text:
            yield
        outputs = [nbformat.v4.new_output("stream", text=text.getvalue())] if text.tell() else []
        self[place] = [*outputs, *(_picture(figure) for figure in _figures())]


def _figures() -> list[Any]:
    """The figures that a cell leaves; a notebook draws and forgets them at its end."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    pyplot.close("all")
    return figures


def _picture(figure: Any) -> nbformat.NotebookNode:
    if words := figure.get_label():  # by `draw`
        made, metadata = output(figure, words)
        return nbformat.v4.new_output("display_data", made, metadata=metadata)
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")  # as notebooks show it
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": repr(figure)}
    return nbformat.v4.new_output("display_data", data)


def run_source(
    path: Path,
    source: nbformat.NotebookNode,
    *,
    strict: bool,
    without: Collection[int] = (),
    shown: Shown | None = None,
) -> Iterator[Stop | Broken]:
    """Run the cells in order; stop at each test cell with checks, or that is broken.

    `strict`: an error in a cell is an error of the instructor's (RubricError); else the cell
    just ends there, as in a student's notebook. `without`: the places of cells that are not run.
    `shown` is told what cells show.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": display}
    taken: set[str] = set()
    shown = Shown(()) if shown is None else shown
    for place, cell in enumerate(source.cells):
        if cell.cell_type != "code" or place in without:
            continue
        nbgrader = nbgrader_of(cell)
        name = str(nbgrader.get("grade_id", f"number {place + 1}"))
        broken: Exception | None = None
        with recording() as checks:
            here = f"<{path.name}: {name}>"
            try:
                code = compile(_code(cell), here, "exec")
                with shown.of(place):
                    exec(code, namespace)  # the instructor's own notebook
            except Exception as exc:
                if strict:
                    line = _line(exc, here)
                    raise RubricError(
                        f"{path}: cell {name} of the source notebook stopped"
                        f"{f' at line {line}' if line else ''} with {type(exc).__name__}: {exc}"
                    ) from exc
                broken = exc
        if is_test(cell) and broken is not None:
            yield Broken(name, broken)
            continue
        if not (checks and is_test(cell)):
            continue
        if strict:
            refuse_what_would_not_be_run(_code(cell), f"{path}: cell {name}")
        for check in checks:
            taken.update((*check.answers, *check.given))
        exercise = Exercise(name, float(nbgrader["points"]), tuple(checks), frozenset(taken))
        yield Stop(exercise, namespace)


def earning(source: nbformat.NotebookNode, release: nbformat.NotebookNode, name: str) -> list[str]:
    """The test cells without checks of ours that earn something in an empty submission.

    Args:
        source: the instructor's notebook, whose test cells are whole, hidden tests among them.
        release: as students get it, which is run.
        name: the notebook's.
    """
    tests = {nbgrader_of(cell)["grade_id"]: cell for cell in source.cells if is_test(cell)}
    namespace: dict[str, Any] = {"__name__": "__main__", "display": display}
    found = []
    for cell in release.cells:
        if cell.cell_type != "code":
            continue
        grade_id = nbgrader_of(cell).get("grade_id")
        cell = tests.get(grade_id, cell)
        with recording() as checks:
            try:
                earned = _earned(_code(cell), f"<{name}: {grade_id}>", namespace)
            except Exception:  # noqa: BLE001 - as in a student's notebook, the cell ends there
                continue
        if is_test(cell) and points_of(cell) > 0 and earned and not checks:
            found.append(str(grade_id))
    return found


def _earned(code: str, name: str, namespace: dict[str, Any]) -> bool:
    """Run a cell, and tell whether nbgrader gives something for what it shows at its end."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)  # the instructor's own notebook
    if not isinstance(last, ast.Expr):
        return True
    shown = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    return shown is None or (isinstance(shown, int | float) and shown > 0)


def _line(error: Exception, name: str) -> int | None:
    """The line at which a cell, compiled under a name, stopped; not that of what it called."""
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == name]
    if lines:
        return lines[-1]
    return error.lineno if isinstance(error, SyntaxError) and error.filename == name else None


def read_source(path: Path) -> nbformat.NotebookNode:
    """An instructor's notebook.

    Raises:
        RubricError: there is none, or it cannot be read.
    """
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as exc:
        raise RubricError(f"There is no notebook {path}.") from exc
    except Exception as exc:  # nbformat raises whatever its parsers raise
        raise RubricError(f"{path} cannot be read: {type(exc).__name__}: {exc}") from exc
