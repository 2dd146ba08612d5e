"""What a class costs as it grows, what a kill costs, and what a few late changes cost.

    python -m benchmarks.scale linear [--sizes 50 200 800]
    python -m benchmarks.scale killed [--size 100] [--kills 20]
    python -m benchmarks.scale resubmitted [--size 200] [--changed 10]

On the short assignment of the tests, two notebooks, since here it is the number of submissions that
matters. Each measure compares runs with each other; none has a limit in seconds. The exit status
is 1 where what was promised does not hold.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.grade.ledger import files, rows
from tests.marking import small_course as small

REPOSITORY = Path(__file__).parents[1]
COMMAND = (
    str(Path(sys.executable).with_name("autograder")),
    "grade",
    small.ASSIGNMENT,
    "--json",
    "--Examine.seed=the seed of this measure",
)
SLOPES = (
    "def slope(x):\n    return 2 * x + 3",
    "def slope(x):\n    return 2 * x",
    "def slope(x):\n    return -(2 * x + 3)",
    "import jax\nslope = jax.grad(f)",
    "def slope(x):\n    return (f(x + 0.01) - f(x)) / 0.01",
    "slope = 3.0",
    "raise NotImplementedError",  # the stub of the release: who has not answered yet
)
LIKE = 1.15  # what counts as the same cost
_LOOK_SECONDS = 0.5


def answer(folder: Path, number: int) -> None:
    """Write a student's `number`th way of answering into a submission."""
    path = folder / f"{small.FIRST}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    # A line of one's own: two students with the same mistake still wrote two notebooks.
    own = f"# {folder.parent.name}, {number}\n"
    small.cell_of(notebook, "slope")["source"] = own + SLOPES[number % len(SLOPES)]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def make(root: Path, size: int) -> list[Path]:
    """A course directory with a class that handed in; returns the submissions."""
    root.mkdir(parents=True)
    small.make(root, REPOSITORY)
    folders = [small.hand_in(root, small.Submission(f"s{n:04d}")) for n in range(size)]
    for number, folder in enumerate(folders):
        answer(folder, number)
    return folders


@dataclass(frozen=True)
class Run:
    """What one run of the command cost.

    Attributes:
        summary: its last event.
        seconds: from the first submission that was done to the last.
        each: the same for one submission.
        own: peak memory of the command's own process, in MiB, once the first submission was done.
        grown: by how much it had grown at the end, in MiB.
        all: peak memory of all its processes, pages that they share counted once, in MiB.
    """

    summary: dict[str, Any]
    seconds: float
    each: float
    own: float
    grown: float
    all: float


def run(root: Path, *arguments: str) -> Run:
    """Mark a class; raise SystemExit with the command's words if it fails."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    own: list[float] = []
    everybody: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            everybody.append(_memory(process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    events, times = [], []
    assert process.stdout is not None
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == "submission":
            times.append(time.perf_counter())
            own.append(psutil.Process(process.pid).memory_info().rss / 2**20)
    over.set()
    watching.join()
    if process.wait() != 0:
        raise SystemExit(f"the command ended with {process.returncode}: {events[-1:]}")
    seconds = times[-1] - times[0] if times else 0.0
    each = seconds / max(1, len(times) - 1)
    grown = own[-1] - own[0] if own else 0.0
    return Run(events[-1], seconds, each, max(own, default=0), grown, max(everybody, default=0))


def _memory(pid: int) -> float:
    total = 0.0
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue
    return total / 2**20


def linear(folder: Path, sizes: Sequence[int]) -> bool:
    """Whether a submission costs the same in a large class as in a small one."""
    runs = {}
    print("submissions  s each  MiB, the command  grown by  MiB, everything")
    for size in sizes:
        make(folder / str(size), size)
        runs[size] = found = run(folder / str(size))
        print(
            f"{size:11}  {found.each:6.3f}  {found.own:16.0f}  {found.grown:8.1f}"
            f"  {found.all:15.0f}",
            flush=True,
        )
    each = [found.each for found in runs.values()]
    memory = [found.all for found in runs.values()]
    own = [found.own for found in runs.values()]
    spreads = [max(values) / min(values) for values in (each, memory, own)]
    print("largest to smallest: " + ", ".join(f"{spread:.2f}" for spread in spreads))
    return max(spreads) <= LIKE


def killed(folder: Path, size: int, kills: int, seed: int) -> bool:
    """Whether a run that is killed again and again ends as one that is not."""
    make(folder / "killed", size)
    shutil.copytree(folder / "killed", folder / "left alone")
    alone = run(folder / "left alone")
    dice = random.Random(seed)
    done = 0
    for number in range(kills):
        process = subprocess.Popen(
            COMMAND, cwd=folder / "killed", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        # Some while it prepares, most while it marks, so that work is left for the last.
        while dice.random() < 0.9 and process.stdout.readline():
            if dice.random() < kills / size:
                break
        time.sleep(dice.uniform(0, 2 * alone.each))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done = len(list((folder / "killed" / "autograded").glob("*")))
        print(f"kill {number + 1:2}: {done} copies are there", flush=True)
    last = run(folder / "killed")
    print(f"the last run marked {last.summary['marked']} of {size}")
    same = rows(folder / "killed") == rows(folder / "left alone")
    alike = files(folder / "killed") == files(folder / "left alone")
    print(f"the gradebook is the same: {same}; the copies are the same: {alike}")
    return same and alike


def resubmitted(folder: Path, size: int, changed: int) -> bool:
    """Whether the second run costs what changed, and not what is there."""
    folders = make(folder / "class", size)
    first = run(folder / "class")
    dice = random.Random(1)
    for place in dice.sample(folders, changed):
        answer(place, dice.randrange(1000))
    second = run(folder / "class")
    print(f"first run   {first.summary['marked']} marked, {first.each:.3f} s each")
    print(
        f"second run  {second.summary['marked']} marked, {second.each:.3f} s each, "
        f"{second.summary['unchanged']} unchanged"
    )
    whole = (first.summary["seconds"], second.summary["seconds"])
    print(f"with all preparation: {whole[0]:.1f} s and {whole[1]:.1f} s")
    return second.summary["marked"] == changed and second.each <= 2 * first.each


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    measures = parser.add_subparsers(dest="measure", required=True)
    one = measures.add_parser("linear")
    one.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 800])
    two = measures.add_parser("killed")
    two.add_argument("--size", type=int, default=100)
    two.add_argument("--kills", type=int, default=20)
    two.add_argument("--seed", type=int, default=1)
    three = measures.add_parser("resubmitted")
    three.add_argument("--size", type=int, default=200)
    three.add_argument("--changed", type=int, default=10)
    options = vars(parser.parse_args())
    measure = {"linear": linear, "killed": killed, "resubmitted": resubmitted}
    with tempfile.TemporaryDirectory() as place:
        return 0 if measure[options.pop("measure")](Path(place), **options) else 1


if __name__ == "__main__":
    sys.exit(main())
