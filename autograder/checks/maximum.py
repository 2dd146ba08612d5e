"""Tops: is this place a maximum of that function?"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .base import Check, right, wrong
from .corners import is_bottom
from .landscape import Landscape
from .minimum import read_place
from .place import (
    WITHIN,
    aside,
    beside,
    goes_on,
    inflection,
    is_minimum,
    near_a_corner,
    reach,
    without_slope,
)
from .questions import Reply
from .shapes import Point
from .stationary import levels_off
from .surroundings import scenery
from .tolerance import place_tolerance
from .verdict import Row, Verdict
from .wording import place, slopes

__all__ = ["Maximum"]

_OTHERS = {
    "maximum": "stationary_not_maximum",
    "minimum": "minimum_found",
    "saddle": "saddle_found",
    "plateau": "plateau_no_top",
    "flat": "plateau_no_top",
}
_NEAR = 0.1  # in each coordinate: what looks like a walk that was left too early


def _negative(of: Callable[..., Any]) -> Callable[..., Any]:
    """The function upside down; it takes what `of` takes."""

    @functools.wraps(of)
    def negative(*args: Any) -> Any:
        return -of(*args)

    return negative


@dataclass(frozen=True)
class Maximum(Check):
    """The answer is a place where `of` has a maximum; any one will do.

    Raises:
        CheckError: on making it, if `of` is the same everywhere.
    """

    answer: str
    of: Any
    at: Any = None
    _landscape: Landscape = field(init=False, repr=False, compare=False)
    _upside_down: Landscape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bind the reference, as the function stands now."""
        landscape = Landscape(self.of, self.at)
        landscape.refuse_constant(self.answer)
        object.__setattr__(self, "_landscape", landscape)
        object.__setattr__(self, "_upside_down", Landscape(_negative(self.of), self.at))

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        size = self._landscape.layout.size
        u = read_place(self.answer, replies[0], {*taken, *self.given}, size)
        return [u if isinstance(u, Verdict) else self._judge(u)]

    def _judge(self, u: Point) -> Verdict:
        landscape = self._landscape
        slope = landscape.slope(u)
        at, left = tuple(map(float, u)), tuple(map(float, slope))
        evidence = replace(scenery(landscape, u, None), place=at, slope=left)
        row = Row(at, left, (0.0,) * len(left), False)
        if not (np.isfinite(slope).all() and np.isfinite(landscape.value(u))):
            if is_bottom(self._upside_down, u):
                fact = (
                    f"`{self.answer}` = {place(u)} is a maximum: the function is lower all around."
                )
                row = Row(at, left, left, True)
                return right(self.answer, fact, rows=(row,), evidence=evidence)
            return without_slope(self.answer, landscape, u, (row,), evidence)
        found = landscape.nearest_stationary(u, reach(u))
        shown = beside(landscape, u, found)
        off = np.inf if found is None else np.abs(u - found.place)
        here = found is not None and bool((off <= place_tolerance(landscape, found, WITHIN)).all())
        # A top of the function is a valley of its negative, and judged by the same rule: a level
        # one ends at an edge, beyond which it falls.
        valley = self._upside_down.nearest_stationary(u, reach(u))
        if is_minimum(self._upside_down, u, valley):
            why = f"the slope there is {slopes(slope)}"
            if valley is not None and valley.sharp:
                why = f"a corner, from which the function falls {aside(landscape)}"
            fact = f"`{self.answer}` = {shown} is a maximum: {why}."
            return right(self.answer, fact, rows=(replace(row, right=True),), evidence=evidence)
        words = {"place": shown, "slope": slopes(slope), "way": ""}
        if slope.size == 1 and slope[0]:
            words["way"] = f": the curve {'rises' if slope[0] > 0 else 'falls'} there"
        name = "not_a_top"
        if here and found is not None:
            name = _OTHERS.get(found.kind, name)
            if onwards := goes_on(landscape, found):
                told = wrong(
                    self.answer, "stationary_not_maximum", **words, rows=(row,), evidence=evidence
                )
                return replace(told, fact=inflection(shown, onwards))
        elif found is not None and found.kind == "maximum" and np.max(off) <= _NEAR:
            name = "near_but_not_there"
        elif valley is not None and valley.sharp and np.abs(u - valley.place).max() <= _NEAR:
            near = wrong(self.answer, "near_but_not_there", **words, rows=(row,), evidence=evidence)
            return near_a_corner(near, shown, "maximum")
        elif found is None and levels_off(landscape, u):
            name = "plateau_no_top"
        elif self._is_height(u):
            name = "value_of_maximum"
        return wrong(self.answer, name, **words, rows=(row,), evidence=evidence)

    def _is_height(self, u: Point) -> bool:
        """Whether it is how high a function of one number is at one of its tops."""
        heights = [self._landscape.value(top) for top in self._upside_down.minima]
        return any(abs(float(u[0]) - h) <= 1e-3 * (1 + abs(h)) for h in heights)
