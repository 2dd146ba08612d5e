"""Which loop ends here? Mistakes of a descent, recognised by where they lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..landscape import Descent, Landscape
from ..shapes import Path, Point
from ..wording import place

__all__ = ["name_end", "walk_of"]

Hit = tuple[str, dict[str, Any]]

# Likeliest first: several may lead to nearly the same place.
_ORDER = (
    "ascent",
    "stale_gradient",
    "assignment_minus",
    "used_second_derivative",
    "squared_gradient",
    "sign_of_gradient",
    "no_step_size",
    "used_function_for_slope",
    "rounded_in_loop",
)
_SMALLER = np.geomspace(1e-5, 0.9, 120)


def _same(u: Point, v: Point, ruler: float) -> bool:
    """Whether two places are one, up to float32 rounding gathered on the way.

    `ruler` is the length of the walk: a thousandth of it tells all mistakes apart.
    """
    if not np.isfinite(v).all():
        return False
    return bool(np.abs(u - v).max() <= 1e-5 + 1e-3 * min(ruler, 1.0) + 2e-4 * np.abs(v).max())


def name_end(landscape: Landscape, descent: Descent, u: Point) -> Hit | None:
    """The mistake that turns `descent` into a walk that ends at `u` (n,), or None."""
    walks = landscape.walks(descent)
    if not walks:
        return None
    path = walks[""]
    start, end = path[0], path[-1]
    ruler = float(np.nanmax(np.abs(end - start))) if np.isfinite(end).all() else 1.0
    words: dict[str, Any] = {"place": place(u)}
    if np.abs(u - start).max() <= 1e-6 * (1 + np.abs(start).max()):
        return ("start_returned", words)
    if _same(u, path[1], ruler / 10):
        return ("one_step_only", words)
    for name in _ORDER:
        for walk in (w for key, w in walks.items() if key.partition(":")[0] == name):
            # off by one step as well: it is the same mistake
            for last in (walk[-1], walk[-2]):
                if _same(u, last, ruler) and not _same(last, end, ruler):
                    return (name, words)
    k = int(np.nanargmin(np.abs(path - u).max(axis=1)))
    spacing = np.abs(path[min(k + 1, len(path) - 1)] - path[k]).max()
    near = np.abs(path[k] - u).max() <= 0.05 * spacing + 1e-6 * (1 + np.abs(u).max())
    if 1 < k < descent.num_steps and near:
        return ("too_few_steps", {**words, "steps": k, "num_steps": descent.num_steps})
    smaller = _smaller_step(landscape, descent, u, end, ruler)
    if smaller is not None:
        return ("step_too_small", {**words, "step": smaller, "step_size": descent.step_size})
    return _of_the_end(landscape, u, end, words)


def walk_of(landscape: Landscape, descent: Descent, hit: Hit, u: Point) -> Path | None:
    """The walk with this mistake, which ends at `u` (n,); None of what is no walk."""
    name, words = hit
    walks = landscape.walks(descent)
    if not walks:
        return None
    if name == "start_returned":  # a walk that stays where it is
        return np.repeat(walks[""][:1], 2, axis=0)
    if name in ("one_step_only", "too_few_steps"):
        return walks[""][: words.get("steps", 1) + 1]
    if name == "step_too_small":
        return landscape.iterates(replace(descent, step_size=words["step"]))
    own = [walk for key, walk in walks.items() if key and key.partition(":")[0] == name]
    return min(own, key=lambda walk: float(np.abs(walk[-1] - u).max()), default=None)


def _smaller_step(
    landscape: Landscape, descent: Descent, u: Point, end: Point, ruler: float
) -> float | None:
    """A smaller step size with which the descent ends at `u`.

    Every place on the way is where *some* step size leads; people write numbers of one or two
    digits, so only such a step is believed.
    """
    steps = _SMALLER * descent.step_size
    nearest = steps[int(np.nanargmin(np.abs(landscape.ends(descent, steps) - u).max(axis=1)))]
    fine = np.linspace(0.9, 1.1, 120) * nearest
    nearest = fine[int(np.nanargmin(np.abs(landscape.ends(descent, fine) - u).max(axis=1)))]
    round_step = float(f"{nearest:.2g}")
    (there,) = landscape.ends(descent, [round_step])
    near = np.abs(u - there).max() <= 1e-5 * (1 + np.abs(u).max()) + 1e-4 * min(ruler, 1.0)
    return round_step if near and not _same(there, end, ruler / 10) else None


def _of_the_end(landscape: Landscape, u: Point, end: Point, words: dict[str, Any]) -> Hit | None:
    """The slope where the descent ends, in place of the place."""
    if landscape.layout.size != 1 or not np.isfinite(end).all():
        return None
    slope = float(landscape.slope(end)[0])
    if abs(u[0] - slope) <= 0.02 * abs(slope) + 1e-5:
        return ("slope_instead_of_place", words)
    return None
