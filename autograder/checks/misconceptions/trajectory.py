"""Which loop ends here? Mistakes of a descent, recognised by where they lead."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..landscape import Descent, Landscape
from ..wording import place

__all__ = ["name_end"]

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
)
_SMALLER = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-4)


def _same(u: np.ndarray, v: np.ndarray, ruler: float) -> bool:
    """Whether two places are one, up to float32 rounding gathered on the way.

    `ruler` is the length of the walk: a thousandth of it tells all mistakes apart.
    """
    if not np.isfinite(v).all():
        return False
    return bool(np.abs(u - v).max() <= 1e-5 + 1e-3 * min(ruler, 1.0) + 2e-4 * np.abs(v).max())


def name_end(landscape: Landscape, descent: Descent, u: np.ndarray) -> Hit | None:
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
        if name in walks:
            walk = walks[name]
            # off by one step as well: it is the same mistake
            for last in (walk[-1], walk[-2]):
                if _same(u, last, ruler) and not _same(last, end, ruler):
                    return (name, words)
    k = int(np.nanargmin(np.abs(path - u).max(axis=1)))
    spacing = np.abs(path[min(k + 1, len(path) - 1)] - path[k]).max()
    near = np.abs(path[k] - u).max() <= 0.05 * spacing + 1e-6 * (1 + np.abs(u).max())
    if 1 < k < descent.num_steps and near:
        return ("too_few_steps", {**words, "steps": k, "num_steps": descent.num_steps})
    smaller = [descent.step_size * s for s in _SMALLER]
    for s, other in zip(smaller, landscape.ends(descent, smaller), strict=True):
        if _same(u, other, ruler / 10) and not _same(other, end, ruler / 10):
            return ("step_too_small", {**words, "step": s, "step_size": descent.step_size})
    return None
