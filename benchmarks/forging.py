"""Forging attacks, under stock nbgrader and here: what each of them earns.

`python -m benchmarks.forging` prints a markdown table, for docs/security.md. It runs the attacks of
tests/attacks that forge or edit, each as a submission through `nbgrader autograde`, three times:

stock    nbgrader's own configuration; test cells of plain asserts, as its users write them
checks   nbgrader's own configuration; test cells of ours, judged in the student's kernel
here     the configuration as shipped

Under nbgrader's own, the attacks run as whoever starts this: none of these families does harm.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attacks import POINTS, STOCK_TESTS, TESTS, Attack, load
from tests.attacks.course import COURSE_ID, Ground

ROOT = Path(__file__).resolve().parent.parent
STOCK = f"""
import os, sys
from pathlib import Path
c = get_config()
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "{COURSE_ID}"
"""
SHIPPED = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
COURSES = {
    "stock": (STOCK, STOCK_TESTS),
    "checks": (STOCK, TESTS),
    "here": (SHIPPED, TESTS),
}


def _earned(column: str, attacks: list[Attack]) -> dict[str, str]:
    """What each attack earns under one configuration.

    "–": nbgrader could not mark it. "stops the run": nor anybody after it.
    """
    config, tests = COURSES[column]
    earned = {}
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder), config, tests, honest=())
        left = sorted(attacks, key=lambda attack: attack.name)  # the order in which nbgrader marks
        while left:
            said = ground.mark(left)
            tried = [a for a in left if f"student with ID '{a.name}'" in said.log]
            for attack in left:
                shutil.rmtree(ground.course / "submitted" / attack.name)
            for attack in tried:
                if ground.autograded(attack.name) is None:
                    earned[attack.name] = "–"
                else:
                    scores = ground.scores(attack.name).values()
                    earned[attack.name] = f"{sum(score or 0.0 for score in scores):g}"
            left = left[len(tried) :]
            if not tried:
                raise RuntimeError(said.log[-2000:])
            if left:
                earned[tried[-1].name] = "stops the run"
    return earned


def main() -> None:
    """Run and print."""
    attacks = [*load("forging"), *load("editing")]
    with ThreadPoolExecutor(2) as pool:
        columns = dict(zip(COURSES, pool.map(lambda c: _earned(c, attacks), COURSES), strict=True))
    out = sys.stdout.write
    out("| attack | due | stock nbgrader | our checks in its kernel | here |\n")
    out("|---|---|---|---|---|\n")
    for attack in attacks:
        marks = " | ".join(columns[column][attack.name] for column in COURSES)
        out(f"| {attack.title} | {attack.due:g} | {marks} |\n")
    counts = []
    for column in COURSES:
        more = [a for a in attacks if columns[column][a.name] not in ("–", f"{a.due:g}")]
        counts.append(f"{column}: {len(more)}")
    out(f"\nEarned something else than due, of {len(attacks)} attacks: {', '.join(counts)}.\n")
    out(f"All exercises together are worth {sum(POINTS.values()):g} points.\n")


if __name__ == "__main__":
    main()
