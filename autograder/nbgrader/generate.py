"""nbgrader's steps before and after marking: the release is generated, and the feedback.

Both leave what they make to the course alone (rights.py).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateFeedback as NbgraderGenerateFeedback
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade, is_task
from traitlets import List, default

from ..marking.files import beside, say_left_out
from ..sandbox import tree
from .pages import FeedbackExporter
from .rights import keep_private
from .shared import opened
from .upstream import Release

__all__ = ["GenerateAssignment", "GenerateFeedback"]


class GenerateAssignment(Release):
    """nbgrader's own; the gradebook that it makes is closed to others.

    Where the release is there but the gradebook has no notebook of the assignment, as in a fresh
    clone, the gradebook gets them, and the release stays as it is.
    """

    def start(self) -> None:
        """Generate the release."""
        try:
            with tempfile.TemporaryDirectory(prefix="autograder-release-") as aside:
                self._unused = Path(aside)
                super().start()
        finally:
            self.aside = None
            keep_private(self.coursedir)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether the assignment is to be generated."""
        self.aside = None
        there = os.path.isdir(self.written_to(assignment_id, student_id))
        if not there or self.force or self.no_database or self._is_in_gradebook(assignment_id):
            return bool(super().init_destination(assignment_id, student_id))
        self.log.warning(
            "The gradebook has no notebook of %s and gets them now; the release is there already, "
            "and stays as it is.",
            assignment_id,
        )
        self.aside = self._unused
        return True

    def _is_in_gradebook(self, assignment_id: str) -> bool:
        with opened(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                return bool(gradebook.find_assignment(assignment_id).notebooks)
            except MissingEntry:
                return False


class Grades(GetGrades):
    """nbgrader's own, and which cells wait for a person's points: theirs is no 0."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Write into a graded cell what the gradebook has of it."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if is_grade(cell) or is_task(cell):
            about = cell.metadata.nbgrader
            grade = self.gradebook.find_grade(
                about["grade_id"], self.notebook_id, self.assignment_id, self.student_id
            )
            about["waits"] = bool(grade.needs_manual_grade)
        return cell, resources


class GenerateFeedback(NbgraderGenerateFeedback):
    """nbgrader's own, with our pages, in a folder that is closed to others."""

    preprocessors = List([Grades]).tag(config=True)

    @default("exporter_class")
    def _our_pages(self) -> type[HTMLExporter]:
        return FeedbackExporter

    def start(self) -> None:
        """Write the feedback pages."""
        keep_private(self.coursedir, self.coursedir.feedback_directory)
        try:
            super().start()
        finally:
            keep_private(self.coursedir)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy what lies beside a submission's notebooks.

        nbgrader lists a file's whole folder anew for each file (0.9.6, `is_ignored`): for four
        thousand files of one student, a minute and a half.
        """
        course, whose = self.coursedir, (student_id, assignment_id)
        source = course.format_path(course.autograded_directory, *whose)
        target = course.format_path(course.feedback_directory, *whose)
        os.makedirs(target, exist_ok=True)
        left_out = tree.copy(source, target, beside(course, source))
        say_left_out(self.log, source, left_out, " of the feedback")
