"""A way down Rosenbrock's valley that asks for few slopes: counted, not claimed."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, call_problem, right, wrong
from .questions import Array, Call, Look, Question, Raised, Reply, Returned, Valley
from .reading import Problem, read_point
from .verdict import Verdict
from .wording import name_error, number, place

__all__ = ["FewSlopes"]

SECONDS = 60.0  # for all walks: thousands of slopes at a millisecond each, with room
STARTS = ((-1.2, 1.0), (-0.5, 0.8), (1.6, 2.2))  # the first is Rosenbrock's own
# Beyond 2 over the largest curvature, some 1000 at the bottom, descent runs away.
SIZES = (5e-4, 1e-3, 1.5e-3, 1.8e-3, 1.95e-3)
MOST = 100_000


@dataclass(frozen=True)
class _Walk:
    """A way down that is asked for."""

    df: Valley
    start: tuple[float, float]

    @property
    def bottom(self) -> np.ndarray:
        return np.array([self.df.low, self.df.low**2])


def _draw(seed: int) -> list[_Walk]:
    """One walk from near each start, each in a valley whose bottom is somewhere else."""
    rng = np.random.default_rng(seed)
    drawn = np.round(rng.uniform(-0.05, 0.05, (len(STARTS), 3)), 4)
    return [
        _Walk(Valley(float(np.round(1 + low, 4)), 100.0), (float(x + dx), float(y + dy)))
        for (x, y), (low, dx, dy) in zip(STARTS, drawn, strict=True)
    ]


def _descent(walk: _Walk, size: float, within: float) -> float:
    """The steps after which plain descent is so near the bottom; inf if it never is."""
    (x, y), a, b = walk.start, walk.df.low, walk.df.steep
    for count in range(MOST):
        if abs(x - a) <= within and abs(y - a * a) <= within:
            return count
        across = y - x * x
        along = -2 * (a - x) - 4 * b * x * across
        x, y = x - size * along, y - size * 2 * b * across
        if abs(x) + abs(y) > 1e6:
            break
    return math.inf


@functools.lru_cache(maxsize=8)
def _plain(seed: int, within: float) -> tuple[float, float]:
    """The step size with which plain descent needs fewest slopes in the worst of the walks."""
    worst = {s: max(_descent(walk, s, within) for walk in _draw(seed)) for s in SIZES}
    best = min(worst, key=worst.__getitem__)
    return best, worst[best]


@dataclass(frozen=True)
class FewSlopes(Check):
    """The answer is a routine (df, start) that returns the bottom of Rosenbrock's valley.

    `df` takes a place, an array of two numbers, and gives the slope there. Each call of it counts.

    Args:
        most: how often it may be called on a walk.
        within: how far each coordinate may be from the bottom.
    """

    answer: str
    most: int
    within: float = 0.05

    def __post_init__(self) -> None:
        """Raise CheckError for what no walk can keep to."""
        if not (self.most > 0 and 0 < self.within < 1):
            raise CheckError(
                f"{self.answer}: most={self.most!r} must be positive, and within={self.within!r} "
                "between 0 and 1."
            )

    def questions(self, seed: int) -> list[Question]:
        """One call from each start."""
        calls = tuple((w.df, Array(list(w.start))) for w in _draw(seed))
        return [Look(self.answer), Call(self.answer, calls, SECONDS, ("df", "start"))]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict: the place first, then the count."""
        arrived = arrival(self.answer, replies[0], taken, function=True)
        if isinstance(arrived, Verdict):
            return [arrived]
        walks = _draw(seed)
        called = "a slope function and a start"
        outcomes = call_problem(self.answer, replies[1], called=called, count=len(walks))
        if isinstance(outcomes, Verdict):
            return [self._counted_only(replies[1]) or outcomes]
        counts, fault = [], None
        for walk, outcome in zip(walks, outcomes, strict=True):
            assert isinstance(outcome, Returned)
            counts.append(outcome.asked.count if outcome.asked else 0)
            fault = fault or self._fault(walk, outcome, counts[-1])
        if fault is not None:
            return [fault]
        size, plain = _plain(seed, self.within)
        asked = ", ".join(map(str, counts))
        fact = (
            f"From {len(walks)} starts `{self.answer}` gets within {number(self.within)} of the "
            f"bottom, and asks for the slope {asked} times. Plain gradient descent, with the best "
            f"of {len(SIZES)} step sizes ({number(size)}), needs up to {number(plain)}."
        )
        return [right(self.answer, fact)]

    def _counted_only(self, reply: Reply) -> Verdict | None:
        """What is told of a slope that was asked under a tracer: the reason is in its words."""
        outcomes = getattr(reply, "outcomes", ())
        raised = [o.error for o in outcomes if isinstance(o, Raised)]
        if not raised or "counts how often" not in raised[0].message:
            return None
        return wrong(self.answer, "slope_not_countable", what=name_error(raised[0]))

    def _fault(self, walk: _Walk, outcome: Returned, count: int) -> Verdict | None:
        point = read_point(outcome.value, 2)
        if isinstance(point, Problem):
            what = point.fact.removeprefix("it is ")
            return wrong(self.answer, point.misconception, what=what)
        if not count:
            return wrong(self.answer, "hard_coded_function")
        if not np.isfinite(point).all():
            return wrong(self.answer, "diverged", place=place(point))
        words = {"start": place(walk.start), "count": count, "most": self.most}
        distance = float(np.abs(point - walk.bottom).max())
        if distance > self.within:
            words |= {"place": place(point), "distance": number(distance, 2)}
            return wrong(self.answer, "bottom_not_reached", **words, within=number(self.within))
        return wrong(self.answer, "asked_too_often", **words) if count > self.most else None
