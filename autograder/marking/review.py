"""The nbgrader preprocessor that asks a person to look: set after SaveAutoGrades.

A notebook that could not be read has earned nothing, but a person may find in the file what a
program did not; until then its marks are shown as waiting.
"""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["Review"]


class Review(NbGraderPreprocessor):
    """Flags the marks of a notebook that could not be read for grading by hand."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Flag, in the gradebook; the notebook stays as it is."""
        if nb.metadata.get("autograder", {}).get("review"):
            names = resources["nbgrader"]
            with Gradebook(names["db_url"]) as gradebook:
                submission = gradebook.find_submission_notebook(
                    names["notebook"], names["assignment"], names["student"]
                )
                for grade in submission.grades:
                    grade.needs_manual_grade = True
                gradebook.db.commit()
        return nb, resources
