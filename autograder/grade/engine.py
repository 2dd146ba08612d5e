"""What marks a class side by side: `Pool` on this machine, `Cluster` on several.

An engine has workers, hands each of them one submission after the other, and gives back what is
found out, in the order in which it is. A worker that dies costs nobody else's submission.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .submissions import WorkerOutcome

__all__ = ["Engine"]


class Engine(AbstractContextManager["Engine", None], ABC):
    """Workers that mark submissions side by side; to be used with `with`.

    Args:
        size: how many there are.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    @property
    def size(self) -> int:
        """How many workers there are, or were at most."""
        return self._size

    @abstractmethod
    def prepare(self, stopped: Callable[[], bool]) -> None:
        """Let workers read the rubrics, and wait until one of them has found them sound.

        Args:
            stopped: asked several times a second; once it says so, nobody waits any longer.

        Raises:
            AutograderError: nobody can be marked, and why.
        """

    @abstractmethod
    def _side_by_side(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        """What is found out of each submission, in the order in which it is."""

    def outcomes(
        self, submissions: Sequence[tuple[str, list[str]]], stopped: Callable[[], bool]
    ) -> Iterator[WorkerOutcome]:
        """What is found out of each submission, in the order in which it is.

        Args:
            submissions: students with the names of the notebooks to mark.
            stopped: asked several times a second; once it says so, nothing more is begun.

        Raises:
            MarkingError: there is nobody left to mark them.
        """
        again = []
        for outcome in self._side_by_side(submissions, stopped):
            if outcome.starved and self._size > 1:
                again.append(outcome)
            else:
                yield outcome
        # Its neighbours took its time: who was kept from the processor has it alone.
        notebooks = dict(submissions)
        for outcome in again:
            student = outcome.student
            alone = self._side_by_side([(student, notebooks[student])], stopped)
            yield next(alone, outcome)

    @staticmethod
    def fault(student: str, words: str) -> WorkerOutcome:
        """The outcome of a submission that could not be marked."""
        from .submissions import WorkerOutcome

        return WorkerOutcome(student, faults={"": words})
