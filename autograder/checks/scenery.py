"""What a picture needs of the author's function: a curve by samples, a surface by heights.

Plain numbers in a verdict's evidence, since a picture is drawn where the function is not: on a
feedback page, long after the marking. They are few, so that the record of a notebook stays small,
and always as many, so that JAX compiles the function once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .reference import Reference

__all__ = ["curve", "rounded", "surface"]

CURVE = 81
GRID = 25
LEVELS = 999  # heights of a surface are whole numbers up to this: enough for a dozen contours
FEW = 25  # samples of a function that cannot be compiled


def rounded(numbers: Any, digits: int = 6) -> list[Any]:
    """Numbers of any nesting as plain lists, to so many digits."""
    return [
        rounded(x, digits) if isinstance(x, (list, tuple, np.ndarray)) else float(f"{x:.{digits}g}")
        for x in numbers
    ]


def curve(
    reference: Reference,
    low: float,
    high: float,
    *,
    order: int = 0,
    through: Any = 0.0,
    axis: int = 0,
) -> dict[str, Any]:
    """Samples of the order-th derivative along one coordinate, between `low` and `high`.

    Args:
        reference: the function; for an order above 0, of one number.
        low: where the window begins.
        high: where it ends.
        order: which derivative is drawn; 0 is the function itself.
        through: a place (n,) on the line along which the samples lie.
        axis: the coordinate that changes.

    Returns:
        {"window": [low, high], "curve": [...]}; the curve may hold nan.
    """
    xs = np.linspace(low, high, CURVE if reference.traceable else FEW)
    places = np.repeat(np.atleast_1d(np.asarray(through, dtype=np.float64))[None], len(xs), axis=0)
    places[:, axis] = xs
    with np.errstate(all="ignore"):
        heights = reference.all_derivatives(places, order).reshape(len(xs))
    return {"window": rounded([low, high]), "curve": rounded(heights, 5)}


def surface(reference: Reference, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Heights of a function of two coordinates on a grid between `low` (2,) and `high` (2,).

    Returns:
        {"window": [[x low, x high], [y low, y high]], "heights": rows from low to high y, in
        whole numbers from 0 to `LEVELS`, "range": [lowest, highest]}; {} where the function is
        not finite everywhere, or too slow for so many places.
    """
    if not reference.traceable:
        return {}
    xs, ys = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    grid = np.stack([m.ravel() for m in np.meshgrid(xs, ys)], axis=1)
    with np.errstate(all="ignore"):
        heights = reference.value(grid).reshape(GRID, GRID)
    if not np.isfinite(heights).all():
        return {}
    bottom, top = float(heights.min()), float(heights.max())
    scaled = np.round((heights - bottom) / ((top - bottom) or 1.0) * LEVELS).astype(int)
    window = [[low[0], high[0]], [low[1], high[1]]]
    return {"window": rounded(window), "heights": scaled.tolist(), "range": rounded([bottom, top])}
