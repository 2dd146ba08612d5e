"""Where an answer is asked: generic places, drawn afresh from a seed.

A place is generic when the derivative there is finite, far from zero and smooth around: three such
places with both signs of the derivative let none of the catalogued wrong derivatives pass, while 0,
1 or the minimum let several through. Each piece of a function that is put together of pieces is
asked as well, however level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import CheckError
from .reference import Reference
from .shapes import Clusters, Entries, Indices, Mask, OtherPoints, Others, Point, Points, Truths

__all__ = ["Places", "draw_places"]

CANDIDATES = 128
FRESH = 5
FEW = 10  # candidates of which the most distant is taken
FAR = 32.0  # how far out to look for a piece that has no place nearer by
STEEPER = 100.0  # than elsewhere, and such a place would hide what is small at the others
PIECES = 3  # places more, at most, for pieces of the function that are not asked yet
SPECIAL = np.array([-1.0, 0.0, 1.0])  # where mistakes hide, and 1/x, log(x), ... have no value
GRID = 2.0**-10  # places are multiples of this, so that float32 holds them exactly
NEIGHBOUR = 2.0**-8
# Neighbours which show whether an error is rough: some steps of float32 away, where nothing smooth
# changes but rounding falls out anew, and farther, where a smooth function moves a little.
ULPS = (3, 7, 12)
LEAST = 64  # places that a domain must hold
CHANGE = 0.01  # of the derivative there, or an answer that is nearly right everywhere tells nothing
BOXES = ((-3.0, 3.0), (0.1, 6.0), (-1.0, 1.0), (-0.45, 0.45), (1.1, 12.0))


@dataclass(frozen=True)
class Places:
    """Where to ask.

    Attributes:
        points: (p, n) float64: the shown ones first, then fresh ones, then neighbours.
        shown: how many are the author's shown ones.
        fresh: how many are fresh: `FRESH`, and one more for each piece that has none of those.
        clusters: (c, 5) indices of a place, three next to it in float32, and one `NEIGHBOUR` off.
        blind: (b, n), of the `looked` candidates those at which the derivative is not finite.
        looked: how many candidates there were.
    """

    points: Points
    shown: int
    fresh: int
    clusters: Clusters
    blind: OtherPoints
    looked: int

    @property
    def first(self) -> int:
        """How many are asked of everybody: the shown and the fresh ones."""
        return self.shown + self.fresh

    @property
    def generic(self) -> Indices:
        """Indices of the fresh places, without neighbours."""
        return np.arange(self.shown, self.first)


def _box(
    shown: np.ndarray, domain: tuple[float, float] | None
) -> list[tuple[np.ndarray | float, np.ndarray | float]]:
    if domain is not None:
        return [domain]
    if len(shown) == 0:
        return list(BOXES)
    # Around what the author shows, and no narrower than the first box unless that leaves it.
    low, high = shown.min(axis=0) - 1, shown.max(axis=0) + 1
    wide = (np.minimum(low, -2.5), np.maximum(high, 2.5))
    return [wide, (low, high), *BOXES]


@dataclass(frozen=True)
class _Ruler:
    """The lengths above, as they are where places are drawn: shorter in a domain narrower than 1.

    By a power of two, so that places stay exact in float32; but no shorter than float32 can tell.
    """

    grid: float = GRID
    neighbour: float = NEIGHBOUR


def _ruler(domain: tuple[float, float] | None, name: str) -> _Ruler:
    if domain is None or domain[1] - domain[0] >= 1:
        return _Ruler()
    low, high = domain
    unit = 2.0 ** math.floor(math.log2(high - low))
    spacing = float(np.spacing(np.float32(max(abs(low), abs(high)))))
    ruler = _Ruler(max(unit * GRID, spacing), max(unit * NEIGHBOUR, max(ULPS) * spacing))
    if high - low < LEAST * ruler.grid:
        raise CheckError(
            f"domain=({low}, {high}) for {name}: float32 numbers, in which students compute, are "
            f"{spacing:.1g} apart there, too far for so narrow an interval. Give a wider one."
        )
    return ruler


def _refuse_level(d: Entries, domain: tuple[float, float], name: str) -> None:
    """Raise CheckError where the derivative (k, m**order) changes, but by next to nothing."""
    change, most = np.ptp(d, axis=0), np.abs(d).max(axis=0)
    changes = change > 1e-9 * most  # of 3x it does not, anywhere
    if domain[1] - domain[0] < 1 and changes.any() and not (change > CHANGE * most).any():
        raise CheckError(
            f"domain=({domain[0]}, {domain[1]}) for {name}: the derivative hardly changes there, "
            "so that mistakes would be nearly right, too. Give a wider one."
        )


def _suitable(reference: Reference, points: Points, ruler: _Ruler) -> tuple[Entries, Mask, Mask]:
    """The derivative at candidates (k, m**order); which are smooth, and which of them generic."""
    with np.errstate(all="ignore"):
        d = reference.derivative(points)
        finite = np.isfinite(d).all(axis=1) & np.isfinite(reference.value(points))
        # The place must be usable in float32 as well: exp(60) squared is not.
        finite &= (np.abs(d) < 1e30).all(axis=1)
        if not finite.any():
            return d, finite, finite
        scale = np.median(np.abs(d[finite]), axis=0)
        big = (np.abs(d) >= 0.1 * scale).all(axis=1) | (scale == 0).all()
        # Smooth around: over a small step the derivative changes as a smooth function's would,
        # that is, twice the step changes it about twice as much.
        near = reference.derivative(points + ruler.neighbour)
        far = reference.derivative(points + 2 * ruler.neighbour)
        bend = np.abs(far - 2 * near + d)
        smooth = np.isfinite(bend).all(axis=1) & (
            bend <= 0.02 * np.abs(d) + 1e-3 * scale + 0.1 * np.abs(far - d)
        ).all(axis=1)
    return d, finite & smooth, finite & smooth & big


def _choose(d: Entries, good: Indices, points: Points, shown: OtherPoints) -> Others:
    """FRESH of the good candidates, both signs of the (first) derivative among them if there.

    They are spread, so that a student sees different places: each is, of the next few candidates,
    the one farthest from all that are taken (best-candidate sampling; Mitchell, "Spectrally optimal
    sampling for distribution ray tracing", SIGGRAPH 1991). The farthest of all would be the ends.
    """
    positive = good[d[good, 0] > 0]
    negative = good[d[good, 0] < 0]
    half = min(FRESH // 2, len(positive), len(negative))
    chosen: list[int] = []
    for pool in [positive] * half + [negative] * half + [good] * (FRESH - 2 * half):
        chosen.append(_apart(pool, chosen, points, shown))
    return np.array(chosen)


def _each_piece(chosen: Indices, pool: Others, decided: Truths) -> np.ndarray:
    """The chosen, and of `pool` what is needed for each decision to be met both ways."""
    ways = np.concatenate([decided, ~decided], axis=1)  # (candidates, 2 m)
    for _ in range(PIECES):
        new = (ways[pool] & ~ways[chosen].any(axis=0)).sum(axis=1)
        if not new.any():
            break
        chosen = np.append(chosen, pool[int(np.argmax(new))])
    return chosen


def _apart(pool: Indices, chosen: list[int], points: Points, shown: OtherPoints) -> int:
    """Of the first few in `pool` that are not chosen yet, the farthest from all that are taken."""
    free = [int(k) for k in pool if k not in chosen][:FEW]
    taken = np.concatenate([shown, points[chosen]])
    apart = [np.abs(points[k] - taken).sum(axis=1).min(initial=np.inf) for k in free]
    return free[int(np.argmax(apart))]


def draw_places(
    reference: Reference,
    shown: np.ndarray,
    seed: int,
    domain: tuple[float, float] | None = None,
) -> Places:
    """The places at which to ask for the derivative of `reference`.

    Args:
        reference: the function and its derivative.
        shown: (s, n), the places that the author shows; asked first, as they are.
        seed: draws the fresh ones.
        domain: (low, high) of every coordinate; by default around the shown places.

    Raises:
        CheckError: no five places were found at which the derivative is finite and not zero; or
            `domain` is too narrow to tell them apart.
    """
    n = reference.layout.size
    rng = np.random.default_rng(seed)
    name = getattr(reference.of, "__name__", "the function")
    ruler = _ruler(domain, name)
    for low, high in _box(shown, domain):
        # Place by place, each derivative costs some 10 ms.
        count = CANDIDATES if reference.traceable else CANDIDATES // 4
        raw = rng.uniform(low, high, size=(count, n))
        points = np.round(raw / ruler.grid) * ruler.grid
        d, smooth, good = _suitable(reference, points, ruler)
        usual = (np.abs(points[:, :, None] - SPECIAL) > 4 * ruler.neighbour).all(axis=(1, 2))
        smooth, good = smooth & usual, good & usual
        indices = np.flatnonzero(good)
        if len(indices) >= FRESH:
            break
    else:
        raise CheckError(
            f"No place was found where the derivative of {name} is finite and generic; "
            "give the check domain=(low, high)."
        )
    if domain is not None:
        _refuse_level(d[indices], domain, name)
    shown = shown.reshape(-1, n)
    chosen = _choose(d, indices, points, shown)
    around = points[chosen] if n == 1 else points[chosen[:3]]
    chosen = _each_piece(chosen, np.flatnonzero(smooth), reference.decided(points))
    fresh = points[chosen]
    if domain is None:
        fresh = np.concatenate([fresh, _farther(reference, fresh, points, ruler, rng)])
    first, start = len(shown), len(shown) + len(fresh)
    each = len(ULPS) + 1
    clusters = np.array(
        [[first + k, *range(start + each * k, start + each * (k + 1))] for k in range(len(around))]
    )
    neighbours = np.concatenate([_neighbours(p, ruler.neighbour) for p in around])
    asked = np.concatenate([shown, fresh, neighbours])
    blind = points[~np.isfinite(d).all(axis=1)]
    return Places(asked, first, len(fresh), clusters, blind, count)


def _farther(
    reference: Reference,
    fresh: OtherPoints,
    points: Points,
    ruler: _Ruler,
    rng: np.random.Generator,
) -> np.ndarray:
    """Places (k, n) in pieces of the function that none of the candidates `points` lies in."""
    met = reference.decided(points)
    none = np.zeros((0, points.shape[1]))
    if not met.shape[1] or not reference.traceable:
        return none
    far = np.round(rng.uniform(-FAR, FAR, size=points.shape) / ruler.grid) * ruler.grid
    d, smooth, _ = _suitable(reference, far, ruler)
    with np.errstate(all="ignore"):
        most = np.abs(reference.derivative(fresh)).max()
        pool = np.flatnonzero(smooth & (np.abs(d).max(axis=1) <= STEEPER * most))
    both = np.concatenate([met, reference.decided(far)])
    chosen = _each_piece(np.arange(len(met)), pool + len(met), both)[len(met) :] - len(met)
    return far[chosen]


def _neighbours(place: Point, farther: float) -> Points:
    """Places beside `place` (n,): by `ULPS` steps of float32, and `farther` off; (4, n)."""
    spacing = np.spacing(np.abs(place).astype(np.float32)).astype(np.float64)
    return np.stack([*(place + k * spacing for k in ULPS), place + farther])
