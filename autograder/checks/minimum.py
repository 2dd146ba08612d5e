"""Places: is this a minimum of that function, and if not, what is it and how did one get there?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, wrong
from .evidence import PlaceEvidence, Stall, thinned
from .landscape import Descent, Landscape
from .misconceptions.trajectory import name_end, walk_of
from .questions import Found, Look, Question, Reply
from .reading import Problem, read_numbers, read_path, read_point
from .replays import runaway, shown_moving
from .scenery import FAR, curve, map_around, rounded
from .shapes import Path, Point, Slope
from .stationary import Stationary, levels_off
from .tolerance import place_tolerance, stall_distance, stall_slope
from .verdict import Row, Verdict
from .wording import NOTHING, decimals, explain, place, slopes

__all__ = ["StationaryPoint", "beside", "judge_place", "reach", "read_place", "scenery"]

WITHIN = 1e-2
NAMES = "xyzuvw"
# How far to look for the stationary point that an answer may have meant.
REACH = 0.5


def read_place(
    answer: str, reply: Reply, taken: Collection[str], size: int
) -> np.ndarray | Verdict:
    """The place (size,) that arrived under `answer`, or the verdict that ends the matter."""
    arrived = arrival(answer, reply, taken, function=False)
    if isinstance(arrived, Verdict):
        return arrived
    point = read_point(arrived, size)
    if isinstance(point, Problem):
        numbers = read_numbers(arrived)
        path = isinstance(numbers, np.ndarray) and (
            (size == 1 and numbers.ndim == 1 and numbers.size > 2)
            or (size > 1 and numbers.ndim == 2 and numbers.shape[1] == size)
        )
        if path or arrived.length > 256:
            count = max(arrived.length, len(numbers) if isinstance(numbers, np.ndarray) else 0)
            return wrong(answer, "history_returned", count=count)
        return wrong(answer, point.misconception, what=point.fact.removeprefix("it is "))
    if not np.isfinite(point).all():
        # A walk that runs away takes all coordinates with it, to inf and then nan.
        if np.isfinite(point).any():
            return wrong(answer, "not_finite", what=place(point))
        ended = wrong(answer, "diverged", place=place(point))
        if np.isnan(point).any():
            what = "is no number any more: the steps overflowed, or 0 was divided by 0."
            ended = replace(ended, fact=f"`{answer}` = {place(point)} {what}")
        return ended
    return point


@dataclass(frozen=True)
class StationaryPoint(Check):
    """The answer is a place where the slope of `of` is zero; a minimum, unless `any_kind`.

    Args:
        other_than: the name of an answer that must be another stationary point.
        descent: a descent that leads there, if the exercise names one. It sharpens the
            messages, and an answer as good as where it truly ends is right.
        within: largest distance in each coordinate, in the units of the place; by default, what
            the function's own scale allows (`tolerance.place_tolerance`).

    Raises:
        CheckError: on making it, if the parts do not fit together, or `of` is the same everywhere.
    """

    answer: str
    of: Any
    at: Any = None
    any_kind: bool = False
    other_than: str | None = None
    descent: Descent | None = None
    within: float | None = None
    _landscape: Landscape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bind the reference, as the function stands now."""
        if self.within is not None and not 0 < self.within < REACH:
            raise CheckError(f"{self.answer}: within={self.within!r} is not in (0, {REACH}).")
        shown = self.at
        if shown is None and self.descent is not None:
            start = self.descent.start
            shown = start[0] if len(start) == 1 else None
        landscape = Landscape(self.of, shown)
        if self.descent is not None and len(self.descent.start) != landscape.layout.size:
            raise CheckError(
                f"{self.answer}: start={self.descent.start!r} has {len(self.descent.start)} "
                f"numbers; the function takes {landscape.layout.size}."
            )
        landscape.refuse_constant(self.answer)
        object.__setattr__(self, "_landscape", landscape)

    @property
    def given(self) -> tuple[str, ...]:
        """The function, and the answer that this one must differ from."""
        names = super().given
        return names if self.other_than is None else (*names, self.other_than)

    def questions(self, seed: int) -> list[Question]:
        """What the answer is; nothing is drawn."""
        return [Look(n) for n in (self.answer, self.other_than) if n is not None]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        size = self._landscape.layout.size
        u = read_place(self.answer, replies[0], {*taken, *self.given}, size)
        value = replies[0].value if isinstance(replies[0], Found) else None
        path = None if value is None else read_path(value, size, gaps=True)
        if isinstance(u, Verdict):
            return [self._without_place(u, path)]
        verdict = judge_place(
            self.answer, self._landscape, u, self.within, self.descent, self.any_kind
        )
        verdict = _of_its_type(verdict, replies[0])
        if path is not None and isinstance(verdict.evidence, PlaceEvidence):
            evidence = replace(verdict.evidence, path=_thinned(path))
            verdict = replace(verdict, evidence=evidence)
        if verdict.right and self.other_than is not None and self._same(u, replies[1]):
            verdict = wrong(
                self.answer,
                "same_minimum",
                place=place(u),
                other=self.other_than,
                rows=verdict.rows,
                evidence=verdict.evidence,
            )
        return [shown_moving(verdict, self._landscape, self.descent, reach(u))]

    def _without_place(self, verdict: Verdict, path: Path | None) -> Verdict:
        """What is to be seen where no place came: a whole path, or a walk that ran away."""
        if verdict.misconception == "history_returned" and path is not None:
            ground = scenery(self._landscape, path[-1], None, path)
            return replace(verdict, evidence=replace(ground, path=_thinned(path)))
        if verdict.misconception == "diverged" and self.descent is not None:
            ground = _where_it_began(self._landscape, self.descent)
            shown = shown_moving(
                replace(verdict, evidence=ground), self._landscape, self.descent, REACH
            )
            # Where slopes have a bound, no step runs away: it was 0 / 0, which is nothing to see.
            away = isinstance(shown.evidence, PlaceEvidence) and shown.evidence.replays
            return shown if away else verdict
        return verdict

    def _same(self, u: Point, other: Reply) -> bool:
        """Whether the other answer is right and means the same stationary point."""
        if not isinstance(other, Found):
            return False
        v = read_point(other.value, len(u))
        if isinstance(v, Problem) or not np.isfinite(v).all():
            return False
        here = self._landscape.nearest_stationary(u, reach(u))
        there = self._landscape.nearest_stationary(v, reach(v))
        if here is None or there is None:
            return bool(np.abs(u - v).max() <= 2 * (self.within or WITHIN))
        return bool(np.abs(here.place - there.place).max() <= 1e-6 * (1 + np.abs(u).max()))


# --------------------------------------------------------------------------- judging a place


def reach(u: Point) -> float:
    """How far to look: farther where the place itself is in the thousands and more."""
    size = float(np.abs(u).max())
    return max(REACH, 1e-2 * size if size > 1e3 else 0.0)


def _of_its_type(verdict: Verdict, reply: Reply) -> Verdict:
    """A wrong place that is held in a type which cannot hold a right one: that is the mistake."""
    dtype = reply.value.dtype if isinstance(reply, Found) else ""
    if verdict.right or not dtype:
        return verdict
    at = place(verdict.rows[0].place) if verdict.rows else verdict.answer
    if dtype in ("float16", "bfloat16"):
        name = "low_precision"
    elif dtype.startswith(("int", "uint")):
        name = "integer_array"
    else:
        return verdict
    fact, hint = explain(name, name=verdict.answer, place=at, dtype=dtype)
    return replace(verdict, fact=f"{fact} {verdict.fact}", hint=hint, misconception=name)


def _room(
    landscape: Landscape, found: Stationary, within: float | None, descent: Descent | None
) -> np.ndarray:
    """How far from the true minimum an answer may be, in each coordinate; shape (n,)."""
    own = place_tolerance(landscape, found, WITHIN) if within is None else within
    step = descent.step_size if descent is not None else 1e-3
    # Where a coordinate is in the millions, float32 has no finer numbers.
    room = np.maximum(own, 4 * np.spacing(np.abs(found.place).astype(np.float32)))
    if found.curvature <= 0:
        return room
    # Of the coordinates that descent moves: one that is held does not keep it from its end.
    moved = found.place[landscape.free]
    stall = stall_distance(moved, found.curvature, step)
    return np.maximum(room, np.minimum(stall, 10 * np.asarray(own)))


def _leads_to(landscape: Landscape, end: Point, found: Stationary) -> bool:
    """Whether a walk that ends at `end` (n,) was on its way to this stationary point."""
    if not np.isfinite(end).all():
        return False
    goal = landscape.nearest_stationary(end, reach(end))
    near = 1e-6 * (1 + np.abs(found.place))
    return goal is not None and bool((np.abs(goal.place - found.place) <= near).all())


def _as_good_as_descent(
    landscape: Landscape,
    u: Point,
    found: Stationary | None,
    descent: Descent,
    within: float | None,
) -> bool:
    """Whether `u` is where the exercise's own descent truly ends, or nearer to its minimum."""
    walks = landscape.walks(descent)
    if not walks or not np.isfinite(walks[""][-1]).all():
        return False
    end = walks[""][-1]
    goal = landscape.nearest_stationary(end, reach(end))
    if goal is None or goal.kind != "minimum":
        return False
    if (np.abs(u - end) <= (within or place_tolerance(landscape, goal, WITHIN))).all():
        return True
    same = found is not None and np.abs(found.place - goal.place).max() <= 1e-6
    left = np.abs(end - goal.place).max()
    return bool(same and np.abs(u - goal.place).max() <= left)


def judge_place(
    answer: str,
    landscape: Landscape,
    u: Point,
    within: float | None = None,
    descent: Descent | None = None,
    any_kind: bool = False,
) -> Verdict:
    """Whether the slope is zero at `u` (n,) and what kind of place it is; one verdict."""
    slope = landscape.slope(u)
    at, left = tuple(map(float, u)), tuple(map(float, slope))

    def shown(walk: Path | None = None) -> PlaceEvidence:
        evidence = replace(scenery(landscape, u, descent, walk), place=at, slope=left)
        return evidence if walk is None else replace(evidence, walk=_thinned(walk, 24))

    rows = (Row(at, left, (0.0,) * len(slope), False),)
    found = landscape.nearest_stationary(u, reach(u)) if np.isfinite(slope).all() else None
    # So far out, only what is a minimum is believed to have been looked for there.
    far = np.abs(u).max() > 1e6 and (found is None or found.kind != "minimum")
    if far or not np.isfinite(slope).all():
        hit = name_end(landscape, descent, u) if descent is not None else None
        name, words = hit if hit is not None else ("diverged", {"place": place(u)})
        walk = None if descent is None or hit is None else walk_of(landscape, descent, hit, u)
        evidence = shown(walk)
        if walk is None and descent is not None:  # what is seen is where it began
            evidence = replace(_where_it_began(landscape, descent), place=at, slope=left)
        return wrong(answer, name, **words, rows=rows, evidence=evidence)
    good_kind = found is not None and (
        found.kind == "minimum" or (any_kind and found.kind != "plateau")
    )
    if found is not None and good_kind:
        room = _room(landscape, found, within, descent)
        near = (np.abs(u - found.place) <= room).all()
        if near or (
            descent is not None and _as_good_as_descent(landscape, u, found, descent, within)
        ):
            what = "a minimum" if found.kind == "minimum" else "stationary"
            # A slope that float32 cannot get below is as good as 0 to a reader.
            far = (np.abs(u - found.place) > 1e-6 * (1 + np.abs(u))).any()
            steep = slopes(slope) if far else place(slope)
            where = beside(landscape, u, None if near else found)
            close = "close enough to " if far and found.kind == "minimum" else ""
            fact = f"`{answer}` = {where} is {close}{what}: the slope there is {steep}."
            right = (Row(rows[0].place, rows[0].yours, rows[0].reference, True),)
            if descent is None:
                return Verdict(answer, "right", 1.0, fact, rows=right, evidence=shown())
            # Another minimum than that of the exercise's own descent is right, and has no walk.
            walk = landscape.iterates(descent)
            arrives = walk is not None and _leads_to(landscape, walk[-1], found)
            stalls_at = stall_slope(found.place[landscape.free], descent.step_size)
            stall = Stall(descent.step_size, stalls_at)
            evidence = replace(shown(walk if arrives else None), stall=stall)
            return Verdict(answer, "right", 1.0, fact, rows=right, evidence=evidence)
    return _name_place(answer, landscape, u, slope, found, within, descent, rows, shown)


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


def _where_it_began(landscape: Landscape, descent: Descent) -> PlaceEvidence:
    """What is seen of an answer that lies nowhere: where its descent began, and first steps."""
    begin = np.asarray(descent.start, dtype=np.float64)
    away = runaway(landscape, descent)
    return scenery(landscape, begin, descent, begin[None] if away is None else away, first=3)


def _thinned(path: Path, most: int = 40) -> tuple[tuple[float, ...], ...]:
    return tuple(map(rounded, thinned(path, most)))


def _name_place(
    answer: str,
    landscape: Landscape,
    u: Point,
    slope: Slope,
    found: Stationary | None,
    within: float | None,
    descent: Descent | None,
    rows: tuple[Row, ...],
    shown: Callable[..., PlaceEvidence],
) -> Verdict:
    """Why `u` is not right: the loop that leads there, the kind of place, or the slope left."""
    words: dict[str, Any] = {
        "place": beside(landscape, u, found),
        "slope": slopes(slope),
        "name": answer,
    }
    level = words["place"]
    if landscape.layout.size > len(landscape.free) == 1:
        level += f", along {NAMES[landscape.free[0]]},"
    words["way"] = ""
    if slope.size == 1 and slope[0]:
        words["way"] = f": the curve {'rises' if slope[0] > 0 else 'falls'} there"
    words["ask"] = "Put your place into the derivative: is it 0 there?"
    if descent is not None:
        words["ask"] = "Did your steps go on for long enough?"
    near_by = WITHIN if within is None else within

    def verdict(name: str, walk: Path | None = None, **more: Any) -> Verdict:
        return wrong(answer, name, **{**words, **more}, rows=rows, evidence=shown(walk))

    if found is not None and found.kind == "minimum":
        digits = _rounded(u, found, landscape, descent)
        if digits == 1:  # too coarse to be worth something
            return verdict("place_rounded", decimals=decimals(digits))
        if digits is not None:
            fact, hint = explain("place_rounded", **words, decimals=decimals(digits))
            return Verdict(answer, "partly", 0.5, fact, hint, "place_rounded", rows, shown())
    if descent is not None:
        hit = name_end(landscape, descent, u)
        if hit is not None:
            return verdict(hit[0], walk_of(landscape, descent, hit, u), **hit[1])
    at_it = found is not None and bool(
        (np.abs(u - found.place) <= _room(landscape, found, within, descent)).all()
    )
    if found is not None and at_it and found.kind != "minimum":
        names = {
            "maximum": "maximum_found",
            "saddle": "saddle_found",
            "plateau": "plateau_found",
            "flat": "plateau_found",
        }
        return verdict(names.get(found.kind, "stationary_not_minimum"), place=level)
    if found is None and levels_off(landscape, u):
        return verdict("plateau_found", place=level)
    ruler = near_by
    if found is not None and within is None:
        ruler = float(place_tolerance(landscape, found, WITHIN).min())
    mistaken = _mistaken_quantity(landscape, u, ruler, descent)
    if mistaken is not None:
        return verdict(mistaken)
    close = found is not None and np.abs(u - found.place).max() <= 0.1
    if found is not None and close and found.kind == "minimum":
        return verdict("near_but_not_there")
    return verdict("not_stationary", place=level)


def beside(landscape: Landscape, u: Point, found: Stationary | None) -> str:
    """A place in digits enough to tell it from the stationary point beside it."""
    nothing = NOTHING
    if np.abs(u).max() < 10 * WITHIN:  # what is nothing elsewhere may be the scale of this one
        near = found or landscape.nearest_stationary(u, REACH)
        if near is not None:
            nothing = min(NOTHING, 1e-2 * float(place_tolerance(landscape, near, WITHIN).min()))
    digits = 4
    while found is not None and digits < 9:
        if place(u, digits, nothing) != place(found.place, digits, nothing):
            break
        digits += 1
    return place(u, digits, nothing)


def _rounded(
    u: Point, found: Stationary, landscape: Landscape, descent: Descent | None
) -> int | None:
    """To how many decimals `u` is a rounding of the minimum or of the descent's end."""
    targets = [found.place]
    if descent is not None:
        walks = landscape.walks(descent)
        if walks and np.isfinite(walks[""][-1]).all():
            targets.append(walks[""][-1])
    for digits in (1, 2, 3):
        for target in targets:
            nearest = np.round(target, digits)
            if not nearest.any() and target.any():
                continue  # a minimum at 0.0001 is told in other numbers
            if np.abs(u - nearest).max() <= 1e-6:
                return digits
    return None


def _mistaken_quantity(
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
    if steepness and abs(landscape.value(u)) / steepness <= 1e-3:
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
    if kept.any() and not kept.all() and np.abs(landscape.slope(u)[~kept]).max() <= within:
        return "one_coordinate_updated"
    return None
