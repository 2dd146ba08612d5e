"""The nbconvert exporter that reads submissions: set in `nbgrader_config.py`.

    c.Autograde.exporter_class = "autograder.marking.intake.SubmissionExporter"

nbgrader reads a submission before any preprocessor sees it, and gives up the student where it
cannot. Here a file that holds no notebook becomes a notebook that says so, which is marked, with
nothing, like any other.
"""

from __future__ import annotations

import os
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from traitlets import Integer

from ..errors import UnreadableSubmission
from .course import course_of
from .reading import MAX_BYTES, read_notebook, unreadable_notebook

__all__ = ["SubmissionExporter"]


class SubmissionExporter(NotebookExporter):
    """Reads a student's file for marking; any other notebook as nbconvert does."""

    max_bytes = Integer(
        MAX_BYTES, help="How large the file of a notebook may be that a student hands in."
    ).tag(config=True)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The notebook in `filename`, after all preprocessors."""
        if resources is None or not self._is_submission(filename, resources):
            return super().from_filename(filename, resources=resources, **kw)
        try:
            notebook = read_notebook(filename, self.max_bytes)
        except UnreadableSubmission as exc:
            notebook = self._in_its_place(filename, str(exc), resources["nbgrader"])
        folder, name = os.path.split(filename)
        resources["metadata"] = {"name": os.path.splitext(name)[0], "path": folder}
        convert: Any = self.from_notebook_node  # nbconvert's, without types
        return convert(notebook, resources=resources, **kw)

    def _in_its_place(self, filename: str, reason: str, names: dict[str, str]) -> Any:
        """The notebook to mark in place of one that cannot be read, or is not there."""
        review = os.path.lexists(filename)
        others = [] if review else self._strangers(os.path.dirname(filename), names)
        if others:
            review = True
            reason += (
                " There are notebooks that are not of this assignment; a person will look whether "
                "it is among them."
            )
            self.log.warning("%s is not there, but %s: is it that?", filename, others)
        self.log.warning("%s earns nothing: %s", filename, reason)
        return unreadable_notebook(reason, review=review)

    def _strangers(self, folder: str, names: dict[str, str]) -> list[str]:
        """Notebooks in a submission's folder that the assignment has not."""
        with Gradebook(names["db_url"]) as gradebook:
            known = {
                notebook.name
                for notebook in gradebook.find_assignment(names["assignment"]).notebooks
            }
        found = [name for name in os.listdir(folder) if name.endswith(".ipynb")]
        return sorted(name for name in found if name.removesuffix(".ipynb") not in known)

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
