"""The sample class marked without namespaces, beside the way with them: the same marks, how fast?

    python -m benchmarks.locked [--rounds 2]

The two ways take turns, so that what else the machine does falls on both; the ratio is what counts.
Before, a class of two is marked each way, so that what is prepared once on a machine is there.
Ends with an error if somebody has other points, or did not run in the way that was asked for.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.demo.classroom import Classroom
from autograder.demo.students import load_students
from autograder.report.copies import read_copy
from benchmarks.classes import REPOSITORY, make_class
from benchmarks.throughput import ASSIGNMENT, BIN, timed

WAYS = {"with namespaces": "require", "locked, without": "never"}
ISOLATION = {"with namespaces": "sandboxed", "locked, without": "locked"}


def grade(course: Path, namespaces: str) -> float:
    """Seconds to mark a class, everyone anew."""
    line = [str(BIN / "autograder"), "grade", ASSIGNMENT, "--json", "--fresh"]
    # A loop without end costs its cell this long, on any machine.
    line += ["--Examine.seed=the same", "--Examine.cell_timeout=20"]
    return timed([*line, f"--Examine.namespaces={namespaces}"], course)


def marks(course: Path) -> dict[tuple[str, str, str], float | None]:
    """What the machine gave, by student, notebook and cell."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            (submission.student.id, notebook.name, grade.name): grade.auto_score
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def isolations(course: Path) -> set[str | None]:
    """How the records of a class say that submissions ran."""
    return {
        record.isolation
        for path in (course / "autograded").rglob("*.ipynb")
        for record in read_copy(path, "", path.stem).records.values()
    }


def main() -> int:
    """Measure, compare, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    students = load_students(REPOSITORY / "sample_class")
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    given = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_class(folder / "before", 2, seed=99)
        classroom = Classroom.set_up(folder / "class", REPOSITORY)
        classroom.generate()
        classroom.hand_in(students)
        for way, namespaces in WAYS.items():
            shutil.copytree(folder / "before", folder / f"before {way}")
            grade(folder / f"before {way}", namespaces)
        for turn in range(options.rounds):
            for way, namespaces in WAYS.items():
                course = folder / f"{turn} {way}"
                shutil.copytree(folder / "class", course)
                seconds[way].append(grade(course, namespaces))
                given[turn, way] = marks(course)
                if isolations(course) != {ISOLATION[way]}:
                    print(f"{way}: submissions ran otherwise: {isolations(course)}")
                    return 1
    first, *others = given.values()
    same = all(other == first for other in others)
    points = sum(score or 0.0 for score in first.values())
    print(f"{len(students)} students, {points:g} points; the same both ways: {same}")
    means = {way: statistics.mean(taken) / len(students) for way, taken in seconds.items()}
    for way, mean in means.items():
        print(f"{way:18} {mean:7.2f} s a submission")
    with_them, without = means.values()
    print(f"throughput without, as a part of that with: {with_them / without:.2f}")
    return not same


if __name__ == "__main__":
    sys.exit(main())
