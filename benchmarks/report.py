"""The report of a large class that was marked for real: how long it takes, and whether it is true.

    python -m benchmarks.report [--size 500] [--notebooks 02_minima]

The class is made from the corpus and marked by `autograder grade`. The report's numbers must be the
gradebook's, as its own tables are asked for them with nothing of ours between. One notebook by
default, since it is the number of students that matters here and marking takes most of the time.
The exit status is 1 where they are not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.classes import make_class
from benchmarks.throughput import ASSIGNMENT, BIN, timed
from tests.corpus import EXERCISES

COMMAND = str(BIN / "autograder")
SCORES = """
SELECT base_cell.name, sum(coalesce(grade.manual_score, grade.auto_score, 0)),
       sum(coalesce(grade.manual_score, grade.auto_score, 0) >= grade_cells.max_score)
FROM grade JOIN base_cell ON grade.cell_id = base_cell.id
JOIN grade_cells ON grade_cells.id = base_cell.id
WHERE NOT grade.needs_manual_grade AND base_cell.name LIKE '%_check'
GROUP BY base_cell.name
"""


def differences(course: Path, told: dict[str, Any]) -> list[str]:
    """Where the report's counts are not the gradebook's."""
    found = []
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as connection:
        rows = {name: (points, full) for name, points, full in connection.execute(SCORES)}
    exercises = {e["exercise"]: e for e in told["exercises"]}
    for name, (points, full) in rows.items():
        exercise = exercises[name.removesuffix("_check")]
        earned = sum(
            mark["score"]
            for student in told["students"]
            for mark in student["marks"]
            if mark["exercise"] == exercise["exercise"] and mark["outcome"] != "unjudged"
        )
        if abs(earned - points) > 1e-6:
            found.append(f"{name}: {earned} points in the report, {points} in the gradebook")
        if exercise["counts"].get("right", 0) != full:
            found.append(f"{name}: {exercise['counts']} in the report, {full} right in truth")
    return found


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--notebooks", nargs="+", choices=list(EXERCISES), default=["02_minima"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        course = Path(place) / "course"
        make_class(course, options.size, notebooks=options.notebooks)
        marking = timed([COMMAND, "grade", ASSIGNMENT], course)
        writing = timed([COMMAND, "report", ASSIGNMENT], course)
        size = (course / f"report_{ASSIGNMENT}.html").stat().st_size
        timed([COMMAND, "report", ASSIGNMENT, "--format=json", "--output=told.json"], course)
        wrong = differences(course, json.loads((course / "told.json").read_text()))
    print(f"{options.size} submissions: marked in {marking:.0f} s, report in {writing:.1f} s,")
    print(f"{size / 1e6:.2f} MB; {len(wrong)} counts differ from the gradebook's")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
