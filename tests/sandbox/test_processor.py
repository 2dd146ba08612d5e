"""Whether others had the processor, told from the system's own count."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.outside.processor import Processor, used_by

COUNTED = Path("/proc/self/schedstat").exists()
SPIN = "import os; os.nice({nice}); os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"


@contextlib.contextmanager
def spinning(nice: int, core: int) -> Iterator[int]:
    # In this process's own session: others have fair shares of their own on some systems.
    command = [sys.executable, "-c", SPIN.format(nice=nice, core=core)]
    with subprocess.Popen(command) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def looks(pid: int, seconds: float) -> tuple[Processor, Processor]:
    first = used_by(pid, time.monotonic())
    time.sleep(seconds)
    second = used_by(pid, time.monotonic())
    assert first is not None
    assert second is not None
    return first, second


@pytest.mark.skipif(not COUNTED, reason="this system does not count waiting (CONFIG_SCHED_INFO)")
def test_who_waits_behind_others_had_it_taken() -> None:
    core = min(os.sched_getaffinity(0))
    with spinning(0, core), spinning(0, core), spinning(5, core) as kept:
        time.sleep(1)
        first, second = looks(kept, 3)
        # The system counts the waiting when it is over.
        patience = time.monotonic() + 60
        while not mostly_taken(first, second) and time.monotonic() < patience:
            second = looks(kept, 1)[1]
    assert mostly_taken(first, second)


def mostly_taken(first: Processor, second: Processor) -> bool:
    return second.taken_since(first) > (second.at - first.at) / 2


def test_nothing_was_taken_from_who_sleeps() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        time.sleep(1)
        first, second = looks(process.pid, 2)
        process.kill()
    assert second.taken_since(first) < (second.at - first.at) / 4


def test_who_waits_for_its_own_threads_took_it_itself() -> None:
    first = Processor(used=1.0, waited=0.0, at=10.0)
    assert Processor(used=41.0, waited=19.0, at=30.0).taken_since(first) == 0
    assert Processor(used=2.0, waited=18.0, at=30.0).taken_since(first) == 18
    # Of two threads and a neighbour: what it waited, less what it had on the other core meanwhile.
    assert Processor(used=16.0, waited=10.0, at=30.0).taken_since(first) == 5


def test_who_has_ended_used_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert used_by(process.pid, time.monotonic()) is None
