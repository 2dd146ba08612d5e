"""Minima at which there is no slope to be zero: the corner of |x|, the tip of a funnel.

Newton's method does not find them, and descent with a fixed step leaps to and fro across them. So
the ground is felt by its height alone, from where an answer stands: step by step to what is lowest
all around, and around more closely where nothing is (a direct search; that its directions are drawn
at random is what brings it down an edge: Audet and Dennis, SIAM Journal on Optimization 17, 2006).
What is found counts if the ground rises from it in all directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .shapes import Distances, Point, Points, Steps
from .stationary import Stationary, nearest
from .walking import NOTICED

if TYPE_CHECKING:
    from .landscape import Landscape

__all__ = ["is_bottom", "is_top", "with_corners"]

# The first steps, of the reach: longer ones would leap into another valley.
_FIRST = 0.125
_SHORTER = 0.4
_STEPS = 400
# As many directions as a compiled reference is asked for in any case; else, each costs a call.
_WAYS, _WAYS_UNCOMPILED = 240, 12
_ROUNDS, _ROUNDS_UNCOMPILED = 14, 5
_NARROWER = 0.3
_SIZES = np.geomspace(1e-6, 1e-3, 7)
# Within what is near enough, in most cases.
_BESIDE = np.array([1e-4, 1e-3, 5e-3, 9e-3])
_ROUNDING = 1e-13
_RADII = (1e-2, 1.0, 10.0)
# From the first size to the fifth, a hundred times that, a slope that is 0 at the bottom does too.
_CORNER = 0.5


def with_corners(
    landscape: Landscape, u: Point, reach: float, smooth: Stationary | None
) -> Stationary | None:
    """The stationary point or corner nearest to `u` (n,), within `reach`.

    Args:
        landscape: where `u` lies.
        u: what was answered.
        reach: how far to look.
        smooth: the stationary point that Newton's method found, if it did.
    """
    found = _bottom(landscape, u, reach)
    if found is None:
        return smooth if smooth is not None else _floor_beside(landscape, u, reach)
    if smooth is not None:
        same = np.abs(found.place - smooth.place).max() <= 1e-6 * (1 + np.abs(u).max())
        nearer = np.abs(u - smooth.place).max() <= np.abs(u - found.place).max()
        # Where there is a slope to be zero, all directions were told apart, and not some.
        if same and not found.sharp:
            return smooth
        if nearer and not same and smooth.kind == "minimum":
            return smooth
    return found


def _floor_beside(landscape: Landscape, u: Point, reach: float) -> Stationary | None:
    """The floor, if it is a minimum, at whose edge `u` is, as 1 is at that of max(0, 1 - x)."""
    places = _around(landscape, u, _BESIDE)
    with np.errstate(all="ignore"):
        level = (landscape.slopes(places) == 0).all(axis=1)
    if not level.any():
        return None
    found = nearest(landscape, places[level][0], reach)
    return found if found is not None and found.kind == "minimum" else None


def _bottom(landscape: Landscape, u: Point, reach: float) -> Stationary | None:
    """A local minimum, down from `u`, from which the ground rises in all directions."""
    here, height = np.array(u, dtype=np.float64), landscape.value(u)
    radius, least = _FIRST * reach, 1e-12 * (1 + np.abs(u).max())
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            if radius < least or not np.isfinite(height) or np.abs(here - u).max() > reach:
                break
            lowest, low, _ = _lowest(landscape, here, radius, rng)
            if low < height:
                here, height = lowest, low
            else:
                radius *= _SHORTER
        if np.abs(here - u).max() > reach:
            return None
        rises = _rises(landscape, here)
        if rises is None or _sinks(landscape, here, rng):
            return None
    sharp = bool((rises[0] > _CORNER * _SIZES[0] / _SIZES[4] * rises[4]).any())
    return Stationary(here, "minimum", 0.0, sharp=sharp)


def _lowest(
    landscape: Landscape, u: Point, radius: float, rng: np.random.Generator
) -> tuple[Point, float, float]:
    """The lowest place so far from `u` (n,) in its farthest coordinate, and its height.

    And what was the highest on the way. Between slopes that meet in an edge, of all directions
    those along the edge alone lead down: so what is lowest of some is looked at ever more narrowly.
    """
    free = landscape.free
    traceable = landscape.reference.traceable
    count, rounds = (_WAYS, _ROUNDS) if traceable else (_WAYS_UNCOMPILED, _ROUNDS_UNCOMPILED)
    axes = np.concatenate([np.eye(len(free)), -np.eye(len(free))])
    if len(free) == 1:
        count, rounds = 0, 1
    way, low, highest = axes[0], np.inf, -np.inf
    for number in range(rounds):
        near = np.where(number, way, 0.0) + _NARROWER**number * _ways(rng, count, len(free))
        ways = np.concatenate([axes, near / np.abs(near).max(axis=1, keepdims=True)])
        places = _moved(landscape, u, radius * ways)
        heights = np.nan_to_num(landscape.reference.value(places), nan=np.inf)
        best = int(heights.argmin())
        if heights[best] < low:
            way, low, lowest = ways[best], float(heights[best]), places[best]
        highest = max(highest, float(heights[np.isfinite(heights)].max(initial=-np.inf)))
    return (u, low, highest) if np.isinf(low) else (lowest, low, highest)


def _sinks(landscape: Landscape, u: Point, rng: np.random.Generator) -> bool:
    """Whether some one direction leads down from `u`, between all that rise.

    As along the edge of |x - y| - (x + y)² / 100. Where the lowest is level, it is followed.
    """
    if len(landscape.free) == 1:
        return False
    height = landscape.value(u)
    for radius in _RADII:
        _, low, highest = _lowest(landscape, u, radius, rng)
        if low < height - _ROUNDING * (abs(height) + abs(highest)):
            return True
        if low - height > NOTICED * (highest - height):
            return False
    return False


def is_bottom(landscape: Landscape, u: Point) -> bool:
    """Whether the function rises from `u` (n,) in all directions, whether it has a slope or not.

    As sqrt(x² + y²) does from the origin, and Ackley's function.
    """
    return _rises(landscape, u) is not None


def is_top(landscape: Landscape, u: Point) -> bool:
    """Whether it falls from `u` (n,) in all directions."""
    return _rises(landscape, u, sign=-1.0) is not None


def _rises(landscape: Landscape, u: Point, sign: float = 1.0) -> np.ndarray | None:
    """How much higher the function is at some distances in some directions; shape (sizes, ways).

    With `sign` -1, how much lower.

    None where it does not rise from each distance to the next, in all: so that neither rounding
    nor the edge of a domain is taken for a rise.
    """
    here = sign * landscape.value(u)
    if not np.isfinite(here):
        return None
    places = _around(landscape, u, _SIZES * (1 + np.abs(u).max()))
    around = sign * landscape.reference.value(places).reshape(len(_SIZES), -1)
    heights = np.concatenate([np.full_like(around[:1], here), around])
    rounding = _ROUNDING * np.abs(heights).max()
    return heights[1:] - here if bool((np.diff(heights, axis=0) > rounding).all()) else None


def _around(landscape: Landscape, u: Point, sizes: Distances) -> Points:
    """Places as far from `u` (n,) as each of the sizes, the same directions for each."""
    size = len(landscape.free)
    ways = np.concatenate([np.eye(size), _ways(np.random.default_rng(0), 32, size)])
    ways = np.array([[-1.0], [1.0]]) if size == 1 else np.concatenate([ways, -ways])
    return _moved(landscape, u, (sizes[:, None, None] * ways).reshape(-1, size))


def _moved(landscape: Landscape, u: Point, steps: Steps) -> Points:
    """Where each of the steps (m, k) in the free coordinates leads from `u` (n,); shape (m, n)."""
    places = np.repeat(u[None], len(steps), axis=0)
    places[:, landscape.free] += steps
    return places


def _ways(rng: np.random.Generator, count: int, size: int) -> Steps:
    """Directions (count, size), each as long as 1 in its longest coordinate."""
    ways = rng.normal(size=(count, size))
    return ways / np.abs(ways).max(axis=1, keepdims=True)
