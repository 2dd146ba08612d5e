"""A place judged: is it a minimum of that function, and if not, what is it and what led there?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .base import wrong
from .corners import is_bottom, is_top
from .evidence import PlaceEvidence, Stall
from .landscape import REACH, Descent, Landscape
from .misconceptions.place import mistaken_quantity
from .misconceptions.trajectory import name_end, walk_of
from .shapes import Path, Point, Slope
from .stationary import Stationary, levels_off
from .surroundings import scenery, shortened, where_it_began
from .tolerance import place_tolerance, stall_distance, stall_slope
from .verdict import Row, Verdict
from .wording import NOTHING, decimals, explain, number, place, significant_digits, slopes

__all__ = [
    "NAMES",
    "WITHIN",
    "aside",
    "beside",
    "goes_on",
    "inflection",
    "is_minimum",
    "judge_place",
    "near_a_corner",
    "reach",
    "without_slope",
]

WITHIN = 1e-2
NAMES = "xyzuvw"


def reach(u: Point) -> float:
    """How far to look: farther where the place itself is in the thousands and more."""
    size = float(np.abs(u).max())
    return max(REACH, 1e-2 * size if size > 1e3 else 0.0)


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
        return evidence if walk is None else replace(evidence, walk=shortened(walk, 24))

    rows = (Row(at, left, (0.0,) * len(slope), False),)
    # JAX follows the formula of a derivative on to where the function itself has no value.
    ground = bool(np.isfinite(slope).all() and np.isfinite(landscape.value(u)))
    found = landscape.nearest_stationary(u, reach(u)) if ground else None
    # So far out, only what is a minimum is believed to have been looked for there.
    far = np.abs(u).max() > 1e6 and (found is None or found.kind != "minimum")
    if far or not ground:
        hit = name_end(landscape, descent, u) if descent is not None else None
        if hit is not None:
            name, words = hit
        elif far:
            name, words = "diverged", {"place": place(u)}
        elif not any_kind and is_bottom(landscape, u):
            fact = f"`{answer}` = {place(u)} is a minimum: the function is higher all around."
            right = (Row(at, left, left, True),)
            return Verdict(answer, "right", 1.0, fact, rows=right, evidence=shown())
        else:
            return without_slope(answer, landscape, u, rows, shown())
        walk = None if descent is None or hit is None else walk_of(landscape, descent, hit, u)
        evidence = shown(walk)
        if walk is None and descent is not None:  # what is seen is where it began
            evidence = replace(where_it_began(landscape, descent), place=at, slope=left)
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
            unit = np.minimum(1.0, room / WITHIN)  # of a small scale, what 1 is of others
            far = (np.abs(u - found.place) > 1e-6 * (unit + np.abs(u))).any()
            steep = slopes(slope) if far else place(slope)
            where = beside(landscape, u, None if near else found)
            close = "close enough to " if far and found.kind == "minimum" else ""
            why = f"the slope there is {steep}"
            if found.sharp:
                why = f"a corner, from which the function rises {aside(landscape)}"
            fact = f"`{answer}` = {where} is {close}{what}: {why}."
            right = (Row(at, left, left if found.sharp else rows[0].reference, True),)
            if descent is None:
                return Verdict(answer, "right", 1.0, fact, rows=right, evidence=shown())
            # Another minimum than that of the exercise's own descent is right, and has no walk.
            walk = landscape.iterates(descent)
            arrives = walk is not None and _leads_to(landscape, walk[-1], found)
            moved = found.place[landscape.free]
            stalls_at = float(stall_slope(moved, descent.step_size).max())
            stall = None if found.sharp else Stall(descent.step_size, stalls_at)
            evidence = replace(shown(walk if arrives else None), stall=stall)
            return Verdict(answer, "right", 1.0, fact, rows=right, evidence=evidence)
    return _name_place(answer, landscape, u, slope, found, within, descent, rows, shown)


def without_slope(
    answer: str, landscape: Landscape, u: Point, rows: tuple[Row, ...], evidence: PlaceEvidence
) -> Verdict:
    """Of a place (n,) at which the function has no value, or a value and no slope."""
    value, slope = landscape.value(u), landscape.slope(u)
    verdict = wrong(answer, "not_finite", what="", rows=rows, evidence=evidence)
    name = getattr(landscape.of, "__name__", "")
    name = f"`{name}`" if name.isidentifier() else "the function"
    if not np.isfinite(value):
        fact = f"At {place(u)}, {name} is {number(value)}: that place lies outside of its domain."
        return replace(verdict, fact=fact, hint=f"For which places has {name} a value?")
    fact = f"At {place(u)}, {name} is {number(value)}, but has no slope: it comes out as "
    hint = "What is under the root, in the logarithm, or below the fraction bar there?"
    return replace(verdict, fact=f"{fact}{place(slope)}.", hint=hint)


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
        room = _room(landscape, found, within, descent)
        digits = _rounded(u, found, room, landscape, descent)
        if digits == 1:  # too coarse to be worth something
            return verdict("place_rounded", decimals=decimals(digits))
        significant = None if digits else _few_digits(u, found)
        # Of numbers in the thousands, 3 digits are coarser than 1 decimal.
        if significant is not None and (significant < 3 or np.abs(u).max() >= 1):
            return verdict("place_rounded", decimals=significant_digits(significant))
        if digits or significant:
            rounded = significant_digits(significant) if significant else decimals(digits or 0)
            fact, hint = explain("place_rounded", **words, decimals=rounded)
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
        onwards = goes_on(landscape, found)
        if onwards:
            fact = inflection(level, onwards)
            return replace(verdict("stationary_not_minimum", place=level), fact=fact)
        return verdict(names.get(found.kind, "stationary_not_minimum"), place=level)
    if found is None and landscape.reference.may_have_corners and is_top(landscape, u):
        fact = f"At {level} there is a maximum: a corner, from which the function falls."
        return replace(verdict("maximum_found", place=level), fact=fact)
    if found is None and levels_off(landscape, u):
        return verdict("plateau_found", place=level)
    ruler = near_by
    if found is not None and within is None:
        ruler = float(place_tolerance(landscape, found, WITHIN).min())
    mistaken = mistaken_quantity(landscape, u, ruler, descent)
    if mistaken is not None:
        return verdict(mistaken)
    # Where the scale is small, the ruler is a tenth of it; else a hundredth.
    around = 0.1 if within is not None or ruler >= WITHIN else 3 * ruler
    close = found is not None and np.abs(u - found.place).max() <= around
    if found is not None and close and found.kind == "minimum":
        near = verdict("near_but_not_there")
        return near_a_corner(near, words["place"]) if found.sharp else near
    return verdict("not_stationary", place=level)


def is_minimum(landscape: Landscape, u: Point, found: Stationary | None) -> bool:
    """Whether `u` (n,) is as near as need be to a minimum, the stationary point nearest to it."""
    if found is None or found.kind != "minimum":
        return False
    return bool((np.abs(u - found.place) <= _room(landscape, found, None, None)).all())


def near_a_corner(verdict: Verdict, where: str, kind: str = "minimum") -> Verdict:
    """What is said beside a corner, where there is no slope to become less."""
    fact = f"{where} is near a {kind}, but not there yet: the function has a corner beside it."
    hint = "Steps of one size leap to and fro across a corner. Would smaller ones come nearer?"
    return replace(verdict, fact=fact, hint=hint, rows=())


def aside(landscape: Landscape) -> str:
    """Where a function rises, or falls, from a corner."""
    return "on both sides" if len(landscape.free) == 1 else "in all directions"


def goes_on(landscape: Landscape, found: Stationary) -> str:
    """Of a place that is level, whether the one coordinate that is free "rises" or "falls" on.

    "" where it does neither, or where there are several ways to go.
    """
    if found.kind != "saddle" or len(landscape.free) > 1:
        return ""
    beside = np.repeat(found.place[None], 2, axis=0)
    beside[:, landscape.free] += np.array([[-1.0], [1.0]]) * 1e-2 * (1 + np.abs(found.place).max())
    left, right = landscape.slopes(beside)[:, 0]
    return "rises" if left > 0 < right else "falls" if left < 0 > right else ""


def inflection(where: str, onwards: str) -> str:
    """What is said of a place that is level on the way up, or down."""
    on = {"rises": "rising", "falls": "falling"}[onwards]
    return f"The slope at {where} is zero, but the function {onwards} before it and goes on {on}."


def _room(
    landscape: Landscape, found: Stationary, within: float | None, descent: Descent | None
) -> np.ndarray:
    """How far from the true minimum an answer may be, in each coordinate; shape (n,)."""
    own = place_tolerance(landscape, found, WITHIN) if within is None else within
    # Where a coordinate is in the millions, float32 has no finer numbers.
    room = np.maximum(own, 4 * np.spacing(np.abs(found.place).astype(np.float32)))
    # What an author allows is what is allowed; where a descent is named, its end is right as well.
    if found.curvature <= 0 or (within is not None and descent is None):
        return room
    step = descent.step_size if descent is not None else 1e-3
    # Of the coordinates that descent moves: one that is held does not keep it from its end.
    free = landscape.free
    stall = np.zeros(len(found.place))
    bends = np.diag(landscape.hessian(found.place))
    stall[free] = stall_distance(found.place[free], bends, step)
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


def _few_digits(u: Point, found: Stationary) -> int | None:
    """To how many significant digits, 2 or 3, `u` is a rounding of the minimum."""
    for digits in (2, 3):
        nearest = [float(f"{x:.{digits - 1}e}") for x in found.place]
        if u.all() and (np.abs(u - nearest) <= 1e-6 * np.abs(u)).all():
            return digits
    return None


def _rounded(
    u: Point,
    found: Stationary,
    room: np.ndarray,
    landscape: Landscape,
    descent: Descent | None,
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
            if ((nearest == 0) & (np.abs(target) > room)).any():
                continue  # a minimum at 0.0001 is told in other numbers
            if np.abs(u - nearest).max() <= 1e-6:
                return digits
    return None
