"""The contour map of a surface, from the coarse grid that evidence holds."""

from __future__ import annotations

import numpy as np

from ...checks.evidence import Surface
from ...checks.wording import number
from ..palette import GREY
from .canvas import Sheet

__all__ = ["contours"]


def contours(paper: Sheet, ground: Surface) -> tuple[tuple[float, float], tuple[float, float]]:
    """Draw the map, its heights written on the lines; returns the limits of x and of y."""
    (low, high), (bottom, top) = ground.window
    lowest, highest = ground.range
    heights = np.asarray(ground.heights, dtype=np.float64)
    heights = lowest + (highest - lowest) * heights / max(float(np.max(heights)), 1.0)
    xs = np.linspace(low, high, heights.shape[1])
    ys = np.linspace(bottom, top, heights.shape[0])
    axes = paper.axes
    axes.set(xlim=(low, high), ylim=(bottom, top), xlabel="x", ylabel="y")
    # Only so does a gradient stand at right angles to its contour.
    axes.set_aspect("equal", adjustable="box", anchor="SW")
    if highest > lowest:
        lines = axes.contour(xs, ys, heights, levels=7, colors=GREY, linewidths=0.7, linestyles="-")
        axes.clabel(lines, list(lines.levels)[::2], fontsize=8, fmt=number)
    return (low, high), (bottom, top)
