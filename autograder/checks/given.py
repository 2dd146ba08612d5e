"""Whether a given function is still the given one, by what it does and not by how it is written.

In marking the exercise's own function judges in any case; what became of the student's is only
said, since it explains what else went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax.numpy as jnp
import numpy as np

from ..errors import CheckError
from .base import Check
from .layout import Layout, find_layout
from .questions import Call, Calls, Found, Look, Question, Reply, Returned
from .reading import read_numbers

__all__ = ["differ", "given_questions", "is_changed", "same_values"]

T = TypeVar("T")

_PLACES = (0.37, -1.21, 1.83, -2.6, 0.9, -0.55, 2.2)  # generic: nothing is special there
_SECONDS = 3.0


def given_questions(check: Check) -> list[Question]:
    """What to ask the function that the check was handed; nothing where it has no name."""
    of = getattr(check, "of", None)
    name = getattr(of, "__name__", "")
    if of is None or not name.isidentifier():
        return []
    try:
        layout = _layout(check)
    except CheckError:
        return []
    calls = tuple(layout.arguments(u) for u in _places(layout.size))
    return [Look(name), Call(name, calls, _SECONDS)]


def _layout(check: Any) -> Layout:
    return _kept(check, "layout", lambda: find_layout(check.of, getattr(check, "at", None)))


def _due(check: Any) -> list[np.ndarray]:
    """The function's own values at the places that are asked."""
    parts = [_layout(check).split(u.astype(np.float32)) for u in _places(_layout(check).size)]
    return _kept(
        check, "due", lambda: [np.asarray(check.of(*_arguments(p)), np.float64) for p in parts]
    )


def _kept(check: Any, what: str, find: Callable[[], T]) -> T:
    """What is the same for all of a class is found out once, and kept with the check."""
    kept = vars(check).setdefault("_of_given", {})
    if what not in kept:
        kept[what] = find()
    found: T = kept[what]
    return found


def _places(size: int) -> list[np.ndarray]:
    return [np.resize(np.roll(_PLACES, -k), size) + 0.01 * k * np.arange(size) for k in range(3)]


def is_changed(check: Check, replies: Sequence[Reply]) -> bool:
    """Whether `given_questions` found another function; not where it found none at all."""
    if len(replies) != 2 or not isinstance(replies[0], Found):
        return False
    calls = replies[1]
    if not isinstance(calls, Calls) or not calls.outcomes:
        return True
    for due, outcome in zip(_due(check), calls.outcomes, strict=True):
        given = read_numbers(outcome.value) if isinstance(outcome, Returned) else None
        if not isinstance(given, np.ndarray) or not np.allclose(given, due, 1e-4, 1e-5, True):
            return True
    return False


def differ(first: Check, second: Check) -> bool | None:
    """Whether two checks of one line were handed functions that differ; None: they have none.

    Raises:
        CheckError: one of them cannot be asked.
    """
    of, other = getattr(first, "of", None), getattr(second, "of", None)
    if of is None or other is None:
        return None
    return not same_values(of, other, find_layout(of, getattr(first, "at", None)), 1e-6, 1e-9)


def same_values(
    of: Callable[..., Any], other: Callable[..., Any], layout: Layout, rtol: float, atol: float
) -> bool:
    """Whether two functions have the same values at a handful of places; raises what they raise."""
    for u in _places(layout.size):
        arguments = _arguments(layout.split(u.astype(np.float32)))
        one, two = (np.asarray(f(*arguments), dtype=np.float64) for f in (of, other))
        if one.shape != two.shape or not np.allclose(one, two, rtol, atol, equal_nan=True):
            return False
    return True


def _arguments(parts: list[Any]) -> list[Any]:
    # Arrays of JAX's, as students hand them over: NumPy's have no `.at`.
    return [float(part) if part.shape == () else jnp.asarray(part) for part in parts]
