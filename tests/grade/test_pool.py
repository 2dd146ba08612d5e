"""Who was kept from the processor by neighbours is marked again, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from autograder.grade.pool import Pool, WorkerSetup
from autograder.grade.submissions import WorkerOutcome

ORDER = WorkerSetup((), "", "a run", False, "")
CLASS = [("ann", ["slopes"]), ("bob", ["slopes"]), ("eve", ["slopes"])]


class Workers(Pool):
    """Workers at which one student is starved as long as there are others."""

    def __init__(self, size: int) -> None:
        super().__init__(size, ORDER)
        self.rounds: list[list[str]] = []

    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        students = [student for student, _ in submissions]
        self.rounds.append(students)
        for student in students:
            if stopped():
                return
            yield WorkerOutcome(student, starved=student == "bob" and len(students) > 1)


def test_alone_in_the_end() -> None:
    workers = Workers(2)
    found = list(workers.outcomes(CLASS, lambda: False))
    assert [outcome.student for outcome in found] == ["ann", "eve", "bob"]
    assert not any(outcome.starved for outcome in found)
    assert workers.rounds == [["ann", "bob", "eve"], ["bob"]]


def test_not_where_there_were_no_neighbours() -> None:
    workers = Workers(1)
    assert [f.student for f in workers.outcomes(CLASS, lambda: False)] == ["ann", "bob", "eve"]
    assert len(workers.rounds) == 1


@pytest.mark.parametrize("after", [3, 4])
def test_a_run_that_is_stopped_keeps_what_was_found(after: int) -> None:
    asked = iter(range(100))
    found = list(Workers(2).outcomes(CLASS, lambda: next(asked) >= after))
    assert [outcome.student for outcome in found] == ["ann", "eve", "bob"]
