"""One gradebook for all steps leaves what a gradebook for each of them leaves, to the last byte."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.grade.conftest import REPOSITORY, SEED
from tests.grade.ledger import files
from tests.marking import small_course as small
from tests.marking.small_course import ASSIGNMENT, FIRST, HARMLESS, SECOND, UNREADABLE, Submission

pytestmark = pytest.mark.timeout(2400)

DUE = "2026-01-10 12:00:00"
LATE = "2026-01-10 15:30:00.000000 UTC"
LATER = "2026-01-12 09:00:00.000000 UTC"
SEVERAL = ("honest", "check twice", "given edited", "more points", "missing notebook")
CLASS = [s for s in HARMLESS if s.student in SEVERAL]
CLASS += [UNREADABLE[0], Submission("in time"), Submission("without a stamp")]
FAULTY = f"honest:{FIRST}"  # the second of its notebooks: rows of the first are written


def set_up(root: Path) -> None:
    root.mkdir(parents=True)
    small.make(root, REPOSITORY)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with small.gradebook(root) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)
        gradebook.update_or_create_student("nobody")  # who hands in nothing
    for submission in CLASS:
        stamp = small.hand_in(root, submission) / "timestamp.txt"
        if submission.student != "without a stamp":
            stamp.write_text(LATE if submission.student != "in time" else DUE + " UTC")


def tables(root: Path) -> dict[str, list[Any]]:
    """All tables of the gradebook; ids that are drawn by lot are named by what they are of."""
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as connection:
        names: dict[str, str] = {}

        def named(table: str, *columns: str) -> None:
            found = connection.execute(f"SELECT id, {', '.join(columns)} FROM {table}")
            names.update((i, "/".join([table, *(names.get(p, p) for p in of)])) for i, *of in found)

        named("submitted_assignment", "assignment_id", "student_id")
        named("submitted_notebook", "assignment_id", "notebook_id")
        named("grade", "notebook_id", "cell_id")
        named("comment", "notebook_id", "cell_id")
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        found = {}
        for (table,) in connection.execute(query).fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted([[names.get(v, v) for v in row] for row in rows], key=repr)
        return found


def left(root: Path) -> dict[str, Any]:
    """All that marking leaves, but for logs and the times it took."""
    state = root / ".autograder" / ASSIGNMENT
    journal = {
        path.relative_to(state).as_posix(): path.read_bytes()
        for part in ("begun", "marked", "lacking")
        for path in (state / part).glob("*")
    }
    return {**tables(root), "files": files(root), "journal": journal}


def written(root: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.grade.writer_alone", root, ASSIGNMENT, SEED, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Both:
    """A course that is marked twice: with one gradebook for all steps, and with one for each."""

    def __init__(self, unmarked: Path, place: Path) -> None:
        self.shared, self.anew = place / "shared", place / "anew"
        for root in (self.shared, self.anew):
            shutil.copytree(unmarked, root, symlinks=True)

    def write(self, known: Path, *arguments: str, faults: int) -> dict[str, Any]:
        """Mark by known results; what that left, the same both ways."""
        for root in (self.shared, self.anew):
            kept = f".autograder/{ASSIGNMENT}/results"
            shutil.copytree(known / kept, root / kept, dirs_exist_ok=True)
            how = ["--anew"] if root == self.anew else []
            said = written(root, *how, *arguments)
            assert (said["count"], said["faults"]) == (len(CLASS) - 1, faults)
        shared, anew = left(self.shared), left(self.anew)
        for part in shared:
            assert shared[part] == anew[part], part
        assert shared.keys() == anew.keys()
        return shared


def change(root: Path) -> None:
    """What happens between two markings: a person marks, students hand in again, a date moves."""
    with small.gradebook(root) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-01-11 00:00:00")
        row = gradebook.find_grade("why", FIRST, ASSIGNMENT, "honest")
        row.manual_score, row.extra_credit, row.needs_manual_grade = 0.75, 0.5, False
        row = gradebook.find_grade("slope_check", FIRST, ASSIGNMENT, "in time")
        row.manual_score = 1.5
        comment = gradebook.find_comment("why", FIRST, ASSIGNMENT, "in time")
        comment.manual_comment = "Well said."
        gradebook.db.commit()
    folder = root / "submitted" / "in time" / ASSIGNMENT
    notebook = json.loads((folder / f"{FIRST}.ipynb").read_text())
    small.cell_of(notebook, "slope")["source"] = "def slope(x):\n    return 2 * x"
    (folder / f"{FIRST}.ipynb").write_text(json.dumps(notebook))
    (folder / "timestamp.txt").write_text(LATER)
    (root / "submitted" / "given edited" / ASSIGNMENT / f"{SECOND}.ipynb").unlink()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, grade) -> tuple[Path, Path]:
    """A course that is not marked, and the same one marked by `autograder grade`."""
    place = tmp_path_factory.mktemp("known")
    unmarked, real = place / "unmarked", place / "real"
    set_up(unmarked)
    shutil.copytree(unmarked, real, symlinks=True)
    assert grade(real, "--workers", "2").status == 0
    return unmarked, real


def test_one_gradebook_leaves_what_one_for_each_step_leaves(known, tmp_path: Path, grade):
    unmarked, real = known[0], tmp_path / "real"
    shutil.copytree(known[1], real, symlinks=True)
    both = Both(unmarked, tmp_path)

    # Who could not be marked has the rows that a submission has before it is marked.
    first = both.write(real, f"--fault={FAULTY}", faults=1)
    assert not [name for name in first["files"] if name.startswith("honest/")]
    once = both.write(real, faults=0)
    assert once == left(real)
    assert any(row[-1] for row in once["submitted_notebook"]), "nobody has a penalty"

    for root in (real, both.shared, both.anew):
        change(root)
    assert grade(real).status == 0
    twice = both.write(real, faults=0)
    assert twice["grade"] != once["grade"]
    assert twice["submitted_assignment"] != once["submitted_assignment"]
    # And who had marks keeps them.
    assert both.write(real, f"--fault={FAULTY}", faults=1) == twice


def test_a_row_that_the_database_refuses_costs_that_submission_alone(known, tmp_path: Path):
    """It is refused when it is written, which is later than nbgrader would have written it."""
    unmarked = tmp_path / "unmarked"
    shutil.copytree(known[0], unmarked, symlinks=True)
    with contextlib.closing(sqlite3.connect(unmarked / "gradebook.db")) as connection:
        connection.execute(
            """
            CREATE TRIGGER refused BEFORE UPDATE ON grade
            WHEN NEW.auto_score > 0 AND NEW.cell_id IN (
                SELECT id FROM base_cell WHERE name = 'lowest_check'
            ) AND NEW.notebook_id IN (
                SELECT n.id FROM submitted_notebook n
                JOIN submitted_assignment s ON s.id = n.assignment_id
                WHERE s.student_id = 'in time'
            )
            BEGIN SELECT RAISE(ABORT, 'no such score'); END
            """
        )
        connection.commit()
    both = Both(unmarked, tmp_path)
    marked = both.write(known[1], faults=1)
    log = (both.shared / ".autograder" / ASSIGNMENT / "last_run.log").read_text()
    assert "no such score" in log
    assert "could not be put back" not in log
    assert {name.split("/")[0] for name in marked["files"]} >= {"honest", "without a stamp"}
    assert not [name for name in marked["files"] if name.startswith("in time/")]
    assert [row for row in marked["submitted_assignment"] if "in time" in row]
