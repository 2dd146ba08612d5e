"""Whether a source still has the exercises that were handed in.

Once there are submissions, nbgrader generates no assignment whose cells or notebooks are others
than those in the gradebook; it says so after it has taken the release away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..cells import nbgrader_of
from .course import read_only
from .findings import Finding, warning, wrong
from .notebooks import NOT_ONE, read_cells

__all__ = ["exercises"]

_GUIDE = "docs/instructor.md, “After submissions have come in”, has the steps"


def exercises(db_url: str, source: Path) -> Iterator[Finding]:
    """For each assignment with submissions, what its source has other than the gradebook.

    Args:
        db_url: the gradebook, as SQLAlchemy writes it; nothing is written to it.
        source: the folder with a folder of notebooks for each assignment.
    """
    from nbgrader import api
    from sqlalchemy.orm import Session

    with read_only(db_url) as connection:
        if connection is None:
            return
        for assignment in Session(connection).query(api.Assignment).order_by(api.Assignment.name):
            if assignment.submissions and (source / assignment.name).is_dir():
                yield from _assignment(assignment, source / assignment.name)


def _assignment(assignment: Any, source: Path) -> Iterator[Finding]:
    name, count = assignment.name, len(assignment.submissions)
    known = {notebook.name: notebook for notebook in assignment.notebooks}
    there = {path.stem: path for path in source.glob("*.ipynb")}
    changed = [*(f"without {gone}" for gone in sorted({*known} - {*there}))]
    changed += [f"with {new}" for new in sorted({*there} - {*known})]
    for stem in sorted({*known} & {*there}):
        try:
            cells = _points_of(there[stem])
        except NOT_ONE:
            continue  # that it is no notebook is said elsewhere
        recorded = {
            cell.name
            for kind in ("grade", "solution", "task", "source")
            for cell in getattr(known[stem], f"{kind}_cells")
        }
        changed += [f"{stem} without {gone}" for gone in sorted(recorded - {*cells})]
        changed += [f"{stem} with {new}" for new in sorted({*cells} - recorded)]
        yield from _points(name, known[stem], cells)
    if changed:
        yield wrong(
            name,
            f"{count} handed it in, and the source is another since: {', '.join(changed)}. "
            "nbgrader will refuse to generate it, after it has taken the release away",
            "put back what is missing, with 0 points if it is not to count, and what is new into "
            f"an assignment of its own: {_GUIDE}",
        )


def _points(name: str, notebook: Any, cells: dict[str, Any]) -> Iterator[Finding]:
    for cell in notebook.grade_cells:
        points = cells.get(cell.name)
        if points is not None and float(points) != cell.max_score:
            yield warning(
                name,
                f"{cell.name} of {notebook.name} has {points:g} points in the source and "
                f"{cell.max_score:g} in the gradebook",
                f"`nbgrader generate_assignment {name} --force`, then `autograder grade {name} "
                f"--force`: {_GUIDE}",
            )


def _points_of(path: Path) -> dict[str, Any]:
    """The points of each cell that nbgrader keeps in the gradebook, None where it has none."""
    found = {}
    for cell in read_cells(path):
        about = nbgrader_of(cell)
        if any(about.get(kind) for kind in ("grade", "solution", "locked", "task")):
            counted = about.get("grade") or about.get("task")
            found[about["grade_id"]] = about.get("points") if counted else None
    return found
