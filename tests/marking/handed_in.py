"""A small notebook without JAX, right answers to it, and what comes of it once it is mended.

The cells are plain Python, so that a mended notebook is run in a namespace, in no time: what counts
is whether the answers are there when their checks are reached.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import nbformat

from autograder.marking.given import Given
from autograder.marking.reading import read_notebook
from autograder.nbgrader.mend import mend

__all__ = ["ANSWERS", "GIVEN", "TEXTS", "Mended", "assignment", "index_of", "mended", "right"]

Notebook = dict[str, Any]

SETUP = """# Run this cell first.
BLUE, RED = "#0072B2", "#D55E00"
try:
    import math
    from statistics import mean
except ImportError as missing:
    print(f"Not ready yet: {missing}.")"""
GIVEN_F = "def f(x):\n    return x**2 + 3 * x - 5"
GIVEN_FUNC = "def func(x):\n    return 3 * x**2 + 4 * x - 2"
ANSWERS = {
    "slope": "def f_prime(x):\n    # bring the power down\n    return 2 * x + 3",
    "lowest": "x_lowest = -1.5 + 0 * f(0.0)",
    "descent": (
        "def descend(df, start, steps):\n    for _ in range(math.floor(steps)):\n"
        "        start = start - 0.1 * df(start)\n    return start"
    ),
}
TEXTS = {"why": "Because the ground is level there.", "knobs": "The start chooses the valley."}
NAMES = {"slope": "f_prime", "lowest": "x_lowest", "descent": "descend"}
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def _named(kind: str, text: str, name: str, **about: Any) -> Given:
    facts = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return Given(name, kind, text, {**facts, "grade_id": name, "cell_type": kind, **about})


def _free(kind: str, text: str) -> Given:
    return Given("", kind, text, {})


def _check(name: str, text: str) -> Given:
    return _named("code", text, f"{name}_check", grade=True, locked=True, points=1.0)


GIVEN: tuple[Given, ...] = (
    _free("markdown", "# Which way is down?\n\nThree exercises, and two texts."),
    _named("code", SETUP, "setup", locked=True),
    _free("markdown", "### Exercise: why?\n\nWhy is a lowest place level?"),
    _named("markdown", "YOUR ANSWER HERE", "why", grade=True, solution=True, points=1.0),
    _free("markdown", "## By hand"),
    _named("code", GIVEN_F, "given_f", locked=True),
    _free("code", "xs = [0.1 * n for n in range(5)]\nprint([f(x) for x in xs])"),
    _free("markdown", "### Exercise: the slope of f"),
    _named("code", f"def f_prime(x):\n    {STUB.replace(chr(10), chr(10) + '    ')}", "slope",
           solution=True),
    _check("slope", '# Is f_prime the slope of f?\ncheck.gradient("f_prime", of=f)'),
    _free("markdown", "### Exercise: the lowest place"),
    _named("code", STUB, "lowest", solution=True),
    _check("lowest", 'check.minimum("x_lowest", of=f)'),
    _named("markdown", "**Remember.** A slope of zero is\nlevel ground.", "note", locked=True),
    _named("code", GIVEN_FUNC, "given_func", locked=True),
    _free("markdown", "### Exercise: descent"),
    _named("code", STUB, "descent", solution=True),
    _check("descent", 'check.descent("descend")'),
    _free("markdown", "### Exercise: the knobs"),
    _named("markdown", "YOUR ANSWER HERE", "knobs", grade=True, solution=True, points=1.0),
    _free("markdown", "## The end"),
)  # fmt: skip


def assignment(path: Path) -> list[Given]:
    """The cells of a released notebook, as marking knows them."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for cell in raw["cells"]:
        text, about = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        if about:
            about = {**about, "cell_type": cell["cell_type"]}
        cells.append(Given(about.get("grade_id", ""), cell["cell_type"], text, about, text))
    return cells


def right(given: tuple[Given, ...] = GIVEN, answers: dict[str, str] | None = None) -> Notebook:
    """The notebook with all answers, as its JSON is."""
    answers = {**ANSWERS, **TEXTS} if answers is None else answers
    cells = []
    for cell in given:
        source = answers.get(cell.name, cell.text)
        made = {"cell_type": cell.kind, "metadata": {}, "source": source}
        if cell.name:
            made["metadata"] = {"nbgrader": dict(cell.about), "deletable": False}
        if cell.kind == "code":
            made |= {"outputs": [], "execution_count": None}
        cells.append(made)
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def index_of(notebook: Notebook, name: str) -> int:
    for index, cell in enumerate(notebook["cells"]):
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
            return index
    raise LookupError(name)


@dataclass
class Mended:
    """A notebook after mending.

    Attributes:
        notebook: the marked copy before it is run.
        notes: what is said of it.
        answered: by check, the names that have a value when it is reached.
        values: by check, all values then.
    """

    notebook: nbformat.NotebookNode
    notes: list[str]
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def ask(self) -> dict[str, str]:
        return dict(self.notebook.metadata.get("autograder", {}).get("ask", {}))

    def cell(self, name: str) -> nbformat.NotebookNode:
        (found,) = [
            c for c in self.notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name
        ]
        return found

    def place(self, name: str) -> int:
        return self.notebook.cells.index(self.cell(name))

    @property
    def text(self) -> str:
        """All that is in the copy."""
        return "\n".join([*self.notes, *(cell.source for cell in self.notebook.cells)])

    def run(self) -> Mended:
        """Run the cells in a plain namespace; a check only looks at what there is by then."""
        namespace: dict[str, Any] = {"print": lambda *words: None, "check": MagicMock()}
        for cell in self.notebook.cells:
            about = cell.metadata.get("nbgrader", {})
            if cell.cell_type != "code":
                continue
            if about.get("grade") and not about.get("solution"):
                self.values[about["grade_id"].removesuffix("_check")] = dict(namespace)
                continue
            text = re.sub(r"^%(?!%)", "#", cell.source, flags=re.MULTILINE)  # magics are IPython's
            try:
                exec(compile(text, about.get("grade_id", "cell"), "exec"), namespace)
            except Exception:  # noqa: BLE001 - as in Jupyter, the next cell is run
                continue
        return self

    def is_right(self, exercise: str) -> bool:
        """Whether the answer to an exercise is there, and right, when it is checked."""
        values = self.values[exercise]
        try:
            answer = values[NAMES[exercise]]
            match exercise:
                case "slope":
                    return [answer(x) for x in (3.0, 0.5)] == [9.0, 4.0]
                case "lowest":
                    return answer == -1.5
                case _:
                    return abs(answer(lambda x: 2 * x, 1.0, 100)) < 1e-6
        except Exception:  # noqa: BLE001 - the stub's, or none at all
            return False


def mended(
    notebook: Notebook | bytes, folder: Path, given: tuple[Given, ...] | list[Given] = GIVEN
) -> Mended:
    """What marking makes of a file before it runs it."""
    path = folder / "notebook.ipynb"
    content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    path.write_bytes(content)
    read = read_notebook(path)
    notes = mend(read, list(given))
    return Mended(read, [*read.metadata.autograder.notes, *notes])
