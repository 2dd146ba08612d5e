"""What a marking leaves behind, as data that two runs can be compared by."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

PAPERS = """
JOIN notebook ON submitted_notebook.notebook_id = notebook.id
JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
JOIN assignment ON submitted_assignment.assignment_id = assignment.id
JOIN student ON submitted_assignment.student_id = student.id
"""
ROWS = f"""
SELECT student.id, assignment.name, notebook.name, base_cell.name,
       grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade
FROM grade
JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id {PAPERS}
JOIN base_cell ON grade.cell_id = base_cell.id
ORDER BY 1, 2, 3, 4
"""
COMMENTS = f"""
SELECT student.id, notebook.name, base_cell.name, comment.auto_comment, comment.manual_comment
FROM comment
JOIN submitted_notebook ON comment.notebook_id = submitted_notebook.id {PAPERS}
JOIN base_cell ON comment.cell_id = base_cell.id
ORDER BY 1, 2, 3
"""
SUBMISSIONS = f"""
SELECT student.id, submitted_assignment.timestamp, submitted_assignment.extension,
       notebook.name, submitted_notebook.late_submission_penalty
FROM submitted_notebook {PAPERS}
ORDER BY 1, 4
"""


def rows(root: Path) -> dict[str, list[Any]]:
    """The gradebook's rows of submissions, without the ids that are drawn by lot."""
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as connection:
        return {
            name: connection.execute(query).fetchall()
            for name, query in (("grades", ROWS), ("comments", COMMENTS), ("papers", SUBMISSIONS))
        }


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    """The autograded copies: permissions and content by relative path."""
    top = root / "autograded"
    return {
        path.relative_to(top).as_posix(): (path.stat().st_mode & 0o7777, path.read_bytes())
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }
