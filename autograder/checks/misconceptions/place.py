"""Which quantity is it? Another than the place of a minimum, recognised by its value."""

from __future__ import annotations

import numpy as np

from ..landscape import REACH, Descent, Landscape
from ..shapes import Point

__all__ = ["mistaken_quantity"]


def mistaken_quantity(
    landscape: Landscape, u: Point, within: float, descent: Descent | None
) -> str | None:
    """Another quantity than the place of a minimum, recognised by its value."""
    n = landscape.layout.size
    near = 0.1 * within
    if n == 1:
        value, slope = landscape.value(u), float(landscape.slope(u)[0])
        bend = float(landscape.hessian(u)[0, 0])
        third = float(landscape.reference.all_derivatives(u[None], 3).ravel()[0])
        heights = [landscape.value(m) for m in landscape.minima]
        if any(abs(u[0] - h) <= near + 1e-3 * abs(h) for h in heights):
            return "value_instead_of_place"
        if slope and abs(value / slope) <= near:
            return "root_of_function"
        if abs(u[0]) <= near:
            return "slope_instead_of_place"
        if third and abs(bend / third) <= near:
            return "root_of_second_derivative"
        return None
    steepness = np.abs(landscape.slope(u)).max()
    if steepness and abs(landscape.value(u)) / steepness <= min(1e-3, near):
        return "root_of_function"
    radians = np.deg2rad(u)
    angle = landscape.nearest_stationary(radians, REACH)
    if (
        angle is not None
        and angle.kind == "minimum"
        and (np.abs(u) >= 10).any()
        and np.abs(radians - angle.place).max() <= within
    ):
        return "place_in_degrees"
    swapped = landscape.nearest_stationary(u[::-1], REACH)
    if (
        swapped is not None
        and swapped.kind == "minimum"
        and np.abs(u[::-1] - swapped.place).max() <= within
    ):
        return "swapped_coordinates"
    if len(landscape.free) < n:
        return None
    # A coordinate that never moved still has the round number it was given.
    kept = np.abs(u * 2 - np.round(u * 2)) <= 1e-9
    if not kept.any() or kept.all() or np.abs(landscape.slope(u)[~kept]).max() > within:
        return None
    at_bottom = (np.diag(landscape.hessian(u))[~kept] > 0).all()  # and not on a ridge
    return "one_coordinate_updated" if at_bottom else None
