"""A notebook under another name: "Copy of slopes.ipynb", "slopes (1).ipynb", a platform's prefix.

What is in it says which notebook of the assignment it is: the names of its cells, or their texts
where these are gone. It counts where there is none under the right name, or only one that is as it
was given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import nbformat
from nbgrader.coursedir import CourseDirectory

from ..errors import UnreadableSubmission
from ..printable import printable
from ..sandbox import tree
from .files import bounds, matches
from .given import Given, name_of
from .reading import read_notebook
from .recognise import places_of
from .statements import plain, same_text

__all__ = [
    "OtherName",
    "content_of",
    "is_as_given",
    "kin_of",
    "others",
    "shown",
    "strangers",
    "which",
]

_MOST_READ = 30
_LIKE_A_NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json))?$|\.json$", re.IGNORECASE)
# What a notebook is exported to, packed into, or written in instead.
_LIKE_WORK = re.compile(
    r"\.(ipynb|ipynb\.\w+|py|html?|pdf|md|tex|docx?|odt|txt|zip|7z|rar|tar|t?gz)$", re.IGNORECASE
)
_LEAST = 0.3  # of a notebook's named cells


@dataclass(frozen=True)
class OtherName:
    """A notebook in a submission that is not where it is looked for.

    Attributes:
        path: in the submission's folder.
        notebook: as it was read.
        answered: how many of its cells are not as they were given.
    """

    path: str
    notebook: nbformat.NotebookNode
    answered: int

    @property
    def content(self) -> list[tuple[str, str]]:
        """What is the same in two copies of a notebook."""
        return content_of(self.notebook)


def content_of(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What is the same in two copies of a notebook."""
    return [(cell.cell_type, plain(cell.source)) for cell in notebook.cells]


def kin_of(course: CourseDirectory, folder: str, names: Iterable[str]) -> list[str]:
    """The paths of what may be a notebook in a submission, but under none of these names.

    No link is followed, and nothing beyond the limits is looked at.
    """
    usual = {f"{name}.ipynb" for name in names}
    return [
        entry.path
        for entry in _entries(course, folder)
        if entry.kind == "file" and not entry.left_out and _LIKE_A_NOTEBOOK.search(entry.path)
        if entry.path not in usual
    ]


def strangers(
    course: CourseDirectory, folder: str, names: Iterable[str], given: Iterable[str]
) -> list[str]:
    """The paths of files in a submission that may be a student's work in another form.

    Args:
        course: the course.
        folder: the submission's.
        names: of the assignment's notebooks.
        given: paths of files that the assignment gives.
    """
    usual = {*given, "timestamp.txt", *(f"{name}.ipynb" for name in names)}
    return [
        entry.path
        for entry in _entries(course, folder)
        if entry.kind != "folder" and entry.path not in usual and _LIKE_WORK.search(entry.path)
    ]


def _entries(course: CourseDirectory, folder: str) -> list[tree.Entry]:
    return tree.look(folder, bounds(course), lambda name: not matches(name, course.ignore))


def others(
    folder: str,
    paths: Sequence[str],
    name: str,
    assignment: Mapping[str, Sequence[Given]],
    max_bytes: int,
) -> list[OtherName]:
    """Those of some files that are the notebook `name`, the most answered first.

    Args:
        folder: the submission's.
        paths: in it.
        name: the notebook's.
        assignment: the cells of each of its notebooks.
        max_bytes: how large a file may be.
    """
    found = []
    for path in paths[:_MOST_READ]:
        try:
            notebook = read_notebook(os.path.join(folder, path), max_bytes)
        except UnreadableSubmission:
            continue
        if which(notebook, assignment, os.path.basename(path)) == name:
            found.append(OtherName(path, notebook, _answered(notebook, assignment[name])))
    return sorted(found, key=lambda other: (-other.answered, len(other.path), other.path))


def hosts(
    folder: str, name: str, assignment: Mapping[str, Sequence[Given]], max_bytes: int
) -> list[str]:
    """The other notebooks of a submission into which cells of the notebook `name` were put."""
    found = []
    for other in assignment.keys() - {name}:
        known = {cell.name for cell in assignment[other]}
        wanted = {cell.name for cell in assignment[name]} - known
        try:
            notebook = read_notebook(os.path.join(folder, f"{other}.ipynb"), max_bytes)
        except UnreadableSubmission:
            continue
        if wanted & {name_of(cell) for cell in notebook.cells}:
            found.append(f"{other}.ipynb")
    return sorted(found)


def which(
    notebook: nbformat.NotebookNode, assignment: Mapping[str, Sequence[Given]], path: str = ""
) -> str:
    """Which notebook of the assignment one is, by the cells in it; "" if it is none, or unclear.

    Args:
        notebook: as it was read.
        assignment: the cells of each of its notebooks.
        path: its file's name, which decides where the cells do not.
    """
    scores = {}
    theirs = {name_of(cell) for cell in notebook.cells} - {""}
    for name, given in assignment.items():
        ids = {cell.name for cell in given if cell.name}
        hits = len(ids & theirs)
        if not hits:
            places = {place for place in places_of(notebook.cells, given) if place is not None}
            hits = sum(1 for place in places if given[place].kept)
            ids = {cell.name for cell in given if cell.kept}
        if hits and hits >= _LEAST * len(ids):
            scores[name] = hits
    best = [name for name, hits in scores.items() if hits == max(scores.values())]
    if len(best) > 1:
        best = [name for name in best if name.lower() in path.lower()]
    return best[0] if len(best) == 1 else ""


def is_as_given(notebook: nbformat.NotebookNode, given: Sequence[Given]) -> bool:
    """Whether nothing in a notebook is a student's."""
    return _answered(notebook, given) == 0


def _answered(notebook: nbformat.NotebookNode, given: Sequence[Given]) -> int:
    places = places_of(notebook.cells, given)
    count = 0
    for cell, place in zip(notebook.cells, places, strict=True):
        if place is None:
            count += bool(cell.source.strip())
        else:
            texts = given[place].text, given[place].source
            count += not any(same_text(given[place].kind, cell.source, text) for text in texts)
    return count


def shown(path: str) -> str:
    """A file's name, fit to be shown in a text in Markdown."""
    return f"`{printable(path)[:120].replace('`', chr(39))}`"
