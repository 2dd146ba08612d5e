"""The nbgrader preprocessor that asks a person to look: set after SaveAutoGrades.

Where a machine cannot judge, it gives no mark: what could not be read, what marking lacked, and a
text that may stand somewhere else wait for a person, in the formgrader and in the report.
"""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from ..marking.journal import Journal
from ..marking.requests import asked
from .course import above, course_of
from .shared import opened

__all__ = ["Review"]


class Review(NbGraderPreprocessor):
    """Flags for a person what the machine could not judge."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: Any) -> tuple[Any, Any]:
        """Flag, in the gradebook; the notebook stays as it is."""
        about = nb.metadata.get("autograder", {})
        lacking = {c.metadata.nbgrader.grade_id for c in nb.cells if asked(c)}
        wanted = {*lacking, *about.get("ask", {})}
        names = resources["nbgrader"]
        if wanted or about.get("review"):
            with opened(names["db_url"]) as gradebook:
                submission = gradebook.find_submission_notebook(
                    names["notebook"], names["assignment"], names["student"]
                )
                for grade in submission.grades:
                    if about.get("review") or grade.name in wanted:
                        _wait(grade)
                for comment in submission.comments:
                    if comment.name in wanted:
                        comment.auto_comment = None  # nbgrader's is "No response."
                gradebook.db.commit()
        if lacking:
            # Once there is what was missing, it is marked again without being asked for.
            self._journal(names["assignment"]).lacks(names["student"])
        return nb, resources

    def _journal(self, assignment: str) -> Journal:
        """The converter's, which is another in a dry run."""
        of_converter = above(self, "journal")
        if of_converter is None:
            return Journal(course_of(self).root, assignment)
        found: Journal = of_converter(assignment)
        return found


def _wait(grade: Any) -> None:
    """Leave a grade to a person, unless it is full: a program cannot be wrong about that."""
    if grade.auto_score is not None and grade.auto_score >= grade.max_score > 0:
        return
    grade.needs_manual_grade = True
    # Nothing, not 0: nobody has judged it yet.
    grade.auto_score = grade.auto_score or None
