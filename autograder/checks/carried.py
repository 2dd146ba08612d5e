"""An error carried forward: the derivative of an earlier answer, which is itself wrong.

A student whose first derivative is off and who differentiates it rightly has made one mistake, not
two. Whether it is so is asked of the earlier answer: its difference quotient is what the later one
gives. No part of the points is for that where the earlier mistake made the later exercise trivial
(numbers that do not change, where the truth's do), as in Numbas (numbas/Numbas#368).
"""

from __future__ import annotations

import numpy as np

from .questions import Call, Calls, Reply, Returned
from .reading import Problem, read_numbers
from .shapes import Entries, Points

__all__ = ["around", "is_carried", "is_trivial"]

_STEP = 2.0**-5
# Of a central difference with that step, for slopes that change by a few per unit: its own error is
# step²/6·f''', some 2e-4 f''', and float32 adds 6e-8·f/step, some 2e-6 f.
_NEAR = 1e-2


def around(name: str, points: Points) -> Call:
    """The question that asks an answer of one number on both sides of `points` (p, 1)."""
    sides = np.concatenate([points - _STEP, points + _STEP])
    return Call(name, tuple((float(u),) for u in sides[:, 0]))


def is_carried(reply: Reply, student: Entries, truth: Entries) -> bool:
    """Whether `student` (p, 1) is the derivative of what answered `around`, and `truth` is not.

    Where the truth is as near to that, the earlier answer is right, and this one has a mistake of
    its own.
    """
    if not isinstance(reply, Calls) or len(reply.outcomes) != 2 * len(student):
        return False
    sides = []
    for outcome in reply.outcomes:
        numbers = read_numbers(outcome.value) if isinstance(outcome, Returned) else None
        if numbers is None or isinstance(numbers, Problem) or numbers.size != 1:
            return False
        sides.append(float(numbers.ravel()[0]))
    below, above = np.split(np.asarray(sides), 2)
    slopes = (above - below) / (2 * _STEP)
    scale = np.abs(slopes).max()
    off, due = (float(np.abs(numbers[:, 0] - slopes).max()) for numbers in (student, truth))
    return bool(np.isfinite(slopes).all() and scale > 0 and off <= _NEAR * scale and 2 * off < due)


def is_trivial(student: Entries, truth: Entries) -> bool:
    """Whether the mistake has left nothing to do: one number everywhere, unlike the truth."""
    return bool(np.ptp(student) <= _NEAR * np.abs(student).max() and np.ptp(truth) > 0)
