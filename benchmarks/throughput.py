"""How fast a class is marked: `autograder grade` beside stock `nbgrader autograde`, same students.

    python -m benchmarks.throughput [--size 40] [--stock 3]

Stock nbgrader marks one submission after the other in the grader's own environment, so its time for
the class is that of a few submissions times the class; ours is measured for the whole class, from
the command to its end. Both run one after the other on the same machine; the ratio is what counts.
Before, a class of two is marked, so that what is prepared once on a machine (fonts, compiled
operations) is there, as it is for every class but the first.

Then the same cells are run by a bare Python that has imported everything, with compiled gradients
and the same cache, without Jupyter, sandbox or marks: the limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.classes import make_class, stock_copy

ASSIGNMENT = "gradient_descent"
BIN = Path(sys.executable).parent


def timed(arguments: list[str], course: Path) -> float:
    """Wall time of a command in a course directory; its exit status must be 0."""
    began = time.perf_counter()
    done = subprocess.run(arguments, cwd=course, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - began


def parts(course: Path) -> Counter[str]:
    """Where the workers' time went, in seconds, all submissions together."""
    run = json.loads((course / ".autograder" / ASSIGNMENT / "last_run.json").read_text())
    total: Counter[str] = Counter()
    for submission in run["submissions"].values():
        total.update(submission["parts"])
        total["other"] += submission["seconds"] - sum(submission["parts"].values())
    return total


def bare(course: Path, student: str) -> float:
    """Seconds that a student's cells take in a bare warm Python in the same sandbox."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare", str(course), student],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument(
        "--stock", type=int, default=3, help="submissions that stock nbgrader marks"
    )
    parser.add_argument("--bare", type=int, default=5, help="submissions that a bare Python runs")
    options = parser.parse_args()
    grade = [str(BIN / "autograder"), "grade", ASSIGNMENT, "--json"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_class(folder / "before", 2, seed=99)
        timed(grade, folder / "before")
        students = make_class(folder / "ours", options.size)
        stock_copy(folder / "ours", folder / "stock")
        nbgrader = [sys.executable, "-m", "nbgrader"]
        timed([*nbgrader, "generate_assignment", ASSIGNMENT], folder / "stock")
        chosen = students[: options.stock]
        stock = [
            timed([*nbgrader, "autograde", ASSIGNMENT, "--student", s], folder / "stock")
            for s in chosen
        ]
        ours = timed(grade, folder / "ours")
        limit = [bare(folder / "ours", s) for s in students[: options.bare]]
        each = ours / len(students)
        print(f"stock nbgrader autograde   {statistics.mean(stock):7.2f} s a submission")
        print(f"autograder grade           {each:7.2f} s a submission, all in {ours:.0f} s")
        print(f"times as fast              {statistics.mean(stock) / each:7.1f}")
        print(
            f"a bare warm Python         {statistics.mean(limit):7.2f} s a submission, on one core"
        )
        total = parts(folder / "ours")
        busy = sum(total.values()) / len(students)
        print(f"our workers                  {busy:7.2f} s a submission, on one core")
        print(f"times the limit            {busy / statistics.mean(limit):7.2f}")
        for part, seconds in total.most_common():
            print(f"  {part:24} {seconds / len(students):7.2f} s")


if __name__ == "__main__":
    main()
