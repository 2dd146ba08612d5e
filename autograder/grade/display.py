"""How a marking run shows itself: a live bar on a terminal, lines elsewhere, events for scripts."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table

from ..errors import CURE
from ..isolation import Isolation
from ..printable import printable
from .membership import Membership
from .run import Progress, Summary

__all__ = ["Display", "display_for"]

_CURES = {
    "sandbox": "run `autograder doctor`",
    "No space left": "make room on the disk, then run the command again",
    "process died": "look at the submission by itself: `autograder grade ASSIGNMENT --student ID`",
    "time stamp": "mend or delete the file, then run the command again",
}
_ELSE = "run the command again; if it happens again, the log says more"


Told = int | str | Progress | Membership
"""How many submissions there are to do; a sentence; one that is done; a cluster's workers."""


class Display(AbstractContextManager["Display", None], ABC):
    """What is told of a run, while it goes on and at its end."""

    def __exit__(self, *error: object) -> None:
        """Nothing to tidy up, for most."""

    @abstractmethod
    def tell(self, what: Told) -> None:
        """The number of submissions to do, each of them once it is done, and what else there is."""

    @abstractmethod
    def sum_up(self, summary: Summary, error: str) -> None:
        """The end; `error` says why nobody was marked, or is ""."""


def display_for(*, as_json: bool) -> Display:
    """The display that suits standard output."""
    if as_json:
        return _Events()
    console = Console(highlight=False)
    return _Live(console) if console.is_terminal else _Lines(console)


def _words(told: Progress) -> str:
    student = printable(told.student)
    if told.fault:
        return f"{student}: could not be marked. {printable(told.fault)}"
    again = ", as known from before" if told.reused else ""
    by = f" ({printable(told.worker)})" if told.worker else ""
    return f"{student}: {told.score:g}{again}{by}"


def _membership_words(membership: Membership) -> str:
    return f"{printable(membership.said)} ({membership.ready} worker(s) of the cluster mark)"


class _Lines(Display):
    """One line a submission, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def tell(self, what: Told) -> None:
        if isinstance(what, str):
            self._print(printable(what))
        elif isinstance(what, int):
            self._print(f"{what} submission(s) to mark")
        elif isinstance(what, Membership):
            self._print(_membership_words(what))
        else:
            self._print(f"[{what.done}/{what.total}] {_words(what)}")

    def sum_up(self, summary: Summary, error: str) -> None:
        if error:
            self._print(printable(error, lines=True))
        for line in _summary_lines(summary):
            self._print(line)
        for student, fault in sorted(summary.faults.items()):
            why, cure = _told(fault)
            self._print(f"could not be marked: {printable(student)}: {why}")
            self._print(f"  what to do: {cure}")

    def _print(self, text: str) -> None:
        # Not wrapped, and what looks like markup in a name or a message is none.
        # A name may have letters that the terminal's encoding lacks.
        encoding = self._console.encoding
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        self._console.print(text, markup=False, soft_wrap=True)


class _Live(_Lines):
    """A bar with the rate and the time that is left; faults stay above it."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._bar = Bar(
            TextColumn("marking"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[workers]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[red]{task.fields[faults]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task(
            "marking", total=None, rate="preparing", workers="", faults=""
        )
        self._faults = 0

    def __enter__(self) -> _Live:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def tell(self, what: Told) -> None:
        if isinstance(what, str):
            self._print(printable(what))
            return
        if isinstance(what, int):
            self._bar.update(self._task, total=what)
            return
        if isinstance(what, Membership):
            if what.trouble:
                self._print(_membership_words(what))
            self._bar.update(self._task, workers=f"{what.ready} worker(s)")
            return
        if what.fault:
            self._faults += 1
            self._print(_words(what))
        elapsed = self._bar.tasks[0].finished_time or self._bar.tasks[0].elapsed or 1.0
        rate = f"{60 * what.done / elapsed:.0f}/min"
        faults = f"{self._faults} could not be marked" if self._faults else ""
        self._bar.update(self._task, completed=what.done, rate=rate, faults=faults)

    def sum_up(self, summary: Summary, error: str) -> None:
        self._bar.stop()
        if error:
            told = printable(error, lines=True)
            self._console.print(told, style="bold red", markup=False)
        for line in _summary_lines(summary):
            self._print(line)
        if summary.faults:
            table = Table("could not be marked", "because", "what to do", title_justify="left")
            for student, fault in sorted(summary.faults.items()):
                table.add_row(*map(_plain, (student, *_told(fault))))
            self._console.print(table)


class _Events(Display):
    """One JSON object a line."""

    def tell(self, what: Told) -> None:
        if isinstance(what, str):
            self._write({"event": "waiting", "because": what})
        elif isinstance(what, int):
            self._write({"event": "begin", "total": what})
        elif isinstance(what, Membership):
            self._write({"event": "workers", **asdict(what)})
        else:
            self._write({"event": "submission", **asdict(what)})

    def sum_up(self, summary: Summary, error: str) -> None:
        told = asdict(summary)
        del told["submissions"]  # each was told
        self._write({"event": "end", "error": error, **told})

    @staticmethod
    def _write(event: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(printable(text, lines=True))


def _summary_lines(summary: Summary) -> list[str]:
    dry = summary.changes is not None
    counts = [f"{summary.marked} marked" + (" for a trial" if dry else "")]
    if summary.reused:
        counts.append(f"{summary.reused} of them as known from before")
    if summary.unchanged:
        counts.append(f"{summary.unchanged} unchanged since they were marked")
    if summary.to_review:
        counts.append(f"{summary.to_review} wait for a person's marks")
    if summary.left:
        counts.append(f"{summary.left} left for the next run")
    if summary.faults:
        counts.append(f"{len(summary.faults)} could not be marked")
    minutes, seconds = divmod(round(summary.seconds), 60)
    lines = [f"{summary.assignment}: {', '.join(counts)}, in {minutes} min {seconds} s."]
    if summary.cluster:
        lines.append(f"At most {summary.workers} worker(s) of {summary.cluster} marked at once.")
    if summary.changes is not None:
        lines += _change_lines(summary)
    if summary.outdated:
        lines.append(
            f"{summary.outdated} of the unchanged were marked by another version of the source: "
            f"`autograder grade {summary.assignment} --force` marks them by this one."
        )
    if summary.isolation is not Isolation.SANDBOXED:
        lines.append(f"Submissions ran {summary.isolation.words}.")
    if summary.way != "warm":
        lines.append(f"Kernels were started {summary.way}")
    if summary.slower:
        lines.append(f"Kernels were slower: {summary.slower}. `autograder doctor` says more.")
    if summary.not_kept:
        lines.append(
            f"What was prepared is not kept, and the next run prepares it again: "
            f"{summary.not_kept}. Let XDG_CACHE_HOME name a folder that you may write to."
        )
    if summary.plain:
        lines.append(f"Gradients were not compiled, which is slower: {summary.plain}")
    return lines


def _change_lines(summary: Summary) -> list[str]:
    changes = summary.changes or []
    if not changes:
        if not summary.marked:  # of whom nobody knows
            return ["Nothing was written."]
        whose = "Of those that were marked, nobody's" if summary.left else "Nobody's"
        return [f"{whose} marks would be others; nothing was written."]
    lines = [f"{len(changes)} would have other marks; nothing was written:"]
    for change in sorted(changes, key=lambda change: change.student):
        points = f"{_points(change.before)} -> {_points(change.after)}"
        lines.append(f"  {printable(change.student)}: {points}")
        for one in change.exercises:
            points = f"{_points(one.before)} -> {_points(one.after)}"
            lines.append(f"    {one.cell} of {one.notebook}: {points}")
            if one.said != one.says:
                lines += [f"      was: {printable(one.said)}"] if one.said else []
                lines += [f"      now: {printable(one.says)}"] if one.says else []
    return [*lines, f"`autograder grade {summary.assignment} --force` makes it so."]


def _points(points: float | None) -> str:
    return "no mark" if points is None else f"{points:g}"


def _told(fault: str) -> tuple[str, str]:
    """Why a submission could not be marked, and what to do; some faults say both."""
    why, _, cure = printable(fault, lines=True).partition(CURE)
    if cure:
        return why, cure.rstrip(".")
    return why, next((cure for words, cure in _CURES.items() if words in fault), _ELSE)
