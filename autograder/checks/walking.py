"""What the ground does along a line: told by the slope at many distances, both ways.

Where the curvature is next to nothing it says nothing: of x**4 and x**3, of a valley's floor, of a
plateau. There the line is walked. Slopes are asked and not heights, since a constant of 1e6 in the
function hides a rise of 1e-12, and its derivative does not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Literal

import numpy as np

from .shapes import Distances

__all__ = ["DISTANCES", "LOCAL", "NOTICED", "Course", "distances", "follow"]

Course = Literal["valley", "hill", "pass", "slope", "level"]
"""Along a line: rises both ways; falls both ways; falls one way, nearby; the same, farther off, or
level without an end; level as far as one can walk."""

LOCAL = 0.1
"""Within so much of a place, what the ground does is the place's own business."""

NOTICED = 1e-6
"""A slope counts if it is not a millionth of what there is around: for where Newton's method stops
short of a flat minimum (x**20, from half a unit off, by a fiftieth of a unit)."""

# From the width of the narrowest valley told from others to beyond where any walk is taken to have
# run away (minimum.py); eight a decade, so that no well is jumped that is a third as wide as far.
_OUTWARDS = np.concatenate([np.geomspace(1e-9, 1e-2, 15), np.geomspace(0.03, 1e7, 69)])
_BACK = np.concatenate([[0.0], np.geomspace(0.1, 1e4, 41)])

DISTANCES = 2 * len(_OUTWARDS) + 2 * len(_BACK) - 1
"""How many places a walk asks for."""

# Towards the edge of a trough, what is left of a power of the distance falls a hundredfold and more
# with each of these; an exponential, where it leaves the numbers (exp(-x**2) at 27) or the digits
# (1 - tanh(x) at 19), no more than by a few.
_TOWARDS_EDGE = (1e-8, 1e-6, 1e-4)
_GROWS = 10.0
_ROUNDING = 1e-13


def distances(home: float) -> Distances:
    """How far to go along a line, both ways; sorted, shape (DISTANCES,).

    Args:
        home: where the line is nearest to the origin, around which functions have their features:
            from far out, one would step over them.
    """
    back = home + np.concatenate([-_BACK[:0:-1], _BACK])
    return np.sort(np.concatenate([-_OUTWARDS, _OUTWARDS, back]))


def follow(
    t: Distances,
    slope: Distances,
    floor: Distances,
    rise: Distances,
    home: float,
    ask: Callable[[float], float],
) -> Course:
    """What the ground does along a line.

    Args:
        t: distances (m,), sorted; 0 is the place that is judged.
        slope: of the function along the line, there (m,); what is nan is not known.
        floor: below so much (m,), a slope cannot be told from 0.
        rise: how much higher the function is there than at 0 (m,); 0 where that is rounding.
        home: where the line is nearest to the origin.
        ask: gives the slope at any other distance; 0 where it cannot be told from that.
    """
    size = np.where(np.isnan(slope), 0.0, np.abs(slope))
    known = size > floor
    reach = next((r for r in np.geomspace(LOCAL, 1e8, 10) if known[np.abs(t) <= r].any()), None)
    if reach is None:
        return "level"
    within = np.abs(t) <= reach
    seen = known & (size > NOTICED * size[within & np.isfinite(size)].max(initial=0.0))
    left, right = np.flatnonzero(seen & (t < 0)), np.flatnonzero(seen & (t > 0))
    # 1 for up. The height first: a step may lead over a well, to where the slope is up again.
    before = np.sign(rise[left[-1]] or -slope[left[-1]]) if len(left) else 0
    after = np.sign(rise[right[0]] or slope[right[0]]) if len(right) else 0
    if before > 0 and after > 0:
        return "valley"
    if before < 0 and after < 0:
        return "hill" if reach <= LOCAL else "slope"
    if before < 0 or after < 0:
        return "pass" if reach <= LOCAL else "slope"
    # It rises one way, and the other way is level without an end: half a trough, max(0, x)**2, or
    # the far end of something that still falls, too little to be seen.
    risen = float(t[right[0]] if after else t[left[-1]])
    calm = t[~known & (np.sign(t) == np.sign(risen)) & (np.abs(t) < abs(risen))]
    start = float(calm[np.abs(calm).argmax()]) if len(calm) else 0.0
    around = np.abs(t) <= 10 * max(abs(risen), abs(home), 1.0)
    largest = float(size[around & np.isfinite(size)].max(initial=0.0))
    return "valley" if _has_edge(start, risen, largest, ask) else "slope"


def _has_edge(calm: float, risen: float, largest: float, ask: Callable[[float], float]) -> bool:
    """Whether the ground is level up to an edge between two distances, and rises from there."""
    far = risen
    for _ in range(80):
        middle = 0.5 * (calm + risen)
        if middle in (calm, risen):
            break
        if ask(middle):
            risen = middle
        else:
            calm = middle
    sizes = [abs(ask(risen + part * (far - risen))) for part in _TOWARDS_EDGE]
    growing = all(0 < _GROWS * a < b for a, b in itertools.pairwise(sizes))
    return growing or sizes[-1] > _ROUNDING * largest
