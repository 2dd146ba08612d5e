"""What a picture shows around a place: the curve or the surface, and where a walk began."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .evidence import PlaceEvidence, thinned
from .landscape import Descent, Landscape
from .replays import runaway
from .scenery import FAR, curve, map_around, rounded
from .shapes import Path, Point

__all__ = ["scenery", "shortened", "where_it_began"]


def scenery(
    landscape: Landscape,
    u: Point,
    descent: Descent | None,
    walk: Path | None = None,
    first: int = 1,
) -> PlaceEvidence:
    """What a picture shows around `u` (n,): the curve along the one free coordinate, or a surface.

    The window holds the answer, all minima nearby and the `first` iterates of a walk that is drawn:
    so it does not say by its middle where the solution is. A start high up a steep wall would
    flatten hills.
    """
    bare = PlaceEvidence(landscape.layout.size)
    if len(landscape.free) == 1:
        axis = int(landscape.free[0])
        marks = [float(m[0]) for m in landscape.minima]
        here = float(u[axis])
        if landscape.layout.size > 1:
            marks = [here]
        near = [m for m in marks if abs(m - here) <= FAR] or marks[:2]
        inside = [here] if not marks or abs(here - near[0]) <= FAR else []
        if walk is not None:
            begins = [float(iterate[axis]) for iterate in walk[:first]]
            inside += [b for b in begins if min(abs(b - m) for m in [here, *near]) <= FAR]
        if landscape.layout.size > 1 and not np.isfinite(u).all():
            return bare
        low, high = min(near + inside, default=-3.0), max(near + inside, default=3.0)
        room = max(1.5, 0.25 * (high - low))
        samples = curve(
            landscape.reference, low - room, high + 0.8 * room, through=u * 1.0, axis=axis
        )
        return replace(bare, curve=samples, axis=axis)
    if landscape.layout.size == 2:
        start = None if descent is None else rounded(descent.start)
        return replace(bare, surface=map_around(landscape.reference, u, start), start=start)
    return bare


def where_it_began(landscape: Landscape, descent: Descent) -> PlaceEvidence:
    """What is seen of an answer that lies nowhere: where its descent began, and first steps."""
    begin = np.asarray(descent.start, dtype=np.float64)
    away = runaway(landscape, descent)
    return scenery(landscape, begin, descent, begin[None] if away is None else away, first=3)


def shortened(path: Path, most: int = 40) -> tuple[tuple[float, ...], ...]:
    """A path for a record: its ends, and as many iterates between as a picture needs."""
    return tuple(map(rounded, thinned(path, most)))
