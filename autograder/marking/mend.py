"""The nbgrader preprocessor that mends: what the assignment gave is put back as it was given.

    c.Autograde.sanitize_preprocessors = ["autograder.marking.mend.Mend", ...]

It stands before nbgrader's own DeduplicateIds and OverwriteCells, which do the same for what
nbgrader's extensions let a student do by accident, and fail the student, or the whole run, on the
rest (0.9.6: a cell that is there twice, a check deleted together with the cell before it, points
in words). Of a student's cell nothing is believed but its place, its kind where it is the student's
own, and its text. What was changed is said in a cell at the top of the autograded copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from .course import course_of

__all__ = ["Given", "Mend", "given_cells", "mend"]


@dataclass(frozen=True)
class Given:
    """One cell of the assignment, as the gradebook keeps it.

    Attributes:
        name: its grade_id.
        kind: "code" or "markdown".
        about: its nbgrader metadata.
    """

    name: str
    kind: str
    source: str
    about: dict[str, Any]

    @property
    def kept(self) -> bool:
        """Whether its text is the instructor's, whatever a student makes of it."""
        return bool(self.about["locked"])

    @property
    def returns(self) -> bool:
        """Whether it is put back where it is missing: all but the place for a student's code."""
        return bool(self.kept or self.about["grade"] or self.about["task"])

    @property
    def title(self) -> str:
        """What a student would call it."""
        exercise = self.name.removesuffix("_check")
        return (
            f"the check of `{exercise}`"
            if self.kept and self.about["grade"]
            else (f"the cell `{self.name}`")
        )

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


def given_cells(database: str, assignment: str, notebook: str, order: Sequence[str]) -> list[Given]:
    """The cells that the gradebook keeps of a notebook.

    Args:
        database: the gradebook's URL.
        assignment: the assignment's name.
        notebook: the notebook's name.
        order: grade_ids as they follow each other in the source; the gradebook has no order.

    Raises:
        nbgrader.api.MissingEntry: the gradebook does not know the notebook.
    """
    with Gradebook(database) as gradebook:
        kept = gradebook.find_notebook(notebook, assignment)
        points = {c.name: float(c.max_score) for c in (*kept.grade_cells, *kept.task_cells)}
        grades = {c.name for c in kept.grade_cells}
        tasks = {c.name for c in kept.task_cells}
        solutions = {c.name for c in kept.solution_cells}
        cells = []
        for cell in kept.source_cells:
            about = {
                "schema_version": 3,
                "grade": cell.name in grades,
                "solution": cell.name in solutions,
                "locked": bool(cell.locked),
                "task": cell.name in tasks,
                "grade_id": cell.name,
                "checksum": cell.checksum,
                "cell_type": cell.cell_type,
            }
            if cell.name in points:
                about["points"] = points[cell.name]
            cells.append(Given(cell.name, cell.cell_type, cell.source or "", about))
    places = {name: place for place, name in enumerate(order)}
    return sorted(cells, key=lambda cell: (places.get(cell.name, len(places)), cell.name))


# ------------------------------------------------------------------------------------ mending


def mend(notebook: nbformat.NotebookNode, given: Sequence[Given]) -> list[str]:
    """Put back, in place, what the assignment gave.

    Returns:
        one sentence for each thing that was not as given.
    """
    notes: list[str] = []
    known = {cell.name: cell for cell in given}
    _only_one_of_each(notebook.cells, known, notes)
    for cell in notebook.cells:
        name = _name(cell)
        if name:
            notes += _changes(cell, known[name])
            known[name].restore(cell)
    present = [name for name in map(_name, notebook.cells) if name]
    if present != [cell.name for cell in given if cell.name in present]:
        notes.append(
            "The cells are not in the order of the assignment; they were run in the order in "
            "which they stand here."
        )
    _put_back(notebook.cells, given, notes)
    return notes


def _name(cell: nbformat.NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _only_one_of_each(
    cells: Sequence[nbformat.NotebookNode], known: dict[str, Given], notes: list[str]
) -> None:
    """Leave each name of the assignment to one cell, and no other name to any."""
    found: dict[str, list[nbformat.NotebookNode]] = {}
    for cell in cells:
        name = _name(cell)
        if name in known:
            found.setdefault(name, []).append(cell)
        elif name:
            notes.append("A cell that is not of this assignment claims to be; nothing is for it.")
            del cell.metadata["nbgrader"]
    for name, twins in found.items():
        if len(twins) == 1:
            continue
        # The last, as with nbgrader; but of a student's own cell an answer rather than the blank.
        answered = [cell for cell in twins if cell.source != known[name].source]
        chosen = (answered if answered and not known[name].kept else twins)[-1]
        for cell in twins:
            if cell is not chosen:
                del cell.metadata["nbgrader"]
        which = "the last" if chosen is twins[-1] else "the last that is answered"
        title = known[name].title
        notes.append(f"{title[0].upper()}{title[1:]} is there {len(twins)} times; {which} counts.")


def _changes(cell: nbformat.NotebookNode, given: Given) -> list[str]:
    """What differs in a cell from what was given, in words."""
    changed = []
    if cell.cell_type != given.kind:
        changed.append("kind")
    if given.kept and cell.source != given.source:
        changed.append("text")
    theirs = cell.metadata["nbgrader"]
    if any(theirs.get(key, False) != given.about[key] for key in ("grade", "solution", "locked")):
        changed.append("marks of nbgrader")
    if "points" in given.about and theirs.get("points") != given.about["points"]:
        changed.append("points")
    if not changed:
        return []
    what = " and ".join(changed)
    return [f"In {given.title} the {what} had been changed; they are as given again."]


def _put_back(cells: list[nbformat.NotebookNode], given: Sequence[Given], notes: list[str]) -> None:
    """Put back what is missing, where it would have been.

    A check goes after the student's own cells that follow its predecessor, since an answer may
    stand in one of them; what only gives something goes before them.
    """
    present = {name for name in map(_name, cells) if name}
    for number, cell in enumerate(given):
        if cell.name in present:
            continue
        title = f"{cell.title[0].upper()}{cell.title[1:]}"
        if not cell.returns:
            notes.append(f"{title}, for an answer, is missing.")
            continue
        notes.append(f"{title} was missing; it was put back.")
        before = {earlier.name for earlier in given[:number]}
        place = max((i + 1 for i, c in enumerate(cells) if _name(c) in before), default=0)
        if cell.about["grade"]:
            while place < len(cells) and not _name(cells[place]):
                place += 1
        cells.insert(place, cell.new())


class Mend(NbGraderPreprocessor):
    """Puts back what an assignment gave, and says so at the top of the autograded copy."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Mend one notebook of one submission, in place.

        Raises:
            nbgrader.api.MissingEntry: the gradebook does not know the notebook.
        """
        names = resources["nbgrader"]
        given = given_cells(
            names["db_url"], names["assignment"], names["notebook"], self._order(names)
        )
        about = nb.metadata.setdefault("autograder", nbformat.NotebookNode())
        found = mend(nb, given)
        # Of a notebook that is not there, nothing is missing but itself.
        notes = [*about.get("notes", []), *([] if about.get("unreadable") else found)]
        about["notes"] = list(dict.fromkeys(notes))
        for note in about["notes"]:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], note)
        if about["notes"]:
            lines = "\n".join(f"- {note}" for note in about["notes"])
            text = f"**This notebook as it was handed in**\n\n{lines}"
            nb.cells.insert(
                0, nbformat.NotebookNode(cell_type="markdown", metadata={}, source=text)
            )
        return nb, resources

    def _order(self, names: dict[str, str]) -> list[str]:
        """The grade_ids in the order of the source notebook, if that is there."""
        course = course_of(self)
        folder = course.format_path(course.source_directory, ".", names["assignment"])
        path = Path(folder) / f"{names['notebook']}.ipynb"
        if not path.is_file():
            return []
        cells = nbformat.read(path, as_version=4).cells
        return [cell.metadata.nbgrader.grade_id for cell in cells if _is_given(cell)]


def _is_given(cell: nbformat.NotebookNode) -> bool:
    return bool(
        utils.is_grade(cell)
        or utils.is_solution(cell)
        or utils.is_locked(cell)
        or utils.is_task(cell)
    )
