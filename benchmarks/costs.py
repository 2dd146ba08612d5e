"""What one hand-in can cost above an honest one, in seconds and megabytes of a grader's commands.

    python -m benchmarks.costs [--only NAME ...]

Each attack of the families costing (`tests/attacks/cases/costing.txt`), exhausting and trees is
handed in alone to a course of its own. A command's memory is the largest sum of what its processes
held at the same time, shared pages counted once; the honest submission is measured in the same run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from tests.attacks import ANSWERS, Attack, load
from tests.attacks.course import ASSIGNMENT, Ground
from tests.attacks.test_attacks import SHIPPED
from tests.attacks.test_pages import COSTING, SHOWING
from tests.attacks.trees import TREES, Tree, remove

COMMANDS = {
    "marking": ("autograder", "grade", ASSIGNMENT, "--workers=1"),
    "feedback": ("nbgrader", "generate_feedback", ASSIGNMENT),
    "report": ("autograder", "report", ASSIGNMENT),
}
HONEST = Attack("honest", "", "", {name: ANSWERS[name] for name in ("slope", "lowest")})
MOST_SECONDS, MOST_BYTES = 120, 1_500_000_000
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Cost:
    """Of one command.

    Attributes:
        seconds: how long it took.
        bytes: the most memory that its processes held together.
    """

    seconds: float
    bytes: int


def _held(process: psutil.Process) -> int:
    held = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            held += one.memory_full_info().pss
        except psutil.Error:
            continue
    return held


def measured(command: tuple[str, ...], course: Path) -> Cost:
    """Run a command and look at it until it ends."""
    most, began = 0, time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=course,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        process = psutil.Process(run.pid)
        ended = threading.Event()
        threading.Thread(target=lambda: (run.wait(), ended.set()), daemon=True).start()
        while not ended.wait(_LOOK_SECONDS):
            try:
                most = max(most, _held(process))
            except psutil.Error:
                break
    return Cost(time.monotonic() - began, most)


def costs(hand_in: Callable[[Ground], object]) -> dict[str, Cost]:
    """Of each command, in a course in which one submission was handed in."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        ground = Ground(Path(place), SHIPPED, honest=())
        hand_in(ground)
        try:
            return {name: measured(line, ground.course) for name, line in COMMANDS.items()}
        finally:
            remove(Path(place))


def submissions() -> Iterator[tuple[str, Callable[[Ground], object]]]:
    """The name of each submission, and what hands it in; the honest one first."""
    yield HONEST.name, partial(Ground.hand_in, attack=HONEST)
    for attack in (*COSTING, *SHOWING, *load("exhausting")):
        yield attack.name, partial(Ground.hand_in, attack=attack)
    for tree in TREES:
        if tree.marked:
            yield f"tree {tree.name}", partial(_grown, tree)


def _grown(tree: Tree, ground: Ground) -> None:
    folder = ground.hand_in(HONEST)
    (folder / "data.csv").touch()
    tree.grow(folder)


def main() -> int:
    """Measure, and print the table; 1 if something is above the ceilings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    (_, hand_in), *wanted = submissions()
    honest = costs(hand_in)
    print("| submission | " + " | ".join(f"{name}, s | MB" for name in COMMANDS) + " |")
    print("|---" * (1 + 2 * len(COMMANDS)) + "|")
    row = " | ".join(f"{c.seconds:.1f} | {c.bytes / 1e6:.0f}" for c in honest.values())
    print(f"| honest, in all | {row} |", flush=True)
    above = 0
    for name, hand_in in wanted:
        if options.only and name not in options.only:
            continue
        found = costs(hand_in)
        cells = []
        for command, cost in found.items():
            seconds = cost.seconds - honest[command].seconds
            memory = cost.bytes - honest[command].bytes
            above += seconds > MOST_SECONDS or memory > MOST_BYTES
            cells.append(f"{seconds:+.1f} | {memory / 1e6:+.0f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(f"\n{above} above {MOST_SECONDS} s or {MOST_BYTES / 1e6:.0f} MB")
    return bool(above)


if __name__ == "__main__":
    sys.exit(main())
