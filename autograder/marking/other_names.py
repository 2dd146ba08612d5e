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
from .statements import plain, print_of, same_text

__all__ = [
    "OtherName",
    "checkpoints",
    "content_of",
    "fuller",
    "is_as_given",
    "kin_of",
    "others",
    "shown",
    "strangers",
    "which",
]

_MOST_READ = 30
_LIKE_A_NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json))?\s*$|\.json$", re.IGNORECASE)
# Files and folders that a system, an editor, Office, Python or nbgrader leaves, and no student.
# Any other file may be work: in what form it comes (a photo, Quarto, a name without an end) is a
# student's to choose. A hidden notebook may be as well, unless macOS made it beside a file (`._`).
_CLUTTER = re.compile(
    r"\._.*|\.(?!.*\.ipynb).*|__MACOSX|__pycache__|.*\.py[co]|~\$.*|icon\r"
    r"|(timestamp|submission_secret)\.txt"  # nbgrader's, the latter with what a student submits
    r"|(eh)?thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information",
    re.IGNORECASE | re.DOTALL,
)
_CHECKPOINTS = ".ipynb_checkpoints"  # where Jupyter keeps a notebook as it was once saved
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


def checkpoints(course: CourseDirectory, folder: str) -> list[str]:
    """The paths of the notebooks that Jupyter kept in a submission; no link is followed."""
    ignored = [pattern for pattern in course.ignore if pattern != _CHECKPOINTS]
    found = tree.look(folder, bounds(course), lambda name: not matches(name, ignored))
    return [
        entry.path
        for entry in found
        if entry.kind == "file" and not entry.left_out and _LIKE_A_NOTEBOOK.search(entry.path)
        if _CHECKPOINTS in entry.path.split(os.sep)[:-1]
    ]


def strangers(
    course: CourseDirectory,
    folder: str,
    name: str,
    assignment: Mapping[str, Sequence[Given]],
    given: Iterable[str],
    max_bytes: int,
) -> list[str]:
    """The paths of files in a submission that may be the notebook `name` in another form.

    What is known to be another notebook of the assignment is not, nor a blank copy of this one.

    Args:
        course: the course.
        folder: the submission's.
        name: the notebook's.
        assignment: the cells of each of its notebooks.
        given: paths of files that the assignment gives.
        max_bytes: how large a file may be.
    """
    usual = {*given, *(f"{name}.ipynb" for name in assignment)}
    kin = kin_of(course, folder, assignment)[:_MOST_READ]
    usual |= {path for path in kin if _has_nothing_of(folder, path, name, assignment, max_bytes)}
    return [
        entry.path
        for entry in _entries(course, folder)
        if entry.path not in usual and _may_be_work(entry)
    ]


def _may_be_work(entry: tree.Entry) -> bool:
    if entry.kind == "folder" or (entry.kind == "file" and not entry.size):
        return False
    return not any(map(_CLUTTER.fullmatch, entry.path.split(os.sep)))


def _has_nothing_of(
    folder: str, path: str, name: str, assignment: Mapping[str, Sequence[Given]], max_bytes: int
) -> bool:
    """Whether a file is the notebook `name` as given, or another one with no cell of that."""
    try:
        notebook = read_notebook(os.path.join(folder, path), max_bytes)
    except UnreadableSubmission:
        return False
    it_is = which(notebook, assignment, os.path.basename(path))
    if it_is == name:
        return is_as_given(notebook, assignment[name])
    return bool(it_is) and not _has_cells_of(notebook, name, it_is, assignment)


def _has_cells_of(
    notebook: nbformat.NotebookNode,
    name: str,
    it_is: str,
    assignment: Mapping[str, Sequence[Given]],
) -> bool:
    """Whether cells of the notebook `name` were put into one that is `it_is`."""
    wanted = {cell.name for cell in assignment[name]}
    wanted -= {cell.name for cell in assignment[it_is]}
    return bool(wanted & {name_of(cell) for cell in notebook.cells})


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
    folder: str,
    name: str,
    assignment: Mapping[str, Sequence[Given]],
    max_bytes: int,
    kin: Sequence[str] = (),
) -> list[str]:
    """The other notebooks of a submission into which cells of the notebook `name` were put.

    Args:
        folder: the submission's.
        name: the notebook's.
        assignment: the cells of each of its notebooks.
        max_bytes: how large a file may be.
        kin: paths of notebooks under none of their names.
    """
    found = []
    usual = sorted(assignment.keys() - {name})
    named = [(f"{other}.ipynb", other) for other in usual]
    for path, known in [*named, *((path, "") for path in kin[:_MOST_READ])]:
        try:
            notebook = read_notebook(os.path.join(folder, path), max_bytes)
        except UnreadableSubmission:
            continue
        it_is = known or which(notebook, assignment, os.path.basename(path))
        if it_is not in ("", name) and _has_cells_of(notebook, name, it_is, assignment):
            found.append(path)
    return found


def fuller(
    notebook: nbformat.NotebookNode,
    other: nbformat.NotebookNode,
    given: Sequence[Given],
    *,
    blank_alone: bool = False,
) -> list[Given]:
    """The graded cells for which a copy of a notebook has something that the notebook has not.

    Args:
        notebook: the notebook.
        other: the copy.
        given: the notebook's cells as they were given.
        blank_alone: whether only those count for which the notebook has nothing.
    """
    texts = {plain(cell.source) for cell in notebook.cells}
    prints = {print_of(cell.cell_type, cell.source) for cell in notebook.cells}
    here = {one for _, after in _theirs(notebook, given) for one in _concerned(after, given)}
    found: dict[int, Given] = {}
    for cell, after in _theirs(other, given):
        if plain(cell.source) in texts or print_of(cell.cell_type, cell.source) in prints:
            continue
        for one in _concerned(after, given):
            if not (blank_alone and one in here):
                found[one] = given[one]
    return [found[one] for one in sorted(found)]


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
    return len(_theirs(notebook, given))


def _theirs(
    notebook: nbformat.NotebookNode, given: Sequence[Given]
) -> list[tuple[nbformat.NotebookNode, float]]:
    """The cells that are not as they were given, each with its place; of an added one, between."""
    found = []
    last = -1
    for cell, place in zip(notebook.cells, places_of(notebook.cells, given), strict=True):
        if place is None:
            if cell.source.strip():
                found.append((cell, last + 0.5))
            continue
        last = place
        texts = given[place].text, given[place].source
        if not any(same_text(given[place].kind, cell.source, text) for text in texts):
            found.append((cell, float(place)))
    return found


def _concerned(place: float, given: Sequence[Given]) -> list[int]:
    """The places of the graded cells for which there may be an answer at a place.

    Those below it up to the next answer; of what was added below a graded cell, that one as well.
    """
    at = int(place)
    found = []
    if place >= 0 and given[at].graded:
        found.append(at)
        if at == place:
            return found
    for number in range(at + 1 if place >= 0 else 0, len(given)):
        if given[number].answer and any(n > at for n in found):
            break
        if given[number].graded:
            found.append(number)
    return found


def shown(path: str) -> str:
    """A file's name, fit to be shown in a text in Markdown."""
    return f"`{printable(path)[:120].replace('`', chr(39))}`"
