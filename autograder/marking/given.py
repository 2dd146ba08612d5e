"""What the assignment gave: the cells of a notebook as students got it.

The gradebook keeps those that nbgrader knows by name. The cells around them, explanations and
examples, stand in the release; they are nobody's to restore, but they tell a student's own cells
from the assignment's, and where one belongs that has lost its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, GradeCell, SolutionCell, SourceCell, TaskCell
from nbgrader.coursedir import CourseDirectory

from ..cells import nbgrader_of

__all__ = ["Given", "given_cells", "name_of", "released_cells"]

_HIDDEN = re.compile(
    r"^[^\n]*(?:###|===) BEGIN (HIDDEN TESTS|MARK SCHEME)"
    r".*?(?:(?:###|===) END \1[^\n]*\n?|\Z)",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Given:
    """One cell of the assignment.

    Attributes:
        name: its grade_id; "" for a cell that nbgrader does not know.
        kind: "code", "markdown" or "raw".
        source: its text as the gradebook keeps it, hidden tests among it.
        about: its nbgrader metadata; empty without a name.
        released: its text as students got it, where that is known.
    """

    name: str
    kind: str
    source: str
    about: dict[str, Any]
    released: str | None = None

    @property
    def text(self) -> str:
        """What a student saw: nothing that is hidden."""
        return _HIDDEN.sub("", self.source) if self.released is None else self.released

    @property
    def kept(self) -> bool:
        """Whether its text is the instructor's, whatever a student makes of it."""
        return bool(self.about.get("locked"))

    @property
    def graded(self) -> bool:
        """Whether there are points for it."""
        return bool(self.about.get("grade"))

    @property
    def answer(self) -> bool:
        """Whether a student's own work stands in it, code or words."""
        return bool(self.about.get("solution")) and not self.kept

    @property
    def returns(self) -> bool:
        """Whether it is put back where it is missing: all but the place for a student's code."""
        return bool(self.name) and bool(self.kept or self.graded or self.about.get("task"))

    @property
    def exercise(self) -> str:
        """The exercise that it belongs to."""
        return self.name.removesuffix("_check")

    @property
    def title(self) -> str:
        """What a student would call it."""
        check = self.kept and self.graded
        return f"the check of `{self.exercise}`" if check else f"the cell `{self.name}`"

    def new(self) -> nbformat.NotebookNode:
        """The cell as it was given."""
        cell = nbformat.NotebookNode(
            cell_type=self.kind, metadata=nbformat.NotebookNode(), source=self.source
        )
        self.restore(cell)
        return cell

    def restore(self, cell: nbformat.NotebookNode) -> None:
        """Make `cell` this cell again; the text stays where it is the student's."""
        cell.cell_type = self.kind
        if self.kind == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            for key in ("outputs", "execution_count"):
                cell.pop(key, None)
        if self.kind != "markdown":
            cell.pop("attachments", None)
        cell.metadata["nbgrader"] = nbformat.from_dict(self.about)
        if self.kept:
            cell.source = self.source


def name_of(cell: nbformat.NotebookNode) -> str:
    """The name by which nbgrader knows a cell, or ""."""
    return str(nbgrader_of(cell).get("grade_id", ""))


def given_cells(
    gradebook: Gradebook, assignment: str, notebook: str, released: Sequence[Given]
) -> list[Given]:
    """The cells of a notebook, in order: named ones as the gradebook keeps them, and the others.

    Args:
        gradebook: which knows them; open.
        assignment: the assignment's name.
        notebook: the notebook's name.
        released: its cells as students got them, which have an order and what stands between; the
            gradebook has neither.

    Raises:
        nbgrader.api.MissingEntry: the gradebook does not know the notebook.
    """
    kept = gradebook.find_notebook(notebook, assignment).id

    # Columns, and no rows of nbgrader's: those fetch what belongs to them by queries of their own.
    def of(kind: Any, *columns: str) -> Any:
        wanted = (getattr(kind, column) for column in ("name", *columns))
        return gradebook.db.query(*wanted).filter(kind.notebook_id == kept)

    graded, tasks = (
        {name: float(points) for name, points in of(kind, "max_score")}
        for kind in (GradeCell, TaskCell)
    )
    solutions = {name for (name,) in of(SolutionCell)}
    points = graded | tasks
    named = {}
    for name, kind, source, locked, checksum in of(
        SourceCell, "cell_type", "source", "locked", "checksum"
    ):
        about = {
            "schema_version": 3,
            "grade": name in graded,
            "solution": name in solutions,
            "locked": bool(locked),
            "task": name in tasks,
            "grade_id": name,
            "checksum": checksum,
            "cell_type": kind,
        }
        if name in points:
            about["points"] = points[name]
        named[name] = Given(name, kind, source or "", about)
    cells = []
    for cell in released:
        if not cell.name:
            cells.append(cell)
        elif cell.name in named:
            cells.append(replace(named.pop(cell.name), released=cell.released))
    return cells + sorted(named.values(), key=lambda cell: cell.name)


def released_cells(course: CourseDirectory, assignment: str, notebook: str) -> list[Given]:
    """The cells of a notebook as students got them; of the source, if the release is not there.

    What nbgrader's gradebook says of them counts, and may be newer.
    """
    for folder in (course.release_directory, course.source_directory):
        path = Path(course.format_path(folder, ".", assignment)) / f"{notebook}.ipynb"
        if path.is_file():
            is_release = folder == course.release_directory
            return list(_cells_of(path, path.stat().st_mtime_ns, is_release))
    return []


@lru_cache(maxsize=64)
def _cells_of(path: Path, changed: int, is_release: bool) -> tuple[Given, ...]:
    """The cells of a file as it was changed last: each notebook of a class is held against them."""
    return tuple(
        Given(
            name_of(cell),
            cell.cell_type,
            cell.source,
            dict(nbgrader_of(cell)),
            cell.source if is_release else None,
        )
        for cell in nbformat.read(path, as_version=4).cells
    )
