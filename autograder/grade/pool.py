"""Workers on this machine, each in a process of its own.

The processes are the standard library's; what is added is that they die with the grader, however
that ends, and that a process which dies costs nobody else's submission.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import MarkingError
from ..startup import hush, skip_needless_imports
from .engine import Engine

if TYPE_CHECKING:
    from .submissions import WorkerOutcome
    from .worker import Worker

__all__ = ["Pool", "WorkerSetup", "write_to"]

_LOOK_SECONDS = 0.2
_TRIES = 2
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class WorkerSetup:
    """How each worker is set up; see `Worker`.

    Attributes:
        log: the file that gets what a worker's process writes to its terminal: libraries' notes.
    """

    # A password may be in these two, and what is printed of a setup ends in logs.
    arguments: tuple[str, ...] = field(repr=False)
    db_url: str = field(repr=False)
    run: str
    fresh: bool
    log: str


# A student, the names of the notebooks, and how often it was tried.
_Task = tuple[str, list[str], int]

# The worker of this process, where this process is one of a pool.
_worker: Worker | None = None


def _begin(setup: WorkerSetup, grader: int) -> None:
    # Ctrl-C in the terminal is for the grader, who then ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != grader:
        os._exit(1)  # it ended before the line above
    write_to(setup.log)
    skip_needless_imports()
    hush()


def write_to(log: str) -> None:
    """Let what this process and its kernels say on their own account go to a file."""
    with contextlib.suppress(OSError), open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _worker_of(setup: WorkerSetup) -> Worker:
    global _worker
    if _worker is None:
        from .worker import Worker

        _worker = Worker(list(setup.arguments), setup.db_url, setup.run, fresh=setup.fresh)
    return _worker


def _prepare(setup: WorkerSetup, verify: bool) -> None:
    _worker_of(setup).prepare(verify=verify)


def _mark(setup: WorkerSetup, student: str, notebooks: list[str]) -> WorkerOutcome:
    return _worker_of(setup).mark(student, notebooks)


class Pool(Engine):
    """Workers that mark submissions side by side; to be used with `with`.

    Args:
        size: how many there are.
        setup: how they are set up.
    """

    def __init__(self, size: int, setup: WorkerSetup) -> None:
        super().__init__(size)
        self._setup = setup
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Pool:
        self._pool = self._new_pool()
        return self

    def __exit__(self, *error: object) -> None:
        self._dismiss()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._size,
            # Not forked: this process may have threads, and JAX in it.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._setup, os.getpid()),
        )

    def _dismiss(self) -> None:
        """End all workers at once; what they have begun is lost, what they have kept is not."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            for process in multiprocessing.active_children():
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)

    def prepare(self, stopped: Callable[[], bool]) -> None:
        """Let all workers read the rubrics, and wait until one of them has found them sound."""
        assert self._pool is not None
        first = self._pool.submit(_prepare, self._setup, True)
        for _ in range(self._size - 1):
            self._pool.submit(_prepare, self._setup, False)
        while not first.done():
            if stopped():
                return
            wait([first], timeout=_LOOK_SECONDS)
        try:
            first.result()
        except BrokenProcessPool as exc:
            raise MarkingError("The marking processes died while they prepared.") from exc

    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        waiting = deque((student, notebooks, 1) for student, notebooks in submissions)
        running: dict[Future[WorkerOutcome], _Task] = {}
        while (waiting or running) and not stopped():
            while waiting and len(running) < self._room(waiting, running):
                assert self._pool is not None
                task = waiting.popleft()
                try:
                    future = self._pool.submit(_mark, self._setup, task[0], task[1])
                except BrokenProcessPool:
                    waiting.appendleft(task)
                    break
                running[future] = task
            done, _ = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            broken = []
            for future in done:
                task = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    broken.append(task)
                except Exception as exc:  # noqa: BLE001 - a fault of ours, told to the grader
                    yield self.fault(task[0], f"{type(exc).__name__}: {exc}")
            if broken or (waiting and not running and not done):
                broken += running.values()
                running.clear()
                yield from self._after_a_death(broken, waiting)

    def _room(self, waiting: deque[_Task], running: dict[Future[WorkerOutcome], _Task]) -> int:
        """How many may be on the table: two for each worker, so that the next one is there.

        One, where a worker has died with several: to find out with which.
        """
        suspected = waiting[0][2] > 1 or any(task[2] > 1 for task in running.values())
        return 1 if suspected else 2 * self._size

    def _after_a_death(
        self,
        broken: list[_Task],
        waiting: deque[_Task],
    ) -> Iterator[WorkerOutcome]:
        """New workers, and those that were on the table again, unless they had their tries."""
        self._dismiss()
        self._pool = self._new_pool()
        time.sleep(_LOOK_SECONDS)
        for student, notebooks, tries in reversed(broken):
            if tries >= _TRIES:
                yield self.fault(student, "the marking process died while marking this submission")
            else:
                waiting.appendleft((student, notebooks, tries + 1))
