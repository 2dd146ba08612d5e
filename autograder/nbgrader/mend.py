"""The nbgrader preprocessor that mends: what the assignment gave is put back as it was given.

It stands before nbgrader's own DeduplicateIds and OverwriteCells, which do the same for what
nbgrader's extensions let a student do by accident, and fail the student, or the whole run, on the
rest (0.9.6: a cell that is there twice, a check deleted together with the cell before it, points
in words). Of a student's cell nothing is believed but its place, its kind where it is the student's
own, and its text. Of that nothing is lost: what stood in a given cell gets a cell of its own there.
What was found is said in a cell at the top of the autograded copy.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from ..marking.additions import Additions, additions_to_code, additions_to_text
from ..marking.asking import Asking
from ..marking.given import Given, given_cells, name_of, released_cells
from ..marking.recognise import asked_names, places_of, recognise
from ..marking.statements import plain, read_code, same_text
from .course import course_of
from .shared import opened
from .upstream import is_as_released

__all__ = ["Mend", "mend"]


def mend(notebook: nbformat.NotebookNode, given: Sequence[Given]) -> list[str]:
    """Put back, in place, what the assignment gave, and give what a student added its own cells.

    `metadata.autograder.ask` is then, by graded cell, why a person has to look at it.

    Args:
        notebook: as it was read.
        given: the assignment's cells in order.

    Returns:
        one sentence for each thing that is to be said of the notebook as it came.
    """
    work = _Mending(notebook.cells, given)
    work.mend()
    asking = Asking(notebook.cells, given, work.unclear, work.returned)
    asking.look()
    if asking.ask:
        about = notebook.metadata.setdefault("autograder", nbformat.NotebookNode())
        about["ask"] = nbformat.from_dict({**asking.ask, **about.get("ask", {})})
    return list(dict.fromkeys([*asking.notes, *work.notes]))


@dataclass
class _Mending:
    cells: list[nbformat.NotebookNode]
    given: Sequence[Given]
    notes: list[str] = field(default_factory=list, init=False)
    unclear: set[str] = field(default_factory=set, init=False)
    returned: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.known = {cell.name: cell for cell in self.given if cell.name}

    def mend(self) -> None:
        self._only_one_of_each()
        self._recognise()
        ours = frozenset(_ours(self.given))
        self.cells[:] = [new for cell in self.cells for new in self._restored(cell, ours)]
        present = [name for name in map(name_of, self.cells) if name]
        if present != [name for name in self.known if name in present]:
            self.notes.append(
                "The cells are not in the order of the assignment; they were run in the order in "
                "which they stand here."
            )
        self._put_back()

    # ------------------------------------------------------------------ names

    def _only_one_of_each(self) -> None:
        """Leave each name of the assignment to one cell, and no other name to any."""
        found: dict[str, list[nbformat.NotebookNode]] = {}
        for cell in self.cells:
            name = name_of(cell)
            if name in self.known:
                found.setdefault(name, []).append(cell)
            elif name:
                self.notes.append(
                    "A cell has a name that is not of this assignment; there are no points for it."
                )
                del cell.metadata["nbgrader"]
        for name, twins in found.items():
            if len(twins) == 1:
                continue
            given = self.known[name]
            # The last, as with nbgrader; but of a student's own cell an answer, not the blank.
            answered = [
                cell
                for cell in twins
                if cell.source.strip() and not same_text(given.kind, cell.source, given.text)
            ]
            if given.graded and given.answer and len(answered) > 1:
                self._join(given, twins, answered)
                continue
            chosen = (answered if answered and not given.kept else twins)[-1]
            for cell in twins:
                if cell is not chosen:
                    del cell.metadata["nbgrader"]
            which = "the last" if chosen is twins[-1] else "the last that is answered"
            self.notes.append(f"{_begun(given.title)} is there {len(twins)} times; {which} counts.")

    def _join(
        self,
        given: Given,
        twins: Sequence[nbformat.NotebookNode],
        answered: Sequence[nbformat.NotebookNode],
    ) -> None:
        """Of an answer that a person reads, all is read, as after a cell was split in two."""
        whole, *parts = answered
        whole.source = "\n\n".join(dict.fromkeys(plain(cell.source) for cell in answered))
        for cell in twins:
            if cell is not whole:
                del cell.metadata["nbgrader"]
        # By identity: cells may be equal.
        gone = {id(cell) for cell in parts}
        self.cells[:] = [cell for cell in self.cells if id(cell) not in gone]
        self.notes.append(
            f"{_begun(given.title)} is there {len(twins)} times; all of them are read as one."
        )

    def _recognise(self) -> None:
        found = recognise(self.cells, self.given)
        if len(found) == 1:
            self.notes.append(
                f"{_begun(self.known[found[0]].title)} had lost its name; it was recognised by its "
                "text and place."
            )
        elif found:
            self.notes.append(
                f"{len(found)} cells had lost the names by which they are known, as when cells are "
                "pasted into a new notebook; they were recognised by their text and place."
            )

    # ------------------------------------------------------------------ texts

    def _restored(
        self, cell: nbformat.NotebookNode, ours: frozenset[Hashable]
    ) -> list[nbformat.NotebookNode]:
        """A cell as it has to be, between cells with what a student had put into it."""
        name = name_of(cell)
        if not name:
            return [cell]
        given, theirs = self.known[name], plain(cell.source)
        text, untouched = cell.source, is_as_released(cell)
        if given.kind == "code" and cell.cell_type != "code" and given.answer:
            self._look_for_code(given, theirs)
        self._note_changes(cell, given, untouched=untouched)
        given.restore(cell)
        if not given.kept:
            if same_text(given.kind, text, given.source):
                cell.source = given.source  # nbgrader compares characters
            return [cell]
        if any(same_text(given.kind, text, known) for known in (given.text, given.source)):
            return [cell]
        if untouched:  # what differs is not the student's
            return [cell]
        if given.kind != "code":
            return [cell, *self._words(given, additions_to_text(given.text, theirs))]
        check = given.graded
        return self._code(
            cell, given, additions_to_code(given.text, theirs, check=check, ours=ours)
        )

    def _note_changes(self, cell: nbformat.NotebookNode, given: Given, *, untouched: bool) -> None:
        """Say what nbgrader's facts on a cell were, where they are not as given."""
        changed = []
        if untouched:
            points = cell.metadata["nbgrader"].get("points") != given.about.get("points")
            texts = (given.text, given.source)
            if points or not any(same_text(given.kind, cell.source, text) for text in texts):
                self.notes.append(
                    f"{_begun(given.title)} is of an earlier version of the assignment; the newer "
                    "one counts."
                )
            return
        if cell.cell_type != given.kind:
            changed.append("kind")
        theirs = cell.metadata["nbgrader"]
        keys = ("grade", "solution", "locked")
        if any(theirs.get(key, False) != given.about[key] for key in keys):
            changed.append("marks of nbgrader")
        if "points" in given.about and theirs.get("points") != given.about["points"]:
            if given.answer:  # its text is the student's, so that nobody knows who changed them
                self.notes.append(f"The points of {given.title} are those of the assignment.")
            else:
                changed.append("points")
        if changed:
            what = " and ".join(changed)
            self.notes.append(
                f"In {given.title} the {what} had been changed; they are as given again."
            )

    def _look_for_code(self, given: Given, text: str) -> None:
        """Take note of an answer that was made a text and is no Python, such as code in a fence."""
        if not text.strip() or same_text(given.kind, text, given.text):
            return
        code = read_code(text)
        if code is None or not code.statements:  # a heading of Markdown is a comment in Python
            self.unclear.add(given.name)

    def _words(self, given: Given, text: str) -> list[nbformat.NotebookNode]:
        if not text:
            self.notes.append(f"{_begun(given.title)} is as given again; something was missing.")
            return []
        self.notes.append(f"What you wrote in {given.title} stands in a cell of its own below it.")
        return [_text(text)]

    def _code(
        self, cell: nbformat.NotebookNode, given: Given, found: Additions
    ) -> list[nbformat.NotebookNode]:
        before, after = [], []
        where = []
        title = f"`{given.name}`"
        if found.replaced:
            before.append(_quoted(f"In the place of lines of {given.title} stood", found.replaced))
        if found.unclear:
            self.unclear.add(given.name)
            before.append(_quoted(f"In {given.title} stood", found.unclear))
        if found.before:
            before.append(_own_code(title, found.before))
            where.append("before")
        if found.after:
            after.append(_own_code(title, found.after))
            where.append("after")
        if where:
            self.notes.append(
                f"What you added to {given.title} was run in a cell of its own, "
                f"{' and '.join(where)} it."
            )
        if found.replaced:
            self.notes.append(
                f"{_begun(given.title)} counts as it was given; what stood in its place is shown "
                "above it."
            )
        elif not found.any:
            self.notes.append(f"{_begun(given.title)} is as given again; something was missing.")
        return [*before, cell, *after]

    # ------------------------------------------------------------------ what is missing

    def _put_back(self) -> None:
        """Put back what is missing, where it would have been.

        A check goes after the student's own cells that follow its predecessor, since an answer may
        stand in one of them; what only gives something goes before them.
        """
        places = places_of(self.cells, self.given)
        for number, given in enumerate(self.given):
            if not given.name or number in places:
                continue
            title = _begun(given.title)
            if not given.returns:
                if not self._is_elsewhere(number):
                    self.notes.append(f"{title}, for an answer, is missing.")
                continue
            self.notes.append(f"{title} was missing; it was put back.")
            self.returned.add(given.name)
            place = self._place_for(number, places)
            self.cells.insert(place, given.new())
            places.insert(place, number)

    def _place_for(self, number: int, places: Sequence[int | None]) -> int:
        given = self.given[number]
        before = [i + 1 for i, p in enumerate(places) if p is not None and p < number]
        if not given.graded:
            behind = [i for i, p in enumerate(places) if p is not None and p > number]
            return min(behind, default=len(places))
        if given.answer:
            near = max((p for p in places if p is not None and p < number), default=None)
            return places.index(near) + 1 if near is not None else 0
        place = max(before, default=0)
        while place < len(places) and (places[place] is None):
            place += 1
        names = asked_names(self.given, number)
        if not names <= self._bound(range(place)):
            late = [n for n in range(place, len(places)) if names & self._bound(range(n, n + 1))]
            place = max((n + 1 for n in late), default=place)
        return place

    def _bound(self, numbers: range) -> set[str]:
        """The names that a student's own code in these cells gives a value."""
        bound: set[str] = set()
        for number in numbers:
            cell = self.cells[number]
            given = self.known.get(name_of(cell))
            untouched = given is not None and same_text(given.kind, cell.source, given.source)
            if cell.cell_type == "code" and not untouched and not (given and given.kept):
                code = read_code(cell.source)
                bound |= code.binds if code is not None else set()
        return bound

    def _is_elsewhere(self, place: int) -> bool:
        """Whether a student's own cell holds what a missing one was for."""
        check = next((p for p in range(place + 1, len(self.given)) if self.given[p].graded), None)
        names = asked_names(self.given, check) if check is not None else frozenset()
        return bool(names) and names <= self._bound(range(len(self.cells)))


def _ours(given: Sequence[Given]) -> list[Hashable]:
    """What is nobody's answer, wherever it stands: checks, and untouched stubs."""
    keys: list[Hashable] = []
    for cell in given:
        code = read_code(cell.text) if cell.kind == "code" else None
        if code is not None and (cell.answer or (cell.kept and cell.graded)):
            keys += [key for s in code.statements if cell.answer or not s.binds for key in s.keys]
            keys += [comment.words for comment in code.comments]
    return keys


def _begun(title: str) -> str:
    return f"{title[0].upper()}{title[1:]}"


def _text(text: str) -> nbformat.NotebookNode:
    return nbformat.NotebookNode(
        cell_type="markdown", metadata=nbformat.NotebookNode(), source=text
    )


def _own_code(title: str, text: str) -> nbformat.NotebookNode:
    # What is no Python begins with the line that says so.
    source = text if text.startswith("%%") else f"# Yours, from the cell {title}:\n{text}"
    return nbformat.NotebookNode(
        cell_type="code",
        metadata=nbformat.NotebookNode(),
        source=source,
        outputs=[],
        execution_count=None,
    )


def _quoted(what: str, text: str) -> nbformat.NotebookNode:
    """A text that is shown and not run, whatever marks of Markdown are in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return _text(f"{what} (yours; it was not run):\n\n{fence}python\n{text}\n{fence}")


# ------------------------------------------------------------------------------------ nbgrader


class Mend(NbGraderPreprocessor):
    """Puts back what an assignment gave, and says so at the top of the autograded copy."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Mend one notebook of one submission, in place.

        Raises:
            nbgrader.api.MissingEntry: the gradebook does not know the notebook.
        """
        names = resources["nbgrader"]
        given = self._given_of(names["db_url"], names["assignment"], names["notebook"])
        about = nb.metadata.setdefault("autograder", nbformat.NotebookNode())
        found = mend(nb, given)
        # Of a notebook that is not there, nothing is missing but itself.
        notes = [*about.get("notes", []), *([] if about.get("unreadable") else found)]
        about["notes"] = list(dict.fromkeys(notes))
        for note in about["notes"]:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], note)
        if about["notes"]:
            lines = "\n".join(f"- {note}" for note in about["notes"])
            nb.cells.insert(0, _text(f"**This notebook as it was handed in**\n\n{lines}"))
        return nb, resources

    @cached_property
    def _given(self) -> dict[tuple[str, str, str], list[Given]]:
        return {}

    def _given_of(self, db_url: str, assignment: str, notebook: str) -> list[Given]:
        """What the assignment gave; asked for once by a step that is kept for a run."""
        key = db_url, assignment, notebook
        if key not in self._given:
            released = released_cells(course_of(self), assignment, notebook)
            with opened(db_url) as gradebook:
                self._given[key] = given_cells(gradebook, assignment, notebook, released)
        return self._given[key]
