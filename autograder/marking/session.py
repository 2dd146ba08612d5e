"""One submission's notebook, run cell by cell in a kernel, with questions where checks stand.

A cell that hangs is interrupted, and if that does not help its kernel is ended; a kernel that dies
costs the cell that killed it: the cells before it are run again in a new kernel, the fatal one is
left out, and the notebook goes on. Whatever a student's code does ends in a verdict in words;
`MarkingError` is kept for faults of ours.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from ..answers import kernel
from ..cells import is_test, nbgrader_of, points_of
from ..checks.base import Check
from ..checks.given import given_questions, is_changed
from ..checks.questions import Call, Calls, Error, Late, Question, Reply
from ..checks.verdict import Verdict
from ..errors import KernelLost, MarkingError
from .allowance import GENEROSITY, Allowance
from .budget import Budget, weigh
from .circumstances import mark_late, say_changed, with_circumstances
from .client import MAX_MESSAGES, Client
from .illustrations import Illustration
from .lacking import OUT_OF_MEMORY, Lacking, errors_of, errors_shown, undefined
from .outputs import keep_sound, say_cut
from .record import verdict_output
from .requests import ask
from .rubric import Exercise, Rubric
from .scores import refuse_unreadable

if TYPE_CHECKING:
    from ..sandbox.outside.processor import Processor

__all__ = ["Session", "SessionLimits"]


@dataclass(frozen=True)
class SessionLimits:
    """Seconds a cell may take, seconds a notebook may take, and kernels it may use up."""

    cell: float = 120.0
    notebook: float = 600.0
    kernels: int = 3


_IDLE_SECONDS = 6  # from a cell's reply to the word that all its output was sent
_PATIENCE = 10.0  # seconds beyond a cell's own, before nbclient itself is taken to hang
_BREACHES = {
    "cpu_seconds": "it used up its processor time",
    "resident": OUT_OF_MEMORY,
    "threads": "it started too many threads",
    "scratch_entries": "it made too many files",
    "scratch_bytes": "it wrote too much to the disk",
    "output_bytes": "it put out too much",
    "watches": "it watched its open files too many times over",
    "connection": "it sent a message that is too long, or closed its own connections",
}


def _add_missing_error(cell: Any, cell_index: int, execute_reply: Any) -> None:
    """A cell that failed shows so, even if its code kept the kernel from saying it.

    As nbgrader's Execute does (nbgrader#1324): otherwise a silenced failure is full marks.
    """
    content = execute_reply["content"]
    shown = any(output.get("output_type") == "error" for output in cell.outputs)
    if content.get("status") != "ok" and not shown:
        name, words = str(content.get("ename"))[:80], str(content.get("evalue"))[:600]
        lines = [f"{name}: {words}"]
        cell.outputs.append(
            nbformat.v4.new_output("error", None, ename=name, evalue=words, traceback=lines)
        )


@dataclass
class Session:
    """The run of one notebook.

    Args:
        notebook: run and marked in place.
        rubric: its exercises.
        new_manager: makes a kernel manager; called again for each new kernel.
        seed: gives the seed of an exercise by its test cell's grade_id.
        left_out: cells that are not run, by their places, and what they show.

    Attributes:
        seconds: where the time went: "kernel", "cells", "questions", "judging".
        disturbed: whether a time limit, a dead kernel or something that marking lacks had a part in
            the outcome, so that another run, on a quieter or a fuller machine, might have another.
        starved: whether it was a time limit, and others had the processor for so long that meeting
            it says nothing: then the outcome is nobody's either.
        missed: whether the code wanted a name that a cell which was left out would have set: then
            the outcome is nobody's, and the notebook has to be run whole.
    """

    notebook: nbformat.NotebookNode
    rubric: Rubric
    new_manager: Callable[[], Any]
    seed: Callable[[str], int]
    limits: SessionLimits = field(default_factory=SessionLimits)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger(__name__))
    left_out: Mapping[int, Illustration] = field(default_factory=dict)

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float), init=False)
    disturbed: bool = field(default=False, init=False)
    starved: bool = field(default=False, init=False)
    missed: bool = field(default=False, init=False)
    _client: Client | None = field(default=None, init=False)
    _manager: Any = field(default=None, init=False)
    _kernels: int = field(default=0, init=False)
    _fatal: set[int] = field(default_factory=set, init=False)  # cells that ended a kernel
    _late: dict[int, float] = field(default_factory=dict, init=False)  # stopped, after seconds
    _incomplete: set[int] = field(default_factory=set, init=False)  # cells that put out too much
    _ended: str = field(default="", init=False)  # why no further cell can be run
    _lacking: Lacking = field(init=False)
    _earned: dict[str, Reply] = field(default_factory=dict, init=False)  # answers, as judged
    # Right answers that have to be other than one that was not judged yet: cells may be moved.
    _early: list[tuple[Check, int, list[Reply]]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        python = self.notebook.metadata.get("autograder", {}).get("python", "")
        self._lacking = Lacking(str(python))

    async def run(self) -> None:
        """Run all cells, and write each test cell's output.

        Raises:
            MarkingError: no kernel can be started.
        """
        self._forget_outputs()
        try:
            await self._start()
            # Only now: what a machine needs before its first kernel is not the student's time.
            self._deadline = time.monotonic() + self.limits.notebook
            self._latest = self._deadline + GENEROSITY * self.limits.notebook
            for index, cell in enumerate(self.notebook.cells):
                if index in self.left_out:
                    cell.outputs = self.left_out[index].show()
                elif cell.cell_type == "code":
                    await self._visit(index, cell)
                if self.missed:
                    return
        finally:
            with self._timed("kernel"):
                await self._stop()
        # Last of all: while the kernel lives, a cell can still change what another displays.
        kept = Budget()
        for index, cell in enumerate(self.notebook.cells):
            if cell.cell_type == "code" and self._exercise(cell) is None:
                self._seal(index, cell, kept)

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] += time.monotonic() - began

    # ------------------------------------------------------------------ kernels

    async def _start(self) -> None:
        if self._kernels >= self.limits.kernels:
            self._ended = "its code ended the kernel too often"
            return
        self._kernels += 1
        self._manager = self.new_manager()
        self._client = Client(
            self.notebook,
            budget=self._budget(),
            km=self._manager,
            timeout=max(1, round(self.limits.cell)),
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": "CellTimeoutError",
                "evalue": f"the cell ran for more than {self.limits.cell:g} s and was stopped",
                "traceback": [],
            },
            raise_on_iopub_timeout=True,
            iopub_timeout=_IDLE_SECONDS,
            store_widget_state=False,
            record_timing=False,  # the same marking twice is the same notebook
            coalesce_streams=False,  # see outputs.py
            on_cell_executed=_add_missing_error,
        )
        self._client.reset_execution_trackers()
        try:
            with self._timed("kernel"):
                await self._client.async_start_new_kernel()
                await self._client.async_start_new_kernel_client()
        except Exception as exc:
            await self._stop()
            raise MarkingError(f"No kernel could be started: {type(exc).__name__}: {exc}") from exc

    def _budget(self) -> Budget:
        """That of a new kernel: what the notebook holds from those before it counts."""
        budget = Budget()
        for index, cell in enumerate(self.notebook.cells):
            for place, output in enumerate(cell.get("outputs", [])):
                budget.take(weigh(output), (index, place))
        return budget

    async def _stop(self) -> None:
        client, manager = self._client, self._manager
        self._client = self._manager = None
        if client is not None and client.kc is not None:
            client.kc.stop_channels()
        if manager is not None:
            try:
                await manager.shutdown_kernel(now=True)
            except Exception as exc:  # noqa: BLE001 - the kernel may have died on its own
                self.log.debug("ending a kernel: %s: %s", type(exc).__name__, exc)
            await manager.cleanup_resources()

    async def _replace(self, fatal: int) -> None:
        """A new kernel, brought to where the old one was before cell `fatal`."""
        self.disturbed = True
        await self._stop()
        self._fatal.add(fatal)
        if time.monotonic() > self._deadline:
            self._ended = f"the notebook ran for more than {self.limits.notebook:g} s"
            return
        await self._start()
        for index in range(fatal):
            cell = self.notebook.cells[index]
            self._look_at_the_clock()
            if self._ended or index in self._fatal or not self._is_run(index, cell):
                continue
            try:
                # On a copy: the outputs of the first time stay as they are.
                await self._execute(index, nbformat.from_dict(cell))
            except KernelLost:
                self._ended = "its cells end the kernel when they are run again"

    def _is_run(self, index: int, cell: nbformat.NotebookNode) -> bool:
        return (
            cell.cell_type == "code"
            and index not in self.left_out
            and self._exercise(cell) is None
            and bool(cell.source.strip())
        )

    # ------------------------------------------------------------------ cells

    def _exercise(self, cell: nbformat.NotebookNode) -> Exercise | None:
        return (
            self.rubric.exercises.get(nbgrader_of(cell).get("grade_id", ""))
            if is_test(cell)
            else None
        )

    def _forget_outputs(self) -> None:
        """No output of the student's own run is left to be taken for ours."""
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
                cell.execution_count = None

    async def _visit(self, index: int, cell: nbformat.NotebookNode) -> None:
        self._look_at_the_clock()
        exercise = self._exercise(cell)
        if exercise is not None:
            verdicts = await self._judge(index, exercise)
            for verdict in verdicts:
                if verdict.outcome == "unjudged":
                    self.disturbed = True
                    ask(cell, f"{verdict.answer}: {verdict.fact}")
            told = [self._left_to_a_person(exercise.cell, verdict) for verdict in verdicts]
            seed = self.seed(exercise.cell)
            cell.outputs = [verdict_output(told, points_of(cell), seed, cell.execution_count)]
            return
        if self._ended or self._client is None:
            if cell.source.strip():
                cell.outputs = [self._note("NotRun", f"not run: {self._ended}")]
        else:
            try:
                await self._execute(index, cell)
            except KernelLost as exc:
                cell.outputs.append(self._note("KernelLost", f"{exc}; the cell is left out"))
                await self._replace(index)
            self._look_for_missed(errors_shown(cell.outputs))
            self._lacking.saw(cell.source, cell.outputs)
            if _is_graded(cell) and (what := self._lacking.failed(cell.outputs)):
                self.disturbed = True
                ask(cell, f"Marking has no {what}, which this test or the code before it needs.")

    def _left_to_a_person(self, exercise: str, verdict: Verdict) -> Verdict:
        """What is wrong for a program alone is not judged, where a person was asked beforehand."""
        reason = self.notebook.metadata.get("autograder", {}).get("ask", {}).get(exercise)
        if reason is None or verdict.outcome != "wrong":
            return verdict
        # What a person is asked about was not left as it was.
        blank = verdict.misconception == "not_answered"
        fact = reason if blank else f"{reason} Marking saw: {verdict.fact}"
        return replace(verdict, outcome="unjudged", fact=fact, misconception=None)

    def _look_for_missed(self, errors: Iterable[Error]) -> None:
        names = {undefined(error) for error in errors}
        self.missed |= any(names & cell.sets for cell in self.left_out.values())

    def _seal(self, index: int, cell: nbformat.NotebookNode, kept: Budget) -> None:
        """Nothing but what a notebook may hold, and no mark that cannot be read."""
        if index in self._late:
            mark_late(cell, self._late[index])
        all_kept = keep_sound(cell, index, kept)
        if all_kept and index in self._incomplete:
            say_cut(cell)
        # Of an answer that a person marks, nbgrader reads no score off the outputs.
        if is_test(cell) and cell.source.strip():
            refuse_unreadable(cell, complete=all_kept and index not in self._incomplete)

    @staticmethod
    def _note(name: str, words: str) -> nbformat.NotebookNode:
        return nbformat.v4.new_output(
            "error", ename=name, evalue=words, traceback=[f"{name}: {words}"]
        )

    async def _execute(self, index: int, cell: nbformat.NotebookNode) -> None:
        """Run one cell of the student's; its errors are outputs.

        Raises:
            KernelLost: the kernel died, or had to be given up.
        """
        assert self._client is not None
        allowance = self._allowance()
        self._client.timeout = round(allowance.seconds)
        self._client.heard, self._client.cut = 0, False
        self._client.budget.forget(index)  # nbclient begins a cell without outputs
        if _is_graded(cell) and "tags" in cell.metadata:
            # "skip-execution" among them: a test that is not run fails nobody.
            del cell.metadata["tags"]
        cells = self.notebook.cells
        original = cells[index]
        clock = asyncio.get_running_loop().time
        stopped = False
        try:
            # nbclient writes to the notebook's own cell: let it write to the one at hand.
            cells[index] = cell
            with self._timed("cells"):
                async with asyncio.timeout(allowance.seconds + _IDLE_SECONDS + _PATIENCE) as guard:

                    def left() -> float:
                        nonlocal stopped
                        left = allowance.left()
                        if left <= 0:
                            stopped = True
                            self.starved |= allowance.was_cut_short()
                        guard.reschedule(clock() + left + _IDLE_SECONDS + _PATIENCE)
                        return left

                    self._client.left = left
                    await self._client.async_execute_cell(cell, index, store_history=True)
        except (DeadKernelError, TimeoutError, CellTimeoutError) as exc:
            if self._breach():
                raise KernelLost(f"the kernel died{self._breach()}") from exc
            if isinstance(exc, DeadKernelError) and not stopped:
                raise KernelLost("the kernel died") from exc
            if stopped or allowance.left() <= 0:
                stopped = True
                late = f"the cell ran for more than {allowance.seconds:g} s"
                raise KernelLost(f"{late} and could not be stopped") from exc
            raise KernelLost("the kernel did not say that the cell was done") from exc
        except MarkingError:
            raise
        except Exception as exc:
            raise KernelLost(f"the kernel misbehaved ({type(exc).__name__})") from exc
        finally:
            cells[index] = original
            self._give_back(allowance)
            if stopped:
                self.disturbed = True
                self._late[index] = allowance.seconds
            if self._client.heard > MAX_MESSAGES or self._client.cut:
                self._incomplete.add(index)

    def _processor(self) -> Processor | None:
        sandbox = getattr(self._manager, "sandbox", None)
        return sandbox.processor() if sandbox is not None else None

    def _allowance(self) -> Allowance:
        """What the next cell or exercise may take."""
        left = min(self.limits.cell, self._deadline - time.monotonic())
        return Allowance(max(1.0, left), self._processor)

    def _give_back(self, allowance: Allowance) -> None:
        """Let the notebook have what others took of a cell's or an exercise's time."""
        self._deadline = min(self._deadline + allowance.owed(), self._latest)

    def _look_at_the_clock(self) -> None:
        if time.monotonic() > self._deadline and not self._ended:
            self._ended = f"the notebook ran for more than {self.limits.notebook:g} s"
            self.disturbed = True
            self.starved |= self._deadline >= self._latest

    def _breach(self) -> str:
        """The limit for which the sandbox ended the kernel, in words, if it was one."""
        breach = getattr(getattr(self._manager, "sandbox", None), "breach", None)
        return "" if breach is None else f": {_BREACHES.get(breach.value, breach.value)}"

    # ------------------------------------------------------------------ exercises

    async def _judge(self, index: int, exercise: Exercise) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for check in exercise.checks:
            if self._ended or self._client is None:
                fact = f"The notebook ended before this exercise: {self._ended}."
                hint = "Does your notebook run from top to bottom after a restart?"
                verdicts += [Verdict(n, "wrong", 0.0, fact, hint, "ended") for n in check.answers]
                continue
            seed = self.seed(exercise.cell)
            try:
                questions = check.questions(seed)
                given = given_questions(check)
                every = await self._ask([*questions, *given])
                replies, of_given = every[: len(questions)], every[len(questions) :]
                with self._timed("judging"):
                    more = check.more(seed, replies)
                if more:
                    replies += await self._ask(more)
            except KernelLost as exc:
                fact = f"When it was asked, {exc}{self._breach()}."
                hint = "Call it yourself after a restart: does it return?"
                name = "never_returns"
                lost = [Verdict(n, "wrong", 0.0, fact, hint, name) for n in check.answers]
                verdicts += self._lacking.excused_by(fact, lost)
                await self._replace(index)
                continue
            for reply in (*replies, *of_given):
                self._look_for_missed(errors_of(reply))
            above = self.notebook.cells[:index]
            with self._timed("judging"):
                replies = check.as_judged(replies, self._earned)
                found = check.judge(seed, replies, exercise.taken)
                found = self._not_twice(check, seed, replies, found)
                self._earned |= check.earned(replies, found)
                found = with_circumstances(found, [*questions, *more], replies, above, self._late)
                if is_changed(check, of_given):
                    found = say_changed(found, given[0].name, above)
                verdicts += self._lacking.excused(replies, found)
            if any(verdict.misconception == "never_returns" for verdict in verdicts):
                self.disturbed = True
        return verdicts

    def _not_twice(
        self, check: Check, seed: int, replies: list[Reply], found: list[Verdict]
    ) -> list[Verdict]:
        """The verdicts of a check, where an answer above had to be another than this one."""
        earned = {n: r for n, r in check.earned(replies, found).items() if n not in self._earned}
        for other, its_seed, its in self._early:
            if earned.keys() & set(other.refers):
                (again,) = other.judge(its_seed, other.as_judged(its, earned))
                if not again.right:
                    fact = again.fact.replace(f"`{check.answer}`", f"`{other.answer}`")
                    return [replace(again, answer=check.answer, fact=fact)]
        if set(check.refers) - self._earned.keys() and all(v.right for v in found):
            self._early.append((check, seed, replies))
        return found

    async def _ask(self, questions: Sequence[Question]) -> list[Reply]:
        """What the kernel answers.

        Raises:
            KernelLost: it does not, and cannot be stopped.
        """
        assert self._client is not None
        allowance = self._allowance()
        try:
            with self._timed("questions"):
                replies = await kernel.ask(
                    self._client.kc, self._manager, questions, allowance.seconds, allowance.owed
                )
            late = _late(questions, replies)
            self.starved |= bool(late) and allowance.was_cut_short(late)
        except KernelLost:
            self.starved |= allowance.was_cut_short()
            raise
        finally:
            self._give_back(allowance)
        return replies


def _late(questions: Sequence[Question], replies: Sequence[Reply]) -> float:
    """The time that a call had which did not return within it; 0 if all did."""
    return min(
        (
            question.seconds
            for question, reply in zip(questions, replies, strict=True)
            if isinstance(question, Call) and isinstance(reply, Calls)
            if any(isinstance(outcome, Late) for outcome in reply.outcomes)
        ),
        default=0.0,
    )


def _is_graded(cell: nbformat.NotebookNode) -> bool:
    return bool(nbgrader_of(cell).get("grade"))
