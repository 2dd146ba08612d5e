"""What marking by a Dask cluster costs beside local processes, and what becomes of it when it dies.

    python -m benchmarks.cluster throughput [--size 30] [--rounds 1]
    python -m benchmarks.cluster killed [--size 100] [--kills 10]

On the short assignment of the tests, two notebooks. A cluster is a scheduler and two workers on the
loopback, with folders of their own, which share nothing but the processor with the grader; the
local run has two processes. Both are compared from the first submission that is done to the last,
without what they prepare. The exit status is 1 where what was promised does not hold.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.scale import COMMAND, make, run
from tests.grade.dask_site import Site
from tests.grade.ledger import files, rows

PROMISED = 0.9  # of the local throughput


def throughput(folder: Path, size: int, rounds: int) -> bool:
    """Whether two workers of a cluster mark nearly as fast as two local processes."""
    make(folder / "class", size)
    local, cluster = [], []
    with Site(folder / "site") as site:
        site.scheduler()
        for name in ("one", "other"):
            site.worker(name)
        for number in range(rounds):
            one, other = folder / f"local {number}", folder / f"cluster {number}"
            for course in (one, other):
                shutil.copytree(folder / "class", course)
            local.append(run(one, "--workers=2").each)
            cluster.append(run(other, f"--dask={site.address}").each)
            print(
                f"round {number + 1}: {local[-1]:.3f} s a submission by local processes, "
                f"{cluster[-1]:.3f} s by the cluster",
                flush=True,
            )
            if rows(one) != rows(other) or files(one) != files(other):
                print("the gradebooks or the copies differ")
                return False
    ratio = statistics.median(local) / statistics.median(cluster)
    print(f"throughput of the cluster, as a multiple of the local one: {ratio:.2f}")
    return ratio >= PROMISED


def killed(folder: Path, size: int, kills: int, seed: int) -> bool:
    """Whether marking survives workers that are killed at random, and once the scheduler."""
    make(folder / "killed", size)
    shutil.copytree(folder / "killed", folder / "left alone")
    run(folder / "left alone", "--workers=2")
    dice = random.Random(seed)
    moments = sorted(dice.sample(range(1, size), kills + 1))
    falls = dice.choice(moments)  # the scheduler
    done, marked, number = 0, 0, 0
    while True:
        with Site(folder / f"site {number}") as site:
            scheduler = site.scheduler()
            workers = [site.worker(f"w{n}") for n in range(2)]
            process = subprocess.Popen(
                [*COMMAND, f"--dask={site.address}", "--dask-wait=20"],
                cwd=folder / "killed",
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert process.stdout is not None
            for line in process.stdout:
                event = json.loads(line)
                done += event["event"] == "submission"
                if moments and done >= moments[0]:
                    time.sleep(dice.random())
                    if moments.pop(0) == falls:
                        scheduler.kill()
                        print(f"the scheduler was killed after {done}", flush=True)
                    else:
                        workers.pop(dice.randrange(2)).kill()
                        workers.append(site.worker(f"w{size + done}"))
                        print(f"a worker was killed after {done}", flush=True)
            marked += event["marked"]
            number += 1
            if process.wait() == 0:
                break
            if number > 2:
                print(f"it did not come to an end: {event}")
                return False
    print(f"{marked} markings of {size} submissions")
    same = rows(folder / "killed") == rows(folder / "left alone")
    alike = files(folder / "killed") == files(folder / "left alone")
    print(f"the gradebook is the same: {same}; the copies are the same: {alike}")
    return same and alike and marked == size


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", choices=("throughput", "killed"))
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if options.measure == "throughput":
            held = throughput(Path(place), options.size or 30, options.rounds)
        else:
            held = killed(Path(place), options.size or 100, options.kills, options.seed)
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
