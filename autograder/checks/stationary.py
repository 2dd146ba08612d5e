"""Stationary points: the nearest one, and whether it is a valley, a hilltop, a saddle or a plateau.

Everything is seen by directions in which the ground does one thing: the eigenvectors of the Hessian
with each coordinate in its own unit, so that one in millionths beside one in millions is no flat
direction. Where the curvature does not decide, the direction is walked (walking.py).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from .walking import LOCAL, NOTICED, Course, distances, follow

if TYPE_CHECKING:
    from .landscape import Landscape
from .shapes import Certain, Curvatures, Directions, Distances, Hessian, Lines, Point, Slope

__all__ = ["Kind", "Stationary", "levels_off", "nearest"]

Kind = Literal["minimum", "maximum", "saddle", "plateau", "flat"]


@dataclass(frozen=True)
class Stationary:
    """A place (n,) where the slope is zero, what it is, and the least curvature there.

    Or a `sharp` minimum, where there is no slope: a corner (corners.py). It has no curvature.
    """

    place: Point
    kind: Kind
    curvature: float
    sharp: bool = False


# An eigenvalue is known to some 1e-16 of the largest: so to six digits. What is smaller is walked.
_CERTAIN = 1e-10
# A measured rounding error is one draw; see tolerance.py.
_DRAWS = 16
# An eigenvector, too, is known to rounding: so much of the slope across a line leaks into it.
_LEAK = 1e-13
# What the digits of a value are good for.
_VALUES = 1e-13
# No slope is called "all but level" that is larger, however steep it is elsewhere: 1/r**12 has no
# end towards 0.
_ALL_BUT_LEVEL = 0.01
_JITTERS = 8
_RANDOM = 16


def nearest(landscape: Landscape, u: Point, reach: float) -> Stationary | None:
    """The stationary point to which Newton's method leads from `u` (n,), if within `reach`.

    Newton's method finds minima, maxima and saddles alike, which descent would not; from within the
    reach of a stationary point it goes to that one.
    """
    here = np.array(u, dtype=np.float64)
    free = landscape.free
    with np.errstate(all="ignore"):
        noise = _Noise(landscape, here)
        for _ in range(60):
            g, h = landscape.slope(here), landscape.hessian(here)
            if not (np.isfinite(g).all() and np.isfinite(h).all()):
                return None
            curvatures, ways = _directions(h)
            along = ways.T @ g
            moving = (abs(along) > noise.of(ways)) & _certain(curvatures)
            step = ways[:, moving] @ (-along[moving] / curvatures[moving])
            # never farther than the reach in one go: beyond a bend the model is worthless
            longest = np.abs(step).max()
            here[free] += step * min(1.0, reach / longest if longest else 1.0)
            if np.abs(here - u).max() > 4 * reach:
                return None
            if longest <= 1e-12 * (1 + np.abs(here).max()):
                break
        if np.abs(here - u).max() > reach:
            return None
        return _judged(landscape, here)


def _directions(h: Hessian) -> tuple[Slope, Hessian]:
    """Curvatures (k,) along directions (k, k), a column each, not of unit length.

    Where they are not certain, in units in which each coordinate bends by 1, if they are so there.
    """
    curvatures, ways = np.linalg.eigh(h)
    bend = np.sqrt(np.abs(np.diag(h)))
    if _certain(curvatures).all() or not (np.isfinite(1 / bend)).all():
        return curvatures, ways
    scaled = h / np.outer(bend, bend)
    if not np.isfinite(scaled).all():
        return curvatures, ways
    found, own = np.linalg.eigh(scaled)
    return (found, own / bend[:, None]) if _certain(found).all() else (curvatures, ways)


def _certain(curvatures: Curvatures) -> Certain:
    """Which of them are more than rounding beside the largest."""
    return np.abs(curvatures) > _CERTAIN * np.abs(curvatures).max()


class _Noise:
    """How much of a slope is rounding, measured at places some units in the last place apart."""

    def __init__(self, landscape: Landscape, u: Point) -> None:
        rng = np.random.default_rng(0)
        units = rng.integers(-8, 9, size=(_JITTERS, len(u)))
        self._landscape = landscape
        places = u * (1 + units * np.finfo(np.float64).eps)
        if landscape.reference.may_have_corners and (beside := units.all(axis=1)).any():
            # On one side of a corner: across it, and in it, the slope jumps, which is no rounding.
            places = places[beside]
            decided = landscape.reference.decided(places)
            places = places[(decided == decided[0]).all(axis=1)]
        self._places = places
        slopes = landscape.slopes(self._places)
        self._spread = slopes - slopes.mean(axis=0)

    def of(self, ways: Directions) -> Curvatures:
        """Of the slope along each of the directions (k, m), shape (m,)."""
        found: np.ndarray = _DRAWS * np.abs(self._spread @ ways).max(axis=0)
        return np.where(np.isfinite(found), found, 0.0)

    @functools.cached_property
    def of_value(self) -> float:
        """The same of the function's value."""
        return _DRAWS * float(np.ptp(self._landscape.reference.value(self._places)))


def _judged(landscape: Landscape, u: Point) -> Stationary | None:
    """What kind of place `u` is; None where the slope is not zero beside what it is around."""
    h = landscape.hessian(u)
    if not np.isfinite(h).all():
        return None
    curvatures, ways = _directions(h)
    noise = _Noise(landscape, u)
    # One unit of a coordinate, whatever the curvature's units were.
    lengths = np.abs(ways).max(axis=0)
    lines = [_Line(landscape, u, way, noise) for way in (ways / lengths).T]
    if not all(line.is_zero_here() for line in lines):
        return None
    certain = _certain(curvatures)
    stiff = np.array([
        sure and line.bends_by(bend)
        for line, sure, bend in zip(lines, certain, curvatures / lengths**2, strict=True)
    ])  # fmt: skip
    courses: list[Course] = ["valley" if bend > 0 else "hill" for bend in curvatures[stiff]]
    flat = [line.way for line, known in zip(lines, stiff, strict=True) if not known]
    courses += [_Line(landscape, u, way, noise).course() for way in (*flat, *_between(flat))]
    kind = _kind(courses)
    if kind == "minimum" and flat and stiff.any():
        kind = "saddle" if _sinks_aside(landscape, u, flat, ways[:, stiff], noise) else kind
    least = float(np.linalg.eigvalsh(h)[0])
    return Stationary(u, kind, max(least, 0.0) if flat else least)


def _kind(courses: list[Course]) -> Kind:
    found = set(courses)
    if found == {"level"}:
        return "flat"
    if found <= {"valley", "level"}:
        return "minimum"
    if found <= {"hill", "level"}:
        return "maximum"
    return "plateau" if "slope" in found else "saddle"


def _between(flat: list[Slope]) -> list[Slope]:
    """Directions between flat ones: x**3 - 3*x*y**2 and x**2 * y**2 differ there alone."""
    if len(flat) < 2:
        return []
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(_RANDOM, len(flat))) @ np.stack(flat)
    return list(mixed / np.abs(mixed).max(axis=1, keepdims=True))


class _Line:
    """The slope along a straight line through a place; `way` (k,) has largest entry 1."""

    def __init__(self, landscape: Landscape, u: Point, way: Slope, noise: _Noise) -> None:
        self.way = way
        self._landscape, self._u = landscape, u
        self._noise = float(noise.of(way[:, None])[0])
        self._noise_of_value = noise.of_value

    def places(self, t: Distances) -> Lines:
        """Shape (m, n)."""
        places = np.repeat(self._u[None], len(t), axis=0)
        places[:, self._landscape.free] += t[:, None] * self.way
        return places

    def slopes(self, t: Distances) -> tuple[Distances, Distances]:
        """The slope along the line (m,), and below how much it is rounding (m,)."""
        all_of_it = self._landscape.slopes(self.places(t))
        across = np.abs(np.nan_to_num(all_of_it, posinf=0.0, neginf=0.0)).max(axis=1)
        return all_of_it @ self.way, np.maximum(self._noise, _LEAK * across)

    def is_zero_here(self) -> bool:
        """Whether the slope is nothing beside what it is a little farther off along this line."""
        t = np.array([0.0, LOCAL, -LOCAL])
        slope, floor = self.slopes(t)
        ground = float(np.nanmax(np.abs(slope), initial=0.0))
        return bool(abs(slope[0]) <= max(NOTICED * ground, floor[0]))

    def bends_by(self, curvature: float) -> bool:
        """Whether the slope grows as this curvature says, nearby: then the curvature decides."""
        size = 1e-6 * (1 + float(np.abs(self._u).max()))
        t = np.array([-size, size, -1e-3, 1e-3])
        slope, _ = self.slopes(t)
        due = curvature * t
        fits = np.abs(slope - due) <= 0.5 * np.abs(due)
        return bool(fits[:2].all() or fits[2:].all())

    def course(self) -> Course:
        """What the ground does, both ways."""
        home = -float(self._u[self._landscape.free] @ self.way) / float(self.way @ self.way)
        t = distances(home)

        def ask(distance: float) -> float:
            slope, floor = self.slopes(np.array([distance]))
            return float(slope[0]) if abs(slope[0]) > floor[0] else 0.0

        heights = self._landscape.reference.value(np.concatenate([self._u[None], self.places(t)]))
        rise = heights[1:] - heights[0]
        rounding = _VALUES * (np.abs(heights[1:]) + abs(heights[0])) + self._noise_of_value
        told = np.isfinite(rise) & (np.abs(rise) > rounding)
        return follow(t, *self.slopes(t), np.where(told, rise, 0.0), home, ask)


def _sinks_aside(
    landscape: Landscape,
    u: Point,
    flat: list[Slope],
    stiff: Directions,
    noise: _Noise,
) -> bool:
    """Whether a bent way leads down where all straight ones rise: (y - x**2)**2 - x**4 / 9.

    From a little way along a flat direction, Newton's method in the others finds the floor of the
    valley, which is then lower than `u`.
    """
    free = landscape.free
    sizes = np.array([s for r in (0.01, 0.03, LOCAL) for s in (r, -r)])
    starts = np.repeat(u[None], len(flat) * len(sizes), axis=0)
    starts[:, free] += np.concatenate([np.outer(sizes, way) for way in flat])
    floors = starts.copy()
    room = np.tile(np.abs(sizes), len(flat))[:, None]
    for _ in range(4):
        for place, most in zip(floors, room[:, 0], strict=True):
            bend = stiff.T @ landscape.hessian(place) @ stiff
            if not np.isfinite(bend).all():
                continue
            step = stiff @ np.linalg.lstsq(bend, -stiff.T @ landscape.slope(place), rcond=1e-12)[0]
            place[free] += np.clip(step, -most, most)
    near = np.abs(floors - starts).max(axis=1) <= room[:, 0]
    here = landscape.value(u)
    change = landscape.reference.value(np.concatenate([floors, starts])) - here
    rounding = _VALUES * (abs(here) + np.nanmax(np.abs(change))) + noise.of_value
    return bool((change[: len(floors)][near] < -rounding).any())


def levels_off(landscape: Landscape, u: Point) -> bool:
    """Whether the slope at `u` (n,) is next to nothing beside what it is on the way to the origin.

    So it is on the far plateau of arctan(x)**2, where it is not zero either. Farther out it is no
    steeper there; of cosh(x) it is, and beside that each slope is next to nothing.
    """
    with np.errstate(all="ignore"):
        noise = _Noise(landscape, u)
        each = np.abs(landscape.slope(u))
        here = float(each.max())
        towards, beyond = 0.0, 0.0
        for way, own in zip(np.eye(len(landscape.free)), each, strict=True):
            home = -float(u[landscape.free] @ way)
            t = distances(home)
            slope, _ = _Line(landscape, u, way, noise).slopes(t)
            size = np.where(np.isfinite(slope), np.abs(slope), 0.0)
            near = np.abs(t) <= abs(home)
            towards = max(towards, float(size[near & (t * home > 0)].max(initial=0.0)))
            if own > 1e-3 * here:  # and not at the bottom of a valley, along this coordinate
                beyond = max(beyond, float(size[near & (t * home < 0)].max(initial=0.0)))
        return here <= min(NOTICED * towards, _ALL_BUT_LEVEL) and beyond <= here
