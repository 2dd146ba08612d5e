"""The texts themselves, from the autograded copies; the question to them, from the source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory

from ..cells import nbgrader_of
from ..feedback.titles import HEADING, title_of
from ..marking.requests import asked
from ..marking.sources import rubric_files
from .rows import Row, digest

__all__ = ["Question", "Text", "copy_of", "question", "read_copy", "text_of"]

Cell = Mapping[str, Any]
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Text:
    """An answer as it stands in the copy.

    Attributes:
        cell: the notebook's, as nbformat has it.
        reasons: why a person is asked, beyond that the exercise is read by one.
    """

    cell: nbformat.NotebookNode
    reasons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What was written, without blanks and capitals: equal for texts that read the same."""
        return " ".join(self.cell.source.split()).casefold()

    @property
    def state(self) -> str:
        """A digest of all that is shown of it, and of why it is asked for."""
        cell = {k: v for k, v in self.cell.items() if k in ("source", "attachments", "outputs")}
        return digest([cell, self.reasons])


@dataclass(frozen=True)
class Question:
    """What an exercise asks.

    Attributes:
        title: of its heading.
        cells: the cells above the answer that say it.
        model: the instructor's own answer, or None.
        place: of the answer among the notebook's cells.
    """

    title: str
    cells: Sequence[nbformat.NotebookNode] = ()
    model: nbformat.NotebookNode | None = None
    place: int = 0


def copy_of(course: CourseDirectory, row: Row) -> Path:
    """Where the autograded copy is that a row is about."""
    step = course.autograded_directory
    return Path(course.format_path(step, row.student, row.assignment)) / f"{row.notebook}.ipynb"


def read_copy(path: Path) -> dict[str, Text]:
    """The cells of an autograded copy by `grade_id`; empty where it cannot be read."""
    try:
        raw = json.loads(path.read_bytes())
        about = raw.get("metadata", {}).get("autograder", {})
        return {_id(cell): _text(cell, about) for cell in raw["cells"] if _id(cell)}
    except _UNUSABLE:
        return {}


def text_of(course: CourseDirectory, row: Row) -> Text | None:
    """The text that a row is about; None where there is no copy with it."""
    return read_copy(copy_of(course, row)).get(row.cell)


def question(course: CourseDirectory, row: Row) -> Question:
    """The question to an answer, from the source notebook, or where that is not, the release."""
    for path in rubric_files(course, row.assignment, row.notebook):
        try:
            cells = [nbformat.from_dict(c) for c in json.loads(path.read_bytes())["cells"]]
            for cell in cells:
                cell.source = "".join(cell.source)
            place = next(i for i, cell in enumerate(cells) if _id(cell) == row.cell)
        except (*_UNUSABLE, StopIteration):
            continue
        is_source = path == rubric_files(course, row.assignment, row.notebook)[0]
        return _question(cells, place, row, with_model=is_source)
    return Question(row.cell)


def _question(
    cells: Sequence[nbformat.NotebookNode], place: int, row: Row, *, with_model: bool
) -> Question:
    begin = place
    while begin and cells[begin - 1].cell_type == "markdown" and not _id(cells[begin - 1]):
        begin -= 1
        if HEADING.search(cells[begin].source):
            break
    headings = [h for cell in cells[begin:place] for h in HEADING.findall(cell.source)]
    return Question(
        title=title_of(headings[-1]) if headings else row.cell,
        cells=cells[begin:place],
        model=cells[place] if with_model else None,
        place=place,
    )


def _id(cell: Cell) -> str:
    return str(nbgrader_of(cell).get("grade_id", ""))


def _text(cell: Cell, about: Mapping[str, Any]) -> Text:
    node = nbformat.from_dict(cell)
    node.source = "".join(node.source)
    reasons = [*asked(cell)]
    if _id(cell) in about.get("ask", {}):
        reasons.append(str(about["ask"][_id(cell)]))
    if about.get("unreadable") and about.get("review"):
        reasons.append(str(about["unreadable"]))
    return Text(node, tuple(reasons))
