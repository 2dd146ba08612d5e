"""What a descent routine is asked: calls that tell gradient descent from its neighbours.

A trial is chosen for what it alone shows. Few gentle steps show which way and how far a step goes;
none, whether the loop may be empty; steps beyond the border of stability (2 over the curvature),
whether the routine takes the step it was given although it overshoots; a negative step and starts
far out, whether something is cut off; hundreds of steps, whether they are counted; arrays, whether
all entries move together; and the first call once more, whether it remembers the calls before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from .questions import Array, Slope

__all__ = ["KEYWORDS", "NUMBERS", "Kind", "Trial", "draw_trials"]

Kind = Literal["gentle", "none", "overshoot", "uphill", "far", "array", "again", "long"]

KEYWORDS = ("df", "start", "step_size", "num_steps")
NUMBERS = 13  # trials with numbers; arrays follow


@dataclass(frozen=True)
class Trial:
    """One call of the routine: (df, start, step_size, num_steps).

    Attributes:
        df: the slope function.
        start: float64, of any shape.
        step_size: may be negative.
        num_steps: may be 0.
        kind: what it is there for.
        array: whether the start is handed over as an array; one number may be, too.
        beta: the share of each step that the next one keeps; of the trials of momentum alone.
    """

    df: Slope
    start: np.ndarray
    step_size: float
    num_steps: int
    kind: Kind = "gentle"
    array: bool = False
    beta: float = 0.0

    @property
    def begin(self) -> Any:
        """The start to compute with: a Python float, or an array."""
        return float(self.start) if self.start.ndim == 0 else self.start

    def arguments(self) -> tuple[Any, ...]:
        """As a student's routine gets them: a number stays a Python float."""
        start = Array(self.start.tolist()) if self.array else float(self.start)
        return (self.df, start, self.step_size, self.num_steps)

    def path(self, steps: int | None = None) -> list[Any]:
        """The iterates of gradient descent in float64, the start first; floats or arrays."""
        u = self.begin
        places = [u]
        with np.errstate(all="ignore"):
            for _ in range(self.num_steps if steps is None else steps):
                u = u - self.step_size * self.df(u)
                places.append(u)
        return places

    def walk(self, update: Callable[[Any], Any], steps: int | None = None) -> Any:
        """Where so many rounds (default: all) of `update` lead from the start."""
        u = self.begin
        with np.errstate(all="ignore"):
            for _ in range(self.num_steps if steps is None else steps):
                u = update(u)
        return u

    def true(self, steps: int | None = None) -> np.ndarray:
        """Where gradient descent is after `steps` (default: all of them)."""
        if steps is None:
            return self._end
        return np.asarray(self.walk(lambda u: u - self.step_size * self.df(u), steps))

    @cached_property
    def _end(self) -> np.ndarray:
        return self.true(self.num_steps)

    @property
    def room(self) -> float:
        """How far honest float32 may end from `true`.

        It gathers some 1e-7 of the size of the numbers in a step, by chance up or down; allow for
        200 times that, and for more where there are very many steps.
        """
        ends = (self.start, self.true(), np.asarray(self.df.centre))
        size = max(1.0, *(float(np.abs(u).max()) for u in ends))
        return max(2e-5, 3e-8 * self.num_steps) * size


def draw_trials(seed: int) -> list[Trial]:
    """Some twenty trials on slopes k (x - c) + q (x - c)**3 + m sum(x - c).

    The first is one step; the second makes more of them; the third and fourth change the step size
    and the start alone, so that an argument that is not used shows. All but a step of none are
    still well on their way at the end: leaving the loop where nothing moves any more is fine.
    """
    rng = np.random.default_rng(seed)

    def pick(low: float, high: float, *shape: int) -> Any:
        drawn = np.round(rng.uniform(low, high, shape) * 1024) / 1024  # exact in float32
        return drawn.tolist() if shape else float(drawn)

    k, c = pick(0.8, 2.0), pick(-2.0, 2.0)
    a, b = np.array(c + pick(2.0, 4.0)), np.array(c - pick(2.0, 4.0))
    s = pick(0.15, 0.2) / k
    plain = Slope(k, 0.0, c)
    bent = Slope(pick(0.5, 1.0), pick(0.05, 0.1), pick(-1.0, 1.0))
    side = rng.choice([-1.0, 1.0])

    def field(*shape: int, bend: float = 0.05) -> Slope:
        return Slope(
            pick(0.6, 1.6, *shape), pick(0.0, bend, *shape), pick(-2.0, 2.0, *shape), pick(0.2, 0.4)
        )

    def beside(df: Slope, way: float, far: float) -> np.ndarray:
        shape = np.shape(df.centre)
        return np.asarray(df.centre) + way * np.asarray(pick(1.0, far, *shape))

    pair, triple, square = field(2), field(3), field(2, 2)
    steep = field(2, bend=0.0)
    # Step times curvature is 1.3 at least along the flattest direction: every entry overshoots.
    stiff = 1.3 / min(steep.slope)
    many, more = int(rng.integers(360, 420)), int(rng.integers(1100, 1300))
    return [
        Trial(plain, a, s, 1),
        Trial(plain, a, s, 3),
        Trial(plain, a, 1.5 * s, 3),
        Trial(plain, b, s, 3),
        Trial(bent, np.array(bent.centre + pick(1.5, 2.5)), pick(0.1, 0.15), 6),
        Trial(plain, b, s, 12),
        # To a slope of 0.0016 to 0.008: that a loop is left at 0.01 shows, at 0.001 it does not.
        Trial(plain, b, 0.5 / k, 10),
        Trial(plain, a, s, 0, "none"),
        Trial(plain, b, pick(1.3, 1.8) / k, 5, "overshoot"),
        Trial(plain, a, pick(2.2, 2.5) / k, 5, "overshoot"),
        Trial(plain, b, -s, 5, "uphill"),
        Trial(plain, np.array(side * pick(2e4, 4e4)), s, 4, "far"),
        Trial(plain, np.array(-side * pick(60.0, 90.0)), s, 2, "far"),
        Trial(pair, beside(pair, 1.0, 3.0), pick(0.1, 0.15), 1, "array", array=True),
        Trial(pair, beside(pair, -1.0, 3.0), pick(0.1, 0.15), 5, "array", array=True),
        Trial(triple, beside(triple, 1.0, 2.0), pick(0.1, 0.15), 4, "array", array=True),
        Trial(square, beside(square, -1.0, 2.0), pick(0.1, 0.15), 3, "array", array=True),
        Trial(
            bent, np.array(bent.centre - pick(1.5, 2.5)), pick(0.1, 0.15), 4, "array", array=True
        ),
        Trial(steep, beside(steep, 1.0, 2.0), stiff, 3, "overshoot", array=True),
        Trial(plain, a, s, 3, "again"),
        Trial(plain, a, 1.2 / (k * many), many, "long"),
        Trial(plain, b, 1.2 / (k * more), more, "long"),
    ]
