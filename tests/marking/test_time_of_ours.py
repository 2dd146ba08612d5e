"""A student's time begins with a kernel, and stops while others have the processor."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from autograder.answers import witness
from autograder.answers.local import judge
from autograder.checks.gradient import Gradient
from autograder.checks.questions import Call
from autograder.marking.allowance import Allowance
from autograder.marking.rubric import Rubric
from autograder.marking.session import Session, SessionLimits
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


def crowded(folder: Path, source: str, taken: float, *, seconds: float = 2) -> Session:
    """The run of one cell."""
    session = Session(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]),
        Rubric("crowded", {}),
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


def test_who_met_a_limit_within_a_longer_one_was_cut_short_by_more_than_is_given_back() -> None:
    crowd = Allowance(20, lambda: Crowded._processor(0.95))
    time.sleep(1)
    assert not crowd.was_cut_short()
    assert not crowd.was_cut_short(1)
    assert crowd.was_cut_short(0.1)  # of which nine tenths of a second are given back


def test_what_others_took_of_a_kernel_that_has_ended_since_is_given_back() -> None:
    """Else its restart found the notebook's own time used up, and the cells below were not run."""
    counts = [Processor(0.0, 0.0, 0.0), Processor(1.0, 3.0, 4.0), None]
    allowance = Allowance(2, lambda: counts.pop(0))
    assert [allowance.owed(), allowance.owed()] == [3.0, 3.0]


@pytest.mark.parametrize(
    ("taken", "pause", "right"), [(0.0, 0.35, False), (0.6, 0.35, True), (0.99, 5.0, False)]
)
def test_an_answer_is_not_late_while_others_have_the_processor(
    monkeypatch: pytest.MonkeyPatch, taken: float, pause: float, right: bool
) -> None:
    """A right answer, of which five calls take longer than all of them may by the clock."""

    def so_far() -> tuple[float, float, float]:
        now = time.monotonic()
        return now, taken * now, (1 - taken) * now

    defaults = Call.__init__.__defaults__ or ()
    assert defaults[0] == Call("slope", ()).seconds
    monkeypatch.setattr(Call.__init__, "__defaults__", (1.0, *defaults[1:]))
    monkeypatch.setattr(witness, "_so_far", so_far)

    def slope(x: float) -> float:
        time.sleep(pause)
        return 2 * x

    began = time.monotonic()
    (verdict,) = judge(Gradient("slope", of=lambda x: x**2), {"slope": slope}, 0)
    assert verdict.right == right
    assert right or verdict.misconception == "never_returns"
    assert time.monotonic() - began < 60, "it is given up at ten times the limit"
