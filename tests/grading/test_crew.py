"""Who was kept from the processor by neighbours is marked again, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from autograder.grade.crew import Crew, Order
from autograder.grade.desk import Finding

ORDER = Order((), "", "a run", False, "")
CLASS = [("ann", ["slopes"]), ("bob", ["slopes"]), ("eve", ["slopes"])]


class Desks(Crew):
    """Desks at which one student is starved as long as there are others."""

    def __init__(self, size: int) -> None:
        super().__init__(size, ORDER)
        self.rounds: list[list[str]] = []

    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[Finding]:
        students = [student for student, _ in submissions]
        self.rounds.append(students)
        for student in students:
            if stopped():
                return
            yield Finding(student, starved=student == "bob" and len(students) > 1)


def test_alone_in_the_end() -> None:
    desks = Desks(2)
    found = list(desks.findings(CLASS, lambda: False))
    assert [finding.student for finding in found] == ["ann", "eve", "bob"]
    assert not any(finding.starved for finding in found)
    assert desks.rounds == [["ann", "bob", "eve"], ["bob"]]


def test_not_where_there_were_no_neighbours() -> None:
    desks = Desks(1)
    assert [f.student for f in desks.findings(CLASS, lambda: False)] == ["ann", "bob", "eve"]
    assert len(desks.rounds) == 1


@pytest.mark.parametrize("after", [3, 4])
def test_a_run_that_is_stopped_keeps_what_was_found(after: int) -> None:
    asked = iter(range(100))
    found = list(Desks(2).findings(CLASS, lambda: next(asked) >= after))
    assert [finding.student for finding in found] == ["ann", "eve", "bob"]
