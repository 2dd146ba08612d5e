"""`nbgrader export` writes a table, and no program for a spreadsheet."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.marking import small_course as small

NAMES = {
    "=1+2": "'=1+2",
    "@SUM(1+1)*cmd|x": "'@SUM(1+1)*cmd|x",
    "-5": "-5",
    "o'brien, ann": "o'brien, ann",
    'a "quoted" one': 'a "quoted" one',
    "Анна": "Анна",
}


@pytest.mark.timeout(300)
def test_no_name_is_a_formula_or_a_new_column(course: Path, tmp_path: Path) -> None:
    small.make(tmp_path, course)
    with small.gradebook(tmp_path) as book:
        for name in NAMES:
            book.add_student(name, last_name="=HYPERLINK(1)", email=None)
        book.update_or_create_submission(small.ASSIGNMENT, "=1+2")
    said = subprocess.run(
        [sys.executable, "-m", "nbgrader", "export"], cwd=tmp_path, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    with (tmp_path / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student_id"] for row in rows} == set(NAMES.values())
    assert {row["last_name"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["max_score"] for row in rows} == {str(sum(small.POINTS.values()))}
    assert all(None not in row and None not in row.values() for row in rows)
