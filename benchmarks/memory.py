"""What the processes of a run hold in memory while it marks, part by part.

    python -m benchmarks.memory [--jobs 2] [--size 6]

A class with three notebooks is marked, and twice a second it is looked what each process holds:
`Pss` counts a page that several have in equal parts, `Rss` in full to each, and `private` is what
nobody else has (`/proc/PID/smaps_rollup`, Linux's). One table is of the moment at which all of them
held most before the first submission was done, while rubrics are read, and one of that after it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.classes import make_class

ASSIGNMENT = "gradient_descent"
COMMAND, WORKER, WARM = "the command, which writes marks", "a worker", "its warm process"
KERNEL, WALL, OTHER = "a kernel", "bubblewrap", "others"
PARTS = (COMMAND, WORKER, WARM, KERNEL, WALL, OTHER)
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Held:
    """What a process holds, in MiB.

    Attributes:
        part: which of `PARTS` it is.
        pss: its share.
        rss: what it sees.
        private: what is its alone, and written to.
    """

    part: str
    pss: float
    rss: float
    private: float


def held(process: psutil.Process, part: str) -> Held:
    """What a process holds now."""
    found = {}
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size, *_ = line.split()
        found[name.rstrip(":")] = int(size) / 1024
    return Held(part, found["Pss"], found["Rss"], found["Private_Dirty"])


def looked(command: psutil.Process) -> Iterator[Held]:
    """What all processes of a run hold now; who ends meanwhile holds nothing."""
    waiting = [(command, COMMAND)]
    while waiting:
        process, part = waiting.pop()
        try:
            yield held(process, part)
            # Kernels are forked from the warm process, and stand beside it.
            warm = True
            for child in sorted(process.children(), key=lambda child: child.pid):
                line = child.cmdline()
                if part == COMMAND:
                    waiting.append((child, WORKER if "spawn_main" in " ".join(line) else OTHER))
                elif line[:1] and line[0].endswith("bwrap"):
                    waiting.append((child, WALL))
                else:
                    waiting.append((child, WARM if part == WALL and warm else KERNEL))
                    warm = False
        except (psutil.Error, OSError, KeyError, ValueError):
            continue


def most(course: Path, jobs: int) -> tuple[list[Held], list[Held]]:
    """What a class's run held when it held most, before the first submission was done and after."""
    grade = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT, "--json"]
    peaks: tuple[list[Held], list[Held]] = ([], [])
    said = course / "said.jsonl"
    with (
        said.open("w") as output,
        subprocess.Popen([*grade, f"--workers={jobs}"], cwd=course, stdout=output) as run,
    ):
        command = psutil.Process(run.pid)
        while run.poll() is None:
            now, peak = list(looked(command)), peaks['"submission"' in said.read_text()]
            if sum(one.pss for one in now) > sum(one.pss for one in peak):
                peak[:] = now
            time.sleep(_LOOK_SECONDS)
    if run.returncode:
        raise SystemExit(f"the command ended with {run.returncode}")
    return peaks


def told(found: list[Held]) -> None:
    """Print a table."""
    print(f"{'MiB each':34} how many    Pss    Rss  private")
    for part in PARTS:
        of = [one for one in found if one.part == part]
        if of:
            means = [sum(getattr(o, n) for o in of) / len(of) for n in ("pss", "rss", "private")]
            print(f"{part:34} {len(of):8} {means[0]:6.0f} {means[1]:6.0f} {means[2]:8.0f}")
    print(f"all together: {sum(one.pss for one in found):.0f} MiB of Pss\n")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--size", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        make_class(Path(place) / "course", options.size)
        reading, marking = most(Path(place) / "course", options.jobs)
    print("while rubrics are read")
    told(reading)
    print("while submissions are marked")
    told(marking)


if __name__ == "__main__":
    main()
