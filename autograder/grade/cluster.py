"""Workers on other machines, by a Dask cluster: what `Pool` is on this one.

Dask starts the workers, connects them, and says who comes and who is gone. Who marks what is
decided here, one submission to a named worker, and so it is known whose submission a worker died
of, and a worker that would mark otherwise gets none. What it is given and gives back is plain data
(parcel.py); what it does with it is envelope.py's. Results are kept here, as a local worker's are.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import secrets
import time
import warnings
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..distribution import extra
from ..errors import ClusterError, MarkingError, RubricError
from . import envelope
from .engine import Engine
from .membership import Membership
from .order import digest, order_of
from .parcel import files_in, pack, unpack
from .submissions import Paper, Submissions, WorkerOutcome, fault_of

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

__all__ = ["LOCAL", "Cluster", "require_distributed"]

LOCAL = "local"
"""The address for a cluster of this machine alone, made for the run and gone with it."""

_LOG = logging.getLogger("distributed.autograder")  # where Dask's own words go
_LOOK_SECONDS = 0.2
_MEMBERS_SECONDS = 1.0  # between two looks at who is there
_ANSWER_SECONDS = 5.0  # for the scheduler to say who is there
_RESULT_SECONDS = 120.0  # for a result to come, once it is there
# One more than on this machine: a job may end, or be preempted, while a submission is marked.
_TRIES = 3


def require_distributed() -> None:
    """Find out whether Dask is installed.

    Raises:
        ClusterError: it is not; with the cure.
    """
    if find_spec("distributed") is None:
        raise ClusterError(
            "`--dask` needs the package distributed, which is not installed",
            f"`pip install '{extra('cluster')}'`",
        )


@dataclass(eq=False)
class _Task:
    """One submission on its way to a worker and back.

    Attributes:
        student: whose it is.
        notebooks: the names of its notebooks.
        tries: how many workers have been given it, if this one is.
        papers: what is to be found out, by its notebook's name.
        parcel: the same, as it travels.
        outcome: what is known of it already.
    """

    student: str
    notebooks: list[str]
    tries: int = 1
    papers: dict[str, Paper] = field(default_factory=dict)
    parcel: bytes = b""
    outcome: WorkerOutcome = field(default_factory=lambda: WorkerOutcome(""))


@dataclass(eq=False)
class _Member:
    """One worker.

    Attributes:
        address: its address, which is its name.
        threads: how many tasks Dask lets it run at once.
        verifies: whether it is asked if an empty submission earns nothing.
        ready: whether it has read the rubrics.
        table: what it has been given, in this order.
    """

    address: str
    threads: int
    verifies: bool
    ready: bool = False
    table: list[_Task] = field(default_factory=list)

    def has_room(self, task: _Task) -> bool:
        """Two at once, so that the next one is there; one of which somebody died stands alone."""
        if not self.ready:
            return False
        if task.tries > 1:
            return not self.table
        most = 2 if self.threads == 1 else 1
        return len(self.table) < most and all(other.tries == 1 for other in self.table)


class Cluster(Engine):
    """The workers of a Dask cluster; to be used with `with`.

    Args:
        address: of its scheduler, or `LOCAL`.
        size: how many workers a local one has.
        submissions: those of the course, where it lies.
        log: the file that gets what Dask and a local cluster's workers say.
        place: a folder of the run's own.
        patience: seconds to wait for a scheduler, and for a worker where there is none.
        tell: called when a worker comes, goes or is refused.
    """

    def __init__(
        self,
        address: str,
        size: int,
        submissions: Submissions,
        *,
        log: str,
        place: str,
        patience: float,
        tell: Callable[[Membership], None],
    ) -> None:
        super().__init__(0)
        self._address, self._local_size, self._submissions = address, size, submissions
        self._log, self._place, self._patience, self._tell = log, place, patience, tell
        self._open = contextlib.ExitStack()
        self._done: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        self._asked: dict[Any, tuple[Future[bytes], _Member, _Task | None]] = {}
        self._members: dict[str, _Member] = {}
        self._refused: dict[str, str] = {}
        self._waiting: deque[_Task] = deque()
        self._found: deque[WorkerOutcome] = deque()
        self._sound = False  # whether the rubrics are
        self._looked = 0.0

    # ------------------------------------------------------------------ the connection

    def __enter__(self) -> Cluster:
        """Connect.

        Raises:
            ClusterError: there is no scheduler.
            MarkingError: the course cannot be told to other machines.
        """
        require_distributed()
        self._order = order_of(self._submissions, self._log if self._address == LOCAL else "")
        self._name = digest(self._order)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_quietly(self._log))
            self._client = self._connect(stack)
            self._open = stack.pop_all()
        self._seen = time.monotonic()
        where = str(self._client.scheduler_info()["address"])
        if where.startswith(("tcp://", "ws://")):
            self._say(
                f"{where} lets in whoever reaches it, to command all workers: docs/grader.md says "
                "how to close it with TLS",
                trouble=True,
            )
        return self

    def __exit__(self, *error: object) -> None:
        """Let go: of what workers have begun, nobody waits for the end."""
        for future, _, _ in self._asked.values():
            future.release()
        self._asked.clear()
        self._open.close()

    def _connect(self, stack: contextlib.ExitStack) -> Client:
        from distributed import Client

        try:
            where: Any = self._address
            if where == LOCAL:
                where = stack.enter_context(_local(self._local_size, self._place))
            return stack.enter_context(
                Client(where, timeout=self._patience, set_as_default=False, name="autograder")
            )
        except Exception as exc:  # what sockets, TLS and Dask's parser raise
            why = str(exc).strip().partition("\n")[0] or type(exc).__name__
            raise ClusterError(
                f"There is no Dask scheduler to be reached at {self._address}: {why}",
                "see that it runs and that the address is right; tls:// needs the certificates "
                "that docs/grader.md names",
            ) from exc

    # ------------------------------------------------------------------ the members

    def _look(self) -> None:
        """See who came and who is gone.

        Raises:
            ClusterError: the scheduler is gone, or there has been no worker for long.
        """
        now = time.monotonic()
        if now < self._looked + _MEMBERS_SECONDS:
            return
        self._looked = now
        status = self._client.status
        if status in ("closing", "closed"):
            raise ClusterError(
                f"The Dask scheduler at {self._address} is gone",
                "start it again, and run the command again: it goes on with who is left",
            )
        if status != "running":  # it tries to connect again, for as long as we have patience
            return
        try:
            there = self._client.nthreads(callback_timeout=_ANSWER_SECONDS)
        except Exception as exc:  # noqa: BLE001 - Dask raises anything while a connection breaks
            _LOG.info("who is there: %s: %s", type(exc).__name__, exc)
            return
        for address in self._members.keys() - there.keys():
            self._lose(self._members[address], "is gone")
        for address in self._refused.keys() - there.keys():
            del self._refused[address]
        for address in there.keys() - self._members.keys() - self._refused.keys():
            self._greet(address, there[address])
        if self._members:
            self._seen = time.monotonic()
        elif now > self._seen + self._patience:
            raise self._nobody()

    def _nobody(self) -> ClusterError:
        if self._refused:
            each = "; ".join(f"{name}: {why}" for name, why in sorted(self._refused.items()))
            return ClusterError(
                f"No worker of {self._address} marks as this machine does. {each}",
                "install the same on all, best by the same requirements.lock",
            )
        return ClusterError(
            f"{self._address} has had no worker for {self._patience:g} s",
            f"start some, such as `dask worker {self._address} --nthreads 1`, or wait longer with "
            "`--dask-wait`",
        )

    def _greet(self, address: str, threads: int) -> None:
        verifies = not self._sound and not any(m.verifies for m in self._members.values())
        member = self._members[address] = _Member(address, threads, verifies)
        self._ask(member, None, envelope.prepare, self._order, verifies)

    def _ask(
        self,
        member: _Member,
        task: _Task | None,
        function: Callable[..., bytes],
        *arguments: str | bytes | bool,
    ) -> None:
        """Have one worker, and no other, do something."""
        future = self._client.submit(
            function,
            *arguments,
            key=f"autograder-{function.__name__}-{secrets.token_hex(8)}",
            workers=[member.address],
            pure=False,
        )
        self._asked[future.key] = future, member, task
        future.add_done_callback(self._done.put)

    def _lose(self, member: _Member, how: str, *, told: bool = True) -> None:
        """A worker is there no more; what it had been given is another's."""
        del self._members[member.address]
        for key, (future, whose, _) in list(self._asked.items()):
            if whose is member:
                del self._asked[key]
                future.release()
        # It marks one after the other: it died of the first, if of any.
        for place, task in reversed(list(enumerate(member.table))):
            self._again(task, suspected=place == 0)
        if told:
            self._say(f"{member.address} {how}", trouble=True)

    def _again(self, task: _Task, *, suspected: bool) -> None:
        task = replace(task, tries=task.tries + suspected)
        if task.tries > _TRIES:
            words = f"each of {_TRIES} workers died while marking this submission"
            self._found.append(self.fault(task.student, words))
        else:
            self._waiting.appendleft(task)

    def _say(self, said: str, *, trouble: bool = False) -> None:
        ready = sum(member.ready for member in self._members.values())
        self._size = max(self._size, ready)
        self._tell(Membership(ready, said, trouble))

    # ------------------------------------------------------------------ what they find out

    def prepare(self, stopped: Callable[[], bool]) -> None:
        """Let workers read the rubrics, and wait until one of them has found them sound."""
        while not self._sound and not stopped():
            self._look()
            self._settle()

    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        self._waiting = deque(_Task(student, notebooks) for student, notebooks in submissions)
        while (self._waiting or self._is_marking()) and not stopped():
            self._look()
            self._hand_out()
            if not self._found:
                self._settle()
            while self._found:
                yield self._found.popleft()

    def _is_marking(self) -> bool:
        return any(task is not None for _, _, task in self._asked.values())

    def _hand_out(self) -> None:
        """Give workers what they have room for, the idle first."""
        while self._waiting and self._client.status == "running":
            task = self._waiting[0]
            able = [member for member in self._members.values() if member.has_room(task)]
            if not able:
                return
            self._waiting.popleft()
            if not task.parcel:
                self._pack(task)
            if not task.papers:
                self._found.append(task.outcome)
                return
            member = min(able, key=lambda member: len(member.table))
            member.table.append(task)
            self._ask(member, task, envelope.mark, self._name, task.parcel)

    def _pack(self, task: _Task) -> None:
        """Read what a submission consists of; what is known of it does not travel."""
        began = time.monotonic()
        submissions, student = self._submissions, task.student
        faults: dict[str, str] = {}
        files = None
        try:
            with submissions.laid_out(student) as folder:
                for name in task.notebooks:
                    try:
                        paper = submissions.paper(student, name, folder)
                    except Exception as exc:  # noqa: BLE001 - ours, and not the student's
                        faults[name] = fault_of(exc, str(submissions.course.db_url))
                        continue
                    if not submissions.is_known(paper):
                        task.papers[name] = paper
                if task.papers:
                    seen = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))
                    files = files_in(folder, seen)
            papers = {name: paper.cells for name, paper in task.papers.items()}
            content = {"student": student, "papers": papers, "files": files}
            task.parcel = pack(content, "The submission")
        except Exception as exc:  # noqa: BLE001 - ours, and not the student's
            faults[""] = fault_of(exc, str(submissions.course.db_url))
            task.papers = {}
        seconds = time.monotonic() - began
        reused = not task.papers and not faults
        task.outcome = WorkerOutcome(
            student, seconds, {"read": seconds}, reused=reused, faults=faults
        )

    def _settle(self) -> None:
        """Take what workers have answered; wait a moment for it."""
        try:
            future = self._done.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            return
        if future.key not in self._asked:  # its worker was lost meanwhile
            return
        _, member, task = self._asked.pop(future.key)
        try:
            told = unpack(future.result(timeout=_RESULT_SECONDS), "The answer of a worker")
        except (CancelledError, TimeoutError, OSError):
            self._unanswered(member, task)  # with the scheduler, or with the worker
            return
        except Exception as exc:  # noqa: BLE001 - whatever stood in the way of its being called
            self._unable(member, task, exc)
            return
        finally:
            future.release()
        if task is None:
            self._greeted(member, told)
        elif told.get("unknown"):
            # Another process has its address: it died, and was started again.
            self._lose(member, "has begun anew")
        else:
            member.table.remove(task)
            self._found.append(self._outcome(task, told, member))

    def _unanswered(self, member: _Member, task: _Task | None) -> None:
        if task is None:
            self._lose(member, "", told=False)  # and is greeted again
        else:
            member.table.remove(task)
            self._again(task, suspected=False)

    def _unable(self, member: _Member, task: _Task | None, error: Exception) -> None:
        """Dask could not have something done."""
        words = f"{type(error).__name__}: {error}".partition("\n")[0]
        if task is None:
            self._refuse(member, f"it cannot run the autograder ({words})")
        elif type(error).__name__ == "KilledWorker":
            self._lose(member, "died")
        else:
            member.table.remove(task)
            self._found.append(self.fault(task.student, words))

    def _greeted(self, member: _Member, told: dict[str, Any]) -> None:
        if told.get("differences"):
            self._refuse(member, "; ".join(told["differences"]))
        elif told.get("nobody") and not self._sound:
            raise RubricError(told["fault"])
        elif told.get("fault"):
            self._refuse(member, told["fault"])
        else:
            member.ready = True
            self._sound |= member.verifies
            self._say(f"{member.address} marks")
            if member.threads > 1:
                self._say(
                    f"{member.address} has {member.threads} threads, of which marking uses one: "
                    "start more workers, each with `--nthreads 1`",
                    trouble=True,
                )

    def _refuse(self, member: _Member, why: str) -> None:
        self._refused[member.address] = why
        self._lose(member, f"is refused: {why}")

    def _outcome(self, task: _Task, told: dict[str, Any], member: _Member) -> WorkerOutcome:
        """Keep what a worker found out."""
        began = time.monotonic()
        parts = defaultdict(float, task.outcome.parts)
        faults = dict(task.outcome.faults)
        starved = False
        for name, paper in task.papers.items():
            try:
                found = told["notebooks"][name]
                if "fault" in found:
                    faults[name] = str(found["fault"])
                    starved |= bool(found.get("starved"))
                    continue
                if len(found["cells"]) != len(paper.cells.cells):
                    raise MarkingError(f"{member.address} gave back another notebook than it got.")
                for part, seconds in found["parts"].items():
                    parts[part] += seconds
                self._submissions.keep(paper, found["cells"], disturbed=bool(found["disturbed"]))
            except Exception as exc:  # noqa: BLE001 - ours, and not the student's
                faults[name] = fault_of(exc, str(self._submissions.course.db_url))
        parts["keep"] += time.monotonic() - began
        return replace(
            task.outcome,
            seconds=parts["read"] + float(told.get("seconds", 0.0)) + parts["keep"],
            parts=dict(parts),
            starved=starved,
            cold=str(told.get("cold", "")),
            plain=str(told.get("plain", "")),
            faults=faults,
            worker=member.address,
        )


@contextlib.contextmanager
def _local(size: int, place: str) -> Iterator[LocalCluster]:
    """A cluster on this machine; anybody on it can find its port, which asks for a certificate."""
    from distributed import LocalCluster
    from distributed.security import Security

    with LocalCluster(
        n_workers=size,
        threads_per_worker=1,
        host="127.0.0.1",
        protocol="tls://",
        security=Security.temporary(),
        dashboard_address=None,
        memory_limit=None,  # a kernel's is the sandbox's
        local_directory=place,
        preload=envelope.__name__,
    ) as cluster:
        yield cluster


@contextlib.contextmanager
def _quietly(log: str) -> Iterator[None]:
    """Within, what Dask says on its own account goes to a file instead of the terminal."""
    import dask
    from distributed.versions import VersionMismatchWarning

    handler = logging.FileHandler(log, mode="a", encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # Dask has given some of its loggers handlers of their own.
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed.")]
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio", *names)]
    before = [(logger, logger.handlers[:], logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers[:], logger.propagate = [handler], False
    try:
        with warnings.catch_warnings():
            # What versions marks depend on is looked at by us.
            warnings.simplefilter("ignore", VersionMismatchWarning)
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
                yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers[:], logger.propagate = handlers, propagate
        handler.close()
