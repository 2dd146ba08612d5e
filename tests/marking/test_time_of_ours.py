"""A student's time begins with a kernel, and stops while others have the processor."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from autograder.checks.gradient import Gradient
from autograder.checks.questions import Call
from autograder.marking.record import read_record
from autograder.marking.rubric import Rubric
from autograder.marking.session import Session, SessionLimits
from autograder.marking.source_run import Exercise
from autograder.marking.unsandboxed import PlainKernelManager
from autograder.sandbox.outside.processor import Processor

LIMIT = 5.0


class Sluggish(PlainKernelManager):
    """As on a machine that has fonts to list and operations to compile before its first kernel."""

    async def start_kernel(self, **kwargs: Any) -> None:
        await asyncio.sleep(LIMIT + 1)
        await super().start_kernel(**kwargs)


def test_what_a_kernel_takes_to_start_is_not_the_students(tmp_path: Path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    session = Session(
        notebook,
        Rubric("slow", {}),
        lambda: Sluggish(tmp_path),
        lambda cell: 0,
        SessionLimits(cell=LIMIT, notebook=LIMIT),
    )
    asyncio.run(session.run())
    assert [output.get("text") for output in notebook.cells[0].outputs] == ["42\n"]


class Crowded(PlainKernelManager):
    """On a machine where others have their share of the processor all the time."""

    def __init__(self, folder: Path, taken: float) -> None:
        super().__init__(folder)
        self.sandbox = SimpleNamespace(processor=lambda: self._processor(taken), breach=None)

    @staticmethod
    def _processor(taken: float) -> Processor:
        now = time.monotonic()
        return Processor(used=(1 - taken) * now, waited=taken * now, at=now)


def crowded(folder: Path, source: str, taken: float, *, asked: str = "", seconds: float = 2) -> Any:
    """The run of one cell, and of the test cell of a derivative below it."""
    cells, exercises = [nbformat.v4.new_code_cell(source)], {}
    if asked:
        cell = nbformat.v4.new_code_cell("check.gradient(...)")
        cell.metadata["nbgrader"] = {"grade": True, "grade_id": "asked", "points": 1}
        cells.append(cell)
        of = Gradient(asked, of=lambda x: x**2)
        exercises["asked"] = Exercise("asked", 1.0, (of,), frozenset())
    session = Session(
        nbformat.v4.new_notebook(cells=cells),
        Rubric("crowded", exercises),
        lambda: Crowded(folder, taken),
        lambda cell: 0,
        SessionLimits(cell=seconds, notebook=4 * seconds),
    )
    asyncio.run(session.run())
    return session


def told(session: Session) -> str:
    return "".join(
        output.get("text") or output.get("evalue", "")
        for output in session.notebook.cells[0].outputs
    )


def sleeps(seconds: float) -> str:
    return f"import time\ntime.sleep({seconds})\nprint('done')"


@pytest.mark.parametrize(
    ("taken", "seconds", "says"),
    [
        (0.0, 3.5, "this cell was stopped after 2 s"),
        (0.6, 3.5, "done"),  # of five seconds two are its own
        (0.6, 600, "this cell was stopped after 2 s"),
    ],
)
def test_the_clock_stops_while_others_have_the_processor(
    tmp_path: Path, taken: float, seconds: float, says: str
) -> None:
    session = crowded(tmp_path, sleeps(seconds), taken)
    assert says in told(session)
    assert session.disturbed == ("stopped" in says)
    assert not session.starved


def test_what_others_took_is_not_off_the_notebooks_time(tmp_path: Path) -> None:
    source = "import time\nfor _ in range(3): time.sleep(1)\nprint('done')"
    session = Session(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for _ in range(3)]),
        Rubric("crowded", {}),
        lambda: Crowded(tmp_path, 0.5),
        lambda cell: 0,
        SessionLimits(cell=5, notebook=7),
    )
    asyncio.run(session.run())
    assert [cell.outputs[0].get("text") for cell in session.notebook.cells] == ["done\n"] * 3


def test_where_that_is_not_enough_nobody_knows(tmp_path: Path) -> None:
    began = time.monotonic()
    session = crowded(tmp_path, sleeps(600), 0.99, seconds=1)
    assert session.starved
    assert "stopped" in told(session)
    assert time.monotonic() - began < 300, "it is given up at ten times the limit"


def test_a_kernel_that_ends_in_borrowed_time_is_said_to_have_died(tmp_path: Path) -> None:
    source = "import os, time\ntime.sleep(3)\nos._exit(1)"
    session = crowded(tmp_path, source, 0.6)
    assert "the kernel died" in told(session)
    assert not session.starved


@pytest.mark.parametrize(
    ("taken", "pause", "outcome", "starved"),
    [(0.0, 0.35, "late", False), (0.6, 0.35, "right", False), (0.97, 600, "late", True)],
)
def test_an_answer_that_others_keep_from_returning_is_asked_once_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    taken: float,
    pause: float,
    outcome: str,
    starved: bool,
) -> None:
    """A right answer, of which five calls take longer than all of them may."""
    defaults = Call.__init__.__defaults__ or ()
    assert defaults[0] == Call("slope", ()).seconds
    monkeypatch.setattr(Call.__init__, "__defaults__", (1.0, *defaults[1:]))
    source = f"import time\ndef slope(x):\n    time.sleep({pause})\n    return 2 * x"
    session = crowded(tmp_path, source, taken, asked="slope", seconds=30)
    record = read_record(session.notebook.cells[1])
    assert record is not None
    (verdict,) = record["verdicts"]
    found = "late" if verdict.misconception == "never_returns" else verdict.outcome
    assert found == outcome
    assert session.starved == starved
