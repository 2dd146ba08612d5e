"""How fast marks are written, once it is known what they are: the one process of a run.

    python -m benchmarks.writer [--size 16] [--times 3]

A class with three notebooks is marked once, by as many workers as there are. Then its marks are
written again by the process that writes them, alone and in turns: with one gradebook for all steps
of a submission, and as nbgrader does it, with one opened in each, and nbconvert for writing.
Each once into a gradebook that has none yet, and once with `--force` over what is there. Of several
times the best counts, since others use the machine as well. In the end it says at how many workers
the writer would be what limits.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.classes import REPOSITORY, make_class

ASSIGNMENT = "gradient_descent"
WAYS = {"one gradebook": [], "opened anew": ["--anew"]}
KEPT = ("gradebook.db", "autograded")
STATE = Path(".autograder") / ASSIGNMENT


def mark(course: Path) -> None:
    """Mark a class, to know what its marks are."""
    grade = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT, "--json"]
    subprocess.run(grade, cwd=course, stdout=subprocess.DEVNULL, check=True)


def written(course: Path, *arguments: str) -> dict[str, Any]:
    """What it cost to write a class's marks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.grade.writer_alone", course, ASSIGNMENT, *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["faults"]:
        raise SystemExit(f"{found['faults']} submissions could not be marked")
    return found


def unmarked(course: Path, before: Path) -> None:
    """Put back the gradebook as it was, without marks and without copies."""
    for name in ("begun", "marked", "lacking"):
        shutil.rmtree(course / STATE / name, ignore_errors=True)
    shutil.rmtree(course / "autograded")
    shutil.copy(before, course / "gradebook.db")


def worker_seconds(course: Path) -> float:
    """How long a worker was busy with one submission."""
    run = json.loads((course / STATE / "last_run.json").read_text())
    each = [one["seconds"] for one in run["submissions"].values()]
    return float(sum(each) / len(each))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        course, before = Path(place) / "course", Path(place) / "gradebook.db"
        make_class(course, options.size)
        shutil.copy(course / "gradebook.db", before)
        mark(course)
        worker = worker_seconds(course)
        best: dict[tuple[str, str], dict[str, Any]] = {}
        for _ in range(options.times):
            for way, arguments in WAYS.items():
                unmarked(course, before)
                for what in ("first marks", "--force"):
                    found = written(course, *arguments)
                    known = best.get((what, way), found)
                    best[what, way] = min(found, known, key=lambda cost: float(cost["seconds"]))
    print("                            a second   ms each   of the processor   workers it serves")
    for (what, way), cost in sorted(best.items()):
        each = cost["seconds"] / cost["count"]
        print(
            f"{what:13} {way:13} {1 / each:8.1f}  {1000 * each:8.0f}"
            f"  {1000 * cost['busy'] / cost['count']:17.0f}  {worker / each:18.0f}"
        )
    for what in ("first marks", "--force"):
        one, anew = (best[what, way] for way in WAYS)
        wall, busy = anew["seconds"] / one["seconds"], anew["busy"] / one["busy"]
        print(f"{what}: {wall:.1f} times as fast, with {busy:.1f} times less of the processor")
    print(f"a worker was busy for {worker:.1f} s with a submission")


if __name__ == "__main__":
    main()
