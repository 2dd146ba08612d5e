"""Walks of our own that make a verdict on a place visible: what rolls on, rolls off, comes to rest.

A student's own iterates are shown where they are known. Where only a place arrived, a ball tells
more than an arrow. None of these walks shows where a minimum lies that was not found: it is cut off
on the way down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .evidence import PlaceEvidence, Replay, thinned
from .landscape import Descent, Landscape
from .scenery import rounded
from .shapes import Hessian, Path, Point, Points, Slope
from .stationary import Stationary
from .verdict import Verdict

__all__ = ["along_the_rail", "runaway", "shown_moving"]

KEPT = 24  # places of one walk in a record, which lives in notebooks
_STEPS = 60
_SHARE = 0.2  # of the longest step that is sure not to overshoot, 1 / curvature
_HAIR = 0.02
_FINER = 0.004  # so little beside the ridge that the walk comes near to the saddle first
_REACH = 1.9  # from a place: about a third of the map's width
_DOWN = 0.75  # of the way down, in height, a walk is shown whose end is asked for
_SEEN = 0.05  # of a place's unit: what moves by less does not move on paper
_CREST = 0.85  # of its height: a walk from higher up stands still for too long
_LONGER = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
_AWAY = 12  # steps of a walk that runs away
_HALVINGS = 4  # of the gap between two of _LONGER: the border is known to a tenth


def shown_moving(
    verdict: Verdict, landscape: Landscape, descent: Descent | None, reach: float
) -> Verdict:
    """A verdict on a place of `landscape` with the walks that make it visible.

    Args:
        verdict: what was judged; returned as it is where nothing can be shown.
        landscape: of one or two coordinates, or nothing is shown.
        descent: the exercise's own, if it has one.
        reach: how far from the place to look for the stationary point that was meant.
    """
    evidence = verdict.evidence
    seen = landscape.reference.traceable and landscape.layout.size <= 2
    if not isinstance(evidence, PlaceEvidence) or not seen:
        return verdict
    walks = _of(verdict, evidence, landscape, descent, reach)
    return replace(verdict, evidence=replace(evidence, replays=walks))


def _of(
    verdict: Verdict,
    evidence: PlaceEvidence,
    landscape: Landscape,
    descent: Descent | None,
    reach: float,
) -> tuple[Replay, ...]:
    if evidence.path or (verdict.right and evidence.walk):
        return ()  # iterates enough
    if evidence.walk:
        return () if descent is None else _beside(landscape, descent)
    u = None if evidence.place is None else np.asarray(evidence.place)
    if u is None or np.abs(u).max() > 1e6 or verdict.misconception == "diverged":
        return () if descent is None else _runaway(landscape, descent)
    if verdict.right or verdict.misconception in _STANDING:
        found = landscape.nearest_stationary(u, reach)
        if found is None:
            return ()
        return _into(landscape, found) if found.kind == "minimum" else _off(landscape, found)
    return _onwards(landscape, u)


# At a place that is stationary, the question is what a walk beside it does.
_STANDING = ("same_minimum", "maximum_found", "saddle_found", "stationary_not_minimum")


def _onwards(landscape: Landscape, u: Point) -> tuple[Replay, ...]:
    """Where a ball put down at `u` (n,) rolls."""
    path = _cut(landscape, _walk(landscape, u))
    return _kept(("on", path)) if np.ptp(path, axis=0).max() > _SEEN else ()


def _beside(landscape: Landscape, descent: Descent) -> tuple[Replay, ...]:
    """The exercise's own descent, to be seen beside one with a mistake."""
    path = landscape.iterates(descent)
    if path is None or not np.isfinite(path).all():
        return ()
    return _kept(("descent", _cut(landscape, path)))


def _off(landscape: Landscape, found: Stationary) -> tuple[Replay, ...]:
    """A walk that ends on a hilltop or a saddle, and one that goes downhill from beside its start.

    Onto a hilltop a walk leads uphill alone; onto a saddle, descent from the ridge, and from there
    alone.
    """
    top, ways = found.place, _ways(landscape, found.place)
    if ways is None:
        return ()
    steepest, stable = ways[0], ways[-1]
    if found.kind == "maximum":
        down = _walk(landscape, top + _HAIR * steepest)
        below = _cut(landscape, down)
        far = np.abs(below - top).max(axis=1)
        begin = int(np.argmax(far >= 0.4 * far[-1]))
        return _kept(("up", np.stack([*below[begin::-1], top])), ("down", below[begin:]))
    # Backwards, since uphill the ridge keeps what descent would lose from it.
    ridge = np.stack([*_walk(landscape, top + _HAIR * stable, up=True, reach=_REACH)[::-1], top])
    down = _walk(
        landscape, ridge[0] + _FINER * steepest, step=_step(landscape.hessian(top)), most=150
    )
    below = _cut(landscape, down, top)
    stuck = np.concatenate([ridge, np.repeat(top[None], max(len(below) - len(ridge), 0), axis=0)])
    return _kept(("stuck", stuck), ("hair", below))


def _into(landscape: Landscape, found: Stationary) -> tuple[Replay, ...]:
    """From both sides a walk that comes to rest in this minimum."""
    ways = _ways(landscape, found.place)
    if ways is None:
        return ()
    sides = (
        _uphill(landscape, found.place, sign * ways[0][landscape.free]) for sign in (1.0, -1.0)
    )
    return _kept(*(("in", side) for side in sides))


def along_the_rail(landscape: Landscape, u: Point, *, right: bool) -> tuple[Replay, ...]:
    """The walk along the free coordinate, and the one where all are free, from the same start.

    It ends at `u` (n,) where that is right; else both begin there.
    """
    bend = landscape.reference.all_derivatives(u[None], 2)[0]
    step = _step(bend)  # of both walks
    if right:
        path = _uphill(landscape, u, np.ones(1), step)
    else:
        path = _cut(landscape, _walk(landscape, u, step=step))
    free = _cut(landscape, _walk(landscape, path[0], whole=True, step=step))
    return _kept(("rail", path), ("free", free))


def runaway(landscape: Landscape, descent: Descent) -> Path | None:
    """The first iterates (k, n) of descent whose steps are a little too long; None if none are.

    The step size is halved towards one that does not run away, as long as each step is longer than
    the one before: so it is seen for some steps how the walk leaves.
    """

    def walk(times: float) -> Path | None:
        path = landscape.iterates(replace(descent, step_size=times * descent.step_size))
        if path is None or np.abs(path[-1]).max() < 1e6:  # which is false of nan
            return None
        first = path[: _AWAY + 1]
        return first[np.isfinite(first).all(axis=1)]

    for short, long in pairwise((1, *_LONGER)):
        found = walk(long)
        if found is None:
            continue
        low, high = float(short), float(long)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            path = walk(middle)
            if path is None:
                low = middle
            elif len(path) > 2 and (np.diff(np.abs(np.diff(path, axis=0)).max(axis=1)) > 0).all():
                high, found = middle, path
            else:
                break
        return found
    return None


def _runaway(landscape: Landscape, descent: Descent) -> tuple[Replay, ...]:
    path = runaway(landscape, descent)
    return () if path is None else _kept(("away", path))


# --------------------------------------------------------------------------- the walks


def _step(hessian: Hessian) -> float:
    """A step size that does not overshoot where the ground bends so."""
    bend = float(np.abs(hessian).max())
    return _SHARE / bend if np.isfinite(bend) and bend > 0 else _SHARE


def _walk(
    landscape: Landscape,
    u: Point,
    *,
    up: bool = False,
    whole: bool = False,
    step: float | None = None,
    most: int = _STEPS,
    reach: float = np.inf,
) -> Path:
    """Gradient descent, or ascent, from `u` (n,); shape (k + 1, n), with k at most `most`.

    Args:
        landscape: the ground; its free coordinates move.
        u: where it begins.
        up: whether it goes uphill.
        whole: whether all coordinates move.
        step: its step size; by default one that suits the place where it begins.
        most: steps.
        reach: how far from `u` it may go.
    """
    size = (1 if up else -1) * (_step(landscape.hessian(u)) if step is None else step)
    path = [np.array(u, dtype=np.float64)]
    with np.errstate(all="ignore"):
        for _ in range(most):
            new = path[-1].copy()
            if whole:
                new += size * landscape.reference.all_derivatives(new[None], 1)[0]
            else:
                new[landscape.free] += size * landscape.slope(new)
            if not np.isfinite(new).all() or np.abs(new - u).max() > reach:
                break
            path.append(new)
    return np.stack(path)


def _uphill(landscape: Landscape, u: Point, way: Slope, step: float | None = None) -> Path:
    """A walk that ends at `u` (n,), found by going uphill from there along `way` (k,)."""
    begin = u.astype(np.float64)
    begin[landscape.free] += _HAIR * way
    climbed = _walk(landscape, begin, up=True, step=step, reach=_REACH)
    with np.errstate(all="ignore"):
        heights = landscape.reference.value(climbed)
    low = landscape.value(u)
    below = climbed[heights <= low + _CREST * (heights[-1] - low)]
    return np.stack([*(below if len(below) else climbed)[::-1], u])


def _ways(landscape: Landscape, u: Point) -> list[Point] | None:
    """Directions (n,) by their curvature at `u` (n,), the most negative first."""
    h = landscape.hessian(u)
    if not np.isfinite(h).all():
        return None
    out = []
    for way in np.linalg.eigh(h)[1].T:
        full = np.zeros(landscape.layout.size)
        full[landscape.free] = way * np.copysign(1.0, way[np.argmax(np.abs(way))])
        out.append(full)
    return out


def _cut(landscape: Landscape, path: Path, below: Point | None = None) -> Points:
    """A walk, cut off before its end can be told; by default, in height from its start on."""
    with np.errstate(all="ignore"):
        heights = landscape.reference.value(path)
    top = heights[0] if below is None else landscape.value(below)
    beyond = np.flatnonzero(heights <= top - _DOWN * (top - heights[-1]))
    return path[: max(int(beyond[0]), 1) + 1] if len(beyond) else path


def _kept(*walks: tuple[str, np.ndarray]) -> tuple[Replay, ...]:
    """As records; all thinned alike, so that they keep step with each other."""
    longest = max(len(path) for _, path in walks)
    out = []
    for kind, path in walks:
        places: Sequence[Point] = thinned(range(longest), KEPT)
        kept = [path[k] for k in places if k < len(path)]
        if len(path) < longest and not np.array_equal(kept[-1], path[-1]):
            kept.append(path[-1])
        if len(kept) > 1:
            out.append(Replay(kind, tuple(map(rounded, kept))))
    return tuple(out)
