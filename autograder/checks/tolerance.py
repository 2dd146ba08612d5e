"""How near is near enough: tolerances derived from what honest float32 can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .reference import Reference

if TYPE_CHECKING:
    from .landscape import Landscape
    from .stationary import Stationary
from .shapes import Entries, Point, Points, Slope

__all__ = ["derivative_tolerance", "place_tolerance", "stall_distance", "stall_slope"]

# Relative room for a formula that a student arranges differently from JAX. Honest float32 needs
# some 1e-6 at a generic place; the nearest mistake worth telling, a forward difference with
# h = 1e-3, is off by several 1e-4 at some place, and 0.5 % is fifty times as much.
RELATIVE = 1e-4
# A measured float32 error is one draw; another arrangement of the terms draws again.
DRAWS = 16
# Room in units of the largest value an entry takes, for places where it is nearly zero; for an
# entry that is zero everywhere, in units of the largest of all entries.
FLOOR = 4e-6
# What that may be of a derivative without hiding a term of it.
WIDE = 0.01


def derivative_tolerance(reference: Reference, points: Points, truth: Entries) -> np.ndarray:
    """Room around `truth` (p, k) for an honest float32 derivative at `points` (p, n)."""
    measured = reference.float32_error(points)
    # At a shown place there may be none: a kink.
    largest = np.where(np.isfinite(truth), np.abs(truth), 0.0).max(axis=0)
    largest = np.where(largest > 0, largest, largest.max())
    measured = np.where(np.isfinite(measured), measured, 0.0)
    # A place so badly conditioned that float32 says nothing must not accept everything.
    cap = 2e-3 * np.maximum(np.abs(truth), 0.05 * largest)
    room = np.maximum(RELATIVE * np.abs(truth), np.minimum(DRAWS * measured, cap))
    return room + _floor(reference, points, truth, largest)


def _floor(reference: Reference, points: Points, truth: Entries, largest: np.ndarray) -> np.ndarray:
    """Room where the derivative (p, k) is nearly zero beside the `largest` (k,) that it takes.

    Over a wide range, that may be more than the derivative is elsewhere: of x³ - 12x at 1000 and
    at 1, -9 and 3 would be as good. There it is no more than what an x off by a ten-thousandth
    would make.
    """
    floor = np.broadcast_to(FLOOR * largest, truth.shape)
    wide = floor > WIDE * np.abs(truth)
    if reference.shape != () or reference.layout.size != 1 or not wide.any() or not truth.any():
        return floor
    near = np.abs(truth) + np.abs(points * reference.derivative(points, reference.order + 1))
    return np.where(wide & np.isfinite(near), np.minimum(floor, RELATIVE * near), floor)


def stall_distance(place: np.ndarray, bends: np.ndarray, step_size: float) -> np.ndarray:
    """Where float32 descent stops, in each coordinate: half an ulp over step times curvature.

    A step smaller than half the spacing of float32 numbers changes nothing, so a coordinate moves
    no more once its slope is below ulp(|x*|) / 2 / step: measured 2.4e-7, 2.9e-6, 3.0e-5 and 3.0e-4
    for steps of 0.1, 0.01, 1e-3 and 1e-4 at x* = -1.5, f'' = 2, as predicted. In a slanting valley
    all coordinates together may stop farther off; that is not allowed for.

    Args:
        place: the minimum, (k,).
        bends: the curvature there along each coordinate, (k,).
        step_size: of the descent.

    Returns shape (k,).
    """
    off: np.ndarray = stall_slope(place, step_size) / np.maximum(np.abs(bends), 1e-12)
    return off


def stall_slope(place: np.ndarray, step_size: float) -> np.ndarray:
    """The slope (k,) that is left there: at x* = -0.667, 6e-6 for steps of 0.005."""
    return np.spacing(np.abs(place).astype(np.float32)) / 2 / max(step_size, 1e-12)


# A minimum whose surroundings are smaller than this has room of a tenth of them.
SMALL = 0.1
# Where that makes no difference in height to be seen, the surroundings are rounding.
SEEN = 1e-6
# Of places in the thousands and more, four digits are enough where it is as level as this.
LEVEL = 1e-4


def place_tolerance(landscape: Landscape, found: Stationary, usual: float) -> np.ndarray:
    """How far from a stationary point an answer may be: `usual`, unless the scale is another.

    The surroundings of a minimum end where its curvature has changed (its scale is |f″/f‴| and
    sqrt|f″/f⁗|), and their size is told, too, by how far it is from 0, if it matters in height
    whether one stands at the one or at the other. Shape (n,), in each coordinate.
    """
    u = found.place
    if found.sharp:
        return _at_a_corner(landscape, u, usual)
    bends = np.zeros(len(u))
    bends[landscape.free] = np.abs(np.diag(landscape.hessian(u)))
    size = np.abs(u)
    if len(u) == 1 and landscape.reference.traceable:
        with np.errstate(all="ignore"):
            third, fourth = (
                abs(float(landscape.reference.all_derivatives(u[None], k).ravel()[0]))
                for k in (3, 4)
            )
            for own in (bends[0] / third, np.sqrt(bends[0] / fourth)):
                if np.isfinite(own) and bends[0] * own**2 > SEEN and not 0 < size[0] < own:
                    size = np.array([own])
    around = size if len(u) == 1 else _around(landscape, u, bends)
    small = (around < SMALL) & (bends * around**2 > SEEN)
    with np.errstate(all="ignore"):
        level = np.where(bends > 0, np.sqrt(LEVEL / bends), 0.0)
    wide = np.minimum(LEVEL * size, level)
    return np.where(small, np.minimum(usual, SMALL * around), np.maximum(usual, wide))


def _at_a_corner(landscape: Landscape, u: Point, usual: float) -> np.ndarray:
    """The same where there is no curvature; the surroundings are as wide as 0 is high, as below."""
    places = np.concatenate([u[None], u + usual * np.eye(len(u)), u - np.diag(u)])
    heights = landscape.reference.value(places)
    rises = np.abs(heights[1:] - heights[0])
    steep, high = rises[: len(u)] / usual, rises[len(u) :]
    with np.errstate(all="ignore"):
        around = np.where(steep > 0, np.nanmax(high, initial=0.0) / steep, np.inf)
    small = (around < SMALL) & (np.abs(u) > 0) & (high > SEEN)
    return np.where(small, np.minimum(usual, SMALL * around), usual)


def _around(landscape: Landscape, u: Point, bends: Slope) -> Slope:
    """How far the surroundings of a minimum at `u` (n,) go along each coordinate; inf: not known.

    In several coordinates, how far one is from 0 says nothing by itself: of (x - 0.02)² + (y - 1)²
    one unit of x is 1, too. What says something is the height by which 0 is off: sqrt(h / b) is
    as far as a coordinate with curvature b goes for the h that all the way to 0 in the one that
    matters most makes. At most so far, then; and not beyond where its curvature has changed by
    half, both as in one coordinate, and both in each coordinate's own unit. On the level floor of a
    valley through 0, where one stands says nothing either: there is no height between.
    """
    with np.errstate(all="ignore"):
        moved = u[landscape.free]
        height = float((bends * u**2).max())
        seen = float(moved @ landscape.hessian(u) @ moved) > SEEN
        far = np.sqrt(height / bends) if seen else np.full(len(u), np.inf)
        far = np.where(bends > 0, far, np.inf)
        for j in landscape.free if landscape.reference.traceable else ():
            t = np.outer(np.geomspace(1e-9, SMALL, 33), [1, -1]).ravel()
            places = u + t[:, None] * np.eye(len(u))[j]
            bend = landscape.reference.all_derivatives(places, 2)[:, j, j]
            ended = ~(np.abs(bend - bends[j]) <= 0.5 * bends[j]) & (bends[j] * t**2 > SEEN)
            far[j] = np.abs(t[ended]).min(initial=far[j])
    return far
