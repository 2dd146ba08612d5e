"""A place that a student found: is the slope zero there, and is it a minimum?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, wrong
from .evidence import PlaceEvidence
from .landscape import REACH, Descent, Landscape
from .layout import is_number, parameters
from .place import WITHIN, judge_place, reach
from .questions import Found, Reply
from .reading import Problem, read_numbers, read_path, read_point
from .replays import shown_moving
from .shapes import Path, Point
from .surroundings import scenery, shortened, where_it_began
from .verdict import Verdict
from .wording import explain, place

__all__ = ["StationaryPoint", "read_place"]


def read_place(
    answer: str, reply: Reply, taken: Collection[str], size: int, *, by_steps: bool = True
) -> np.ndarray | Verdict:
    """The place (size,) that arrived under `answer`, or the verdict that ends the matter.

    `by_steps`: whether a walk may have led there, and not a pencil.
    """
    arrived = arrival(answer, reply, taken, function=False)
    if isinstance(arrived, Verdict):
        return arrived
    point = read_point(arrived, size)
    if isinstance(point, Problem):
        numbers = read_numbers(arrived)
        path = isinstance(numbers, np.ndarray) and (
            (size == 1 and numbers.ndim == 1 and numbers.size > 2)
            or (size > 1 and numbers.ndim == 2 and numbers.shape[1] == size)
        )
        if path or arrived.length > 256:
            count = max(arrived.length, len(numbers) if isinstance(numbers, np.ndarray) else 0)
            return wrong(answer, "history_returned", count=count)
        return wrong(answer, point.misconception, what=point.fact.removeprefix("it is "))
    if not np.isfinite(point).all():
        # A walk that runs away takes all coordinates with it, to inf and then nan.
        if np.isfinite(point).any() or not by_steps:
            return wrong(answer, "not_finite", what=place(point))
        ended = wrong(answer, "diverged", place=place(point))
        if np.isnan(point).any():
            what = "is no number any more: the steps overflowed, or 0 was divided by 0."
            ended = replace(ended, fact=f"`{answer}` = {place(point)} {what}")
        return ended
    return point


@dataclass(frozen=True)
class StationaryPoint(Check):
    """The answer is a place where the slope of `of` is zero; a minimum, unless `any_kind`.

    Args:
        other_than: the name of an answer that must be another stationary point.
        descent: a descent that leads there, if the exercise names one. It sharpens the
            messages, and an answer as good as where it truly ends is right.
        within: largest distance in each coordinate, in the units of the place; by default, what
            the function's own scale allows (`tolerance.place_tolerance`).
        at: a place in the form that `of` takes, where it takes a number and an array alike.

    Raises:
        CheckError: on making it, if the parts do not fit together, or `of` is the same everywhere.
    """

    answer: str
    of: Any
    any_kind: bool = False
    other_than: str | None = None
    descent: Descent | None = None
    within: Any = None  # a number, of which an author is told here what is none
    at: Any = None
    _landscape: Landscape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bind the reference, as the function stands now."""
        if self.within is not None and not (is_number(self.within) and 0 < self.within < REACH):
            raise CheckError(f"{self.answer}: within={self.within!r} is not in (0, {REACH}).")
        start = self.descent.start if self.descent is not None else ()
        shown = self.at
        if shown is None and len(start) == 1:
            shown = start[0]
        elif shown is None and len(start) and callable(self.of) and parameters(self.of) == 1:
            shown = np.asarray(start)
        landscape = Landscape(self.of, shown)
        if self.descent is not None and len(self.descent.start) != landscape.layout.size:
            raise CheckError(
                f"{self.answer}: start={self.descent.start!r} has {len(self.descent.start)} "
                f"numbers; the function takes {landscape.layout.size}."
            )
        landscape.refuse_constant(self.answer)
        object.__setattr__(self, "_landscape", landscape)

    @property
    def given(self) -> tuple[str, ...]:
        """The function, and the answer that this one must differ from."""
        return (*super().given, *self.refers)

    @property
    def refers(self) -> tuple[str, ...]:
        """The answer that this one must differ from."""
        return () if self.other_than is None else (self.other_than,)

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        size = self._landscape.layout.size
        by_steps = self.descent is not None or not self.any_kind
        taken = {*taken, *self.given}
        u = read_place(self.answer, replies[0], taken, size, by_steps=by_steps)
        value = replies[0].value if isinstance(replies[0], Found) else None
        path = None if value is None else read_path(value, size, gaps=True)
        if isinstance(u, Verdict):
            return [self._without_place(u, path)]
        verdict = judge_place(
            self.answer, self._landscape, u, self.within, self.descent, self.any_kind
        )
        verdict = _of_its_type(verdict, replies[0])
        if path is not None and isinstance(verdict.evidence, PlaceEvidence):
            evidence = replace(verdict.evidence, path=shortened(path))
            verdict = replace(verdict, evidence=evidence)
        if verdict.right and self.other_than is not None and self._same(u, replies[1]):
            verdict = wrong(
                self.answer,
                "same_minimum",
                place=place(u),
                other=self.other_than,
                rows=verdict.rows,
                evidence=verdict.evidence,
            )
        return [shown_moving(verdict, self._landscape, self.descent, reach(u))]

    def _without_place(self, verdict: Verdict, path: Path | None) -> Verdict:
        """What is to be seen where no place came: a whole path, or a walk that ran away."""
        if verdict.misconception == "history_returned" and path is not None:
            ground = scenery(self._landscape, path[-1], None, path)
            return replace(verdict, evidence=replace(ground, path=shortened(path)))
        if verdict.misconception == "diverged" and self.descent is not None:
            ground = where_it_began(self._landscape, self.descent)
            shown = shown_moving(
                replace(verdict, evidence=ground), self._landscape, self.descent, REACH
            )
            # Where slopes have a bound, no step runs away: it was 0 / 0, which is nothing to see.
            away = isinstance(shown.evidence, PlaceEvidence) and shown.evidence.replays
            return shown if away else verdict
        return verdict

    def _same(self, u: Point, other: Reply) -> bool:
        """Whether the other answer is right and means the same stationary point."""
        if not isinstance(other, Found):
            return False
        v = read_point(other.value, len(u))
        if isinstance(v, Problem) or not np.isfinite(v).all():
            return False
        here = self._landscape.nearest_stationary(u, reach(u))
        there = self._landscape.nearest_stationary(v, reach(v))
        if here is None or there is None:
            return bool(np.abs(u - v).max() <= 2 * (self.within or WITHIN))
        return bool(np.abs(here.place - there.place).max() <= 1e-6 * (1 + np.abs(u).max()))


def _of_its_type(verdict: Verdict, reply: Reply) -> Verdict:
    """A wrong place that is held in a type which cannot hold a right one: that is the mistake."""
    dtype = reply.value.dtype if isinstance(reply, Found) else ""
    if verdict.right or not dtype:
        return verdict
    at = place(verdict.rows[0].place) if verdict.rows else verdict.answer
    if dtype in ("float16", "bfloat16"):
        name = "low_precision"
    elif dtype.startswith(("int", "uint")):
        name = "integer_array"
    else:
        return verdict
    fact, hint = explain(name, name=verdict.answer, place=at, dtype=dtype)
    return replace(verdict, fact=f"{fact} {verdict.fact}", hint=hint, misconception=name)
