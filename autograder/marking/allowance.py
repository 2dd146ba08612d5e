"""A limit of time that counts what a kernel had, and not what others had meanwhile.

A limit is one of the clock, since a kernel that sleeps has to be ended too. But on a machine where
threads share evenly, a neighbour with fifty of them would cost an honest student the mark. So what
a kernel waited for the processor is given back to it, up to a multiple of the limit; where that is
not enough, nobody can say whose fault it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sandbox.outside.processor import Processor

__all__ = ["GENEROSITY", "Allowance"]

GENEROSITY = 9.0  # how much of the processor's waiting is given back, in limits


class Allowance:
    """Seconds that a kernel may take, from now on.

    Args:
        seconds: the limit, on a machine of its own.
        processor: what the kernel had of the processor so far; none where that is not known, and
            then nothing is given back.
    """

    def __init__(self, seconds: float, processor: Callable[[], Processor | None]) -> None:
        self.seconds = seconds
        self._processor = processor
        self._before = processor()
        self._began = time.monotonic()
        self._most = 0.0

    def owed(self) -> float:
        """Seconds that others had, as far as they are given back."""
        return min(self._taken(), GENEROSITY * self.seconds)

    def left(self) -> float:
        """Seconds until the limit is met; 0 or less once it is."""
        left = self._began + self.seconds - time.monotonic()
        return left if left > 0 else left + self.owed()

    def was_cut_short(self, seconds: float | None = None) -> bool:
        """Whether others had it for longer than is given back, so that meeting it says nothing.

        Args:
            seconds: of a limit within this one that was met; else, it was this one.
        """
        return self._taken() > GENEROSITY * (self.seconds if seconds is None else seconds)

    def _taken(self) -> float:
        now = self._processor()
        # Of a kernel that has ended meanwhile, nothing is known any more; what was known stays so.
        if now is not None and self._before is not None:
            self._most = max(self._most, now.taken_since(self._before))
        return self._most
