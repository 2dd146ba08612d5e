"""The nbconvert exporter that reads submissions.

nbgrader reads a submission before any preprocessor sees it, and gives up the student where it
cannot. Here a file that holds no notebook becomes a notebook that says so, which is marked, with
nothing, like any other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from traitlets import Integer

from ..errors import UnreadableSubmission
from ..marking.files import given_files
from ..marking.given import Given, released_cells
from ..marking.other_names import (
    OtherName,
    checkpoints,
    content_of,
    fuller,
    hosts,
    is_as_given,
    kin_of,
    others,
    shown,
    strangers,
    which,
)
from ..marking.reading import MAX_BYTES, read_notebook, unreadable_notebook
from .course import course_of
from .writing import Writer

__all__ = ["SubmissionExporter"]


class SubmissionExporter(Writer):
    """Reads a student's file for marking; any other notebook as nbconvert does."""

    max_bytes = Integer(
        MAX_BYTES, help="How large the file of a notebook may be that a student hands in."
    ).tag(config=True)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The notebook in `filename`, after all preprocessors."""
        handed, self.handed = self.handed, None  # to whatever comes next: it is never another's
        if resources is None:
            return super().from_filename(filename, resources=resources, **kw)
        if self._is_submission(filename, resources):
            notebook = self._found(filename, resources["nbgrader"])
        elif handed is not None:
            notebook = handed
        else:
            return super().from_filename(filename, resources=resources, **kw)
        folder, name = os.path.split(filename)
        resources["metadata"] = {"name": os.path.splitext(name)[0], "path": folder}
        convert: Any = self.from_notebook_node  # nbconvert's, without types
        return convert(notebook, resources=resources, **kw)

    def _found(self, filename: str, names: dict[str, str]) -> nbformat.NotebookNode:
        """The notebook to mark: the file, one under another name, or one that says what is wrong.

        A file with the right name counts, unless it is as it was given and another is answered. For
        what another has and it has not, a person is asked.
        """
        folder, wanted = os.path.dirname(filename), names["notebook"]
        notebook, reason = None, ""
        try:
            notebook = read_notebook(filename, self.max_bytes)
        except UnreadableSubmission as exc:
            reason = str(exc)
        assignment = self._assignment(names)
        known = assignment.get(wanted, [])
        kin = kin_of(course_of(self), folder, assignment)
        holds, blank = wanted, False
        if notebook is not None:
            blank = is_as_given(notebook, known)
            holds = which(notebook, assignment) or wanted
        is_it = notebook is not None and holds == wanted and not blank
        # Under the name of another notebook there may be this one, if that is not there either.
        usual = [] if is_it else [f"{name}.ipynb" for name in assignment if name != wanted]
        found = others(folder, [*kin, *usual], wanted, assignment, self.max_bytes)
        if any(other.answered for other in found) or blank:
            found = [other for other in found if other.answered]
        if is_it and notebook is not None:
            unlike = [other for other in found if other.content != content_of(notebook)]
            if unlike:
                notebook.metadata.autograder.notes.append(
                    f"There is also {_files(unlike)}, another version of this notebook; the one "
                    "under the right name counts."
                )
            for other in unlike:
                _ask(notebook, other.path, fuller(notebook, other.notebook, known))
            for other in self._kept(folder, wanted, assignment):
                more = fuller(notebook, other.notebook, known, blank_alone=True)
                _ask(notebook, other.path, more)
            return notebook
        if holds != wanted:
            reason = f"In `{wanted}.ipynb` there is the notebook `{holds}`."
        if found:
            return self._under_another_name(filename, found, reason, there=notebook is not None)
        if notebook is None:
            return self._in_its_place(filename, reason, names, assignment)
        if blank and not reason:
            elsewhere = hosts(folder, wanted, assignment, self.max_bytes, kin)
            kept = self._kept(folder, wanted, assignment)
            if elsewhere:
                reason = f"It has no answers, but {shown(elsewhere[0])} has cells of it."
            elif kept:
                reason = f"It has no answers, but {shown(kept[0].path)} has, as Jupyter kept it."
            elif files := self._strangers(folder, names, assignment):
                reason = f"It has no answers, but there are other files, such as {shown(files[0])}."
        if reason:
            notebook.metadata.autograder["review"] = True
            notebook.metadata.autograder.notes.append(f"{reason} A person will look.")
        return notebook

    def _under_another_name(
        self, filename: str, found: Sequence[OtherName], reason: str, *, there: bool
    ) -> nbformat.NotebookNode:
        """The notebook that was found; a person is asked where another could be meant.

        Args:
            filename: where it should have been.
            found: what it could be.
            reason: why it is not what is there, or "".
            there: whether what is there is a notebook.
        """
        chosen, name = found[0], os.path.basename(filename)
        about = chosen.notebook.metadata.autograder
        notes = [f"This notebook was handed in as {shown(chosen.path)}; it was marked as `{name}`."]
        unlike = [other for other in found if other.content != chosen.content]
        unread = not there and os.path.lexists(filename)
        if unlike:
            notes.append(f"It could also be {_files(unlike)}, another version; a person will look.")
        elif unread:
            notes.append(f"Of `{name}`: {reason} A person will look.")
        elif there:
            notes.append(reason or f"In `{name}` there is no answer yet.")
        about["notes"] = [*notes, *about.notes]
        about["review"] = bool(unlike or unread)
        self.log.warning("%s: %s", filename, " ".join(notes))
        return chosen.notebook

    def _in_its_place(
        self,
        filename: str,
        reason: str,
        names: dict[str, str],
        assignment: Mapping[str, Sequence[Given]],
    ) -> nbformat.NotebookNode:
        """The notebook to mark in place of one that cannot be read, or is not there."""
        review, folder = os.path.lexists(filename), os.path.dirname(filename)
        if not review:
            wanted = names["notebook"]
            found = self._strangers(folder, names, assignment)
            found += hosts(folder, wanted, assignment, self.max_bytes)
            found += [other.path for other in self._kept(folder, wanted, assignment)]
            if found:
                review = True
                reason += (
                    " There are other files, such as "
                    f"{shown(found[0])}; a person will look whether it is among them."
                )
                self.log.warning("%s is not there, but %s: is it that?", filename, found)
        self.log.warning("%s earns nothing: %s", filename, reason)
        return unreadable_notebook(reason, review=review)

    def _strangers(
        self, folder: str, names: dict[str, str], assignment: Mapping[str, Sequence[Given]]
    ) -> list[str]:
        """The files of a submission that may be its notebook in a form that no program reads."""
        course = course_of(self)
        given = given_files(course, names["assignment"])
        return strangers(course, folder, names["notebook"], assignment, given, self.max_bytes)

    def _kept(
        self, folder: str, wanted: str, assignment: Mapping[str, Sequence[Given]]
    ) -> list[OtherName]:
        """What Jupyter kept of a notebook with answers, in a submission's checkpoints."""
        paths = checkpoints(course_of(self), folder)
        found = others(folder, paths, wanted, assignment, self.max_bytes)
        return [other for other in found if other.answered]

    def _assignment(self, names: dict[str, str]) -> dict[str, list[Given]]:
        """The cells of all notebooks of the assignment, as they were released."""
        course, assignment = course_of(self), names["assignment"]
        known = {names["notebook"]}
        for place in (course.release_directory, course.source_directory):
            folder = Path(course.format_path(place, ".", assignment))
            known |= {path.stem for path in folder.glob("*.ipynb")}
        return {name: released_cells(course, assignment, name) for name in sorted(known)}

    def _is_submission(self, filename: str, resources: dict[str, Any]) -> bool:
        """Whether a student wrote the file; nbgrader converts its own copy of it as well."""
        names = resources.get("nbgrader")
        if names is None:
            return False
        course = course_of(self)
        ours = course.format_path(
            course.autograded_directory, names["student"], names["assignment"]
        )
        return os.path.normpath(os.path.dirname(filename)) != os.path.normpath(ours)


def _ask(notebook: nbformat.NotebookNode, path: str, cells: Sequence[Given]) -> None:
    """Have a person look at graded cells for which another file has an answer of its own."""
    about = notebook.metadata.autograder
    new = [cell for cell in cells if cell.name not in about.get("ask", {})]
    if not new:
        return
    names = ", ".join(f"`{cell.exercise}`" for cell in new)
    reason = (
        f"In {shown(path)} there is something else for {names}; a person will look, unless there "
        "are all points for it here."
    )
    asked = about.setdefault("ask", nbformat.NotebookNode())
    asked.update({cell.name: reason for cell in new})
    about.notes.append(reason)


def _files(found: Sequence[OtherName]) -> str:
    return " and ".join(shown(other.path) for other in found[:3])
