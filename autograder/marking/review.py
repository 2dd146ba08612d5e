"""The nbgrader preprocessor that asks a person to look: set after SaveAutoGrades.

A notebook that could not be read has earned nothing, but a person may find in the file what a
program did not; until then its marks are shown as waiting. The same holds for an exercise for which
something of the student's stands where a program does not read it (asking.py), unless it has all
its points; and there is no mark for words that nobody read.
"""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["Review"]


class Review(NbGraderPreprocessor):
    """Flags marks for grading by hand: of a notebook, or of what is in its `ask`."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Flag, in the gradebook; the notebook stays as it is."""
        about = nb.metadata.get("autograder", {})
        if about.get("review") or about.get("ask"):
            by_hand = {
                str(cell.metadata.nbgrader.get("grade_id"))
                for cell in nb.cells
                if cell.metadata.get("nbgrader", {}).get("solution")
            }
            names = resources["nbgrader"]
            with Gradebook(names["db_url"]) as gradebook:
                submission = gradebook.find_submission_notebook(
                    names["notebook"], names["assignment"], names["student"]
                )
                for grade in submission.grades:
                    if about.get("review"):
                        grade.needs_manual_grade = True
                    if grade.name in about.get("ask", {}):
                        if grade.name in by_hand:
                            grade.auto_score = None
                        full = grade.auto_score is not None and grade.auto_score >= grade.max_score
                        if not full:
                            grade.needs_manual_grade = True
                for comment in submission.comments:
                    if comment.name in about.get("ask", {}):
                        comment.auto_comment = None  # nbgrader's is "No response."
                gradebook.db.commit()
        return nb, resources
