"""What a picture needs of the author's function: a curve by samples, a surface by heights.

They are few, so that the record of a notebook stays small,
and always as many, so that JAX compiles the function once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .evidence import Curve, Surface
from .reference import Reference

__all__ = ["FAR", "curve", "map_around", "rounded", "surface"]

FAR = 30.0  # what is farther off than this would shrink the picture to a line

CURVE = 81
GRID = 25
LEVELS = 999  # heights of a surface are whole numbers up to this: enough for a dozen contours
FEW = 25  # samples of a function that cannot be compiled


def rounded(numbers: Any, digits: int = 6) -> tuple[float, ...]:
    """Numbers (n,), to so many digits."""
    return tuple(_rounded(x, digits) for x in numbers)


def _rounded(number: float, digits: int = 6) -> float:
    return float(f"{number:.{digits}g}")


def curve(
    reference: Reference,
    low: float,
    high: float,
    *,
    order: int = 0,
    through: Any = 0.0,
    axis: int = 0,
) -> Curve:
    """Samples of the order-th derivative along one coordinate, between `low` and `high`.

    Args:
        reference: the function; for an order above 0, of one number.
        low: where the window begins.
        high: where it ends.
        order: which derivative is drawn; 0 is the function itself.
        through: a place (n,) on the line along which the samples lie.
        axis: the coordinate that changes.
    """
    xs = np.linspace(low, high, CURVE if reference.traceable else FEW)
    places = np.repeat(np.atleast_1d(np.asarray(through, dtype=np.float64))[None], len(xs), axis=0)
    places[:, axis] = xs
    with np.errstate(all="ignore"):
        heights = reference.all_derivatives(places, order).reshape(len(xs))
    window = (_rounded(low), _rounded(high))
    return Curve(window, rounded(heights, 5))


def surface(reference: Reference, low: np.ndarray, high: np.ndarray) -> Surface | None:
    """Heights of a function of two coordinates on a grid between `low` (2,) and `high` (2,).

    Returns:
        None where the function is not finite everywhere, or too slow for so many places.
    """
    if not reference.traceable:
        return None
    xs, ys = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    grid = np.stack([m.ravel() for m in np.meshgrid(xs, ys)], axis=1)
    with np.errstate(all="ignore"):
        heights = reference.value(grid).reshape(GRID, GRID)
    if not np.isfinite(heights).all():
        return None
    bottom, top = float(heights.min()), float(heights.max())
    scaled = np.round((heights - bottom) / ((top - bottom) or 1.0) * LEVELS).astype(int)
    (left, right), (under, over) = (map(_rounded, window) for window in zip(low, high, strict=True))
    rows = tuple(tuple(map(int, row)) for row in scaled)
    return Surface(((left, right), (under, over)), rows, (_rounded(bottom), _rounded(top)))


def map_around(
    reference: Reference, u: np.ndarray, start: Sequence[float] | None = None
) -> Surface | None:
    """The map around a place `u` (2,), with the start (2,) of a walk on it if that is near.

    A square, wide enough for the hollows around, and the answer not in its middle.
    """
    if not np.abs(u).max() <= 1e3:  # or nan
        return None
    places = [u] if start is None else [u, np.asarray(start)]
    if np.abs(places[-1] - u).max() > FAR:
        places = [u]
    least, most = np.min(places, axis=0), np.max(places, axis=0)
    spare = max(5.4, float(np.max(most - least)) + 2.4) - (most - least)
    return surface(reference, least - 0.54 * spare, most + 0.46 * spare)
