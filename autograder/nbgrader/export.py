"""nbgrader's `grades.csv`, in which no text is a formula and no comma a new column.

nbgrader writes ids and names as they are (0.9.6): one that begins with an equals sign is a program
to whoever opens the file in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin

from ..printable import for_spreadsheet

__all__ = ["PlainExport"]


class _Text(str):
    """A text that is quoted where it is put into a line of a table."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([for_spreadsheet(str(self))])
        return line.getvalue()


class _Quoted:
    """A gradebook whose students' ids and names are such texts."""

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook
        self.assignments = gradebook.assignments

    @property
    def students(self) -> Iterator[SimpleNamespace]:
        for student in self._gradebook.students:
            names = ("id", "last_name", "first_name", "email")
            yield SimpleNamespace(**{name: _Text(getattr(student, name) or "") for name in names})

    def find_submission(self, assignment: str, student: str) -> Any:
        return self._gradebook.find_submission(assignment, str(student))


class PlainExport(CsvExportPlugin):
    """Writes what nbgrader writes, as texts and numbers."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table."""
        super().export(_Quoted(gradebook))
