"""How fast a class is marked without namespaces, beside the way with them: the same class, twice.

    python -m benchmarks.locked [--size 12] [--rounds 2]

The two ways take turns, so that what else the machine does falls on both; the ratio is what counts.
Before, a class of two is marked each way, so that what is prepared once on a machine is there.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.classes import make_class
from benchmarks.throughput import ASSIGNMENT, BIN, timed

WAYS = {"with namespaces": "require", "locked, without": "never"}


def grade(course: Path, namespaces: str) -> float:
    """Seconds to mark a class, everyone anew."""
    line = [str(BIN / "autograder"), "grade", ASSIGNMENT, "--json", "--fresh"]
    return timed([*line, f"--Examine.namespaces={namespaces}"], course)


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_class(folder / "before", 2, seed=99)
        make_class(folder / "class", options.size)
        for way, namespaces in WAYS.items():
            shutil.copytree(folder / "before", folder / f"before {way}")
            grade(folder / f"before {way}", namespaces)
        for turn in range(options.rounds):
            for way, namespaces in WAYS.items():
                course = folder / f"{turn} {way}"
                shutil.copytree(folder / "class", course)
                seconds[way].append(grade(course, namespaces))
    means = {way: statistics.mean(taken) / options.size for way, taken in seconds.items()}
    for way, mean in means.items():
        print(f"{way:18} {mean:7.2f} s a submission")
    with_them, without = means.values()
    print(f"throughput without, as a part of that with: {with_them / without:.2f}")


if __name__ == "__main__":
    main()
