"""Whether a given function is still the given one, by what it does and not by how it is written.

In marking the exercise's own function judges in any case; what became of the student's is only
said, since it explains what else went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..errors import CheckError
from .base import Check
from .layout import Layout, find_layout
from .questions import Call, Calls, Found, Look, Question, Reply, Returned
from .reading import read_numbers

__all__ = ["differ", "given_questions", "is_changed", "same_values"]

_PLACES = (0.37, -1.21, 1.83, -2.6, 0.9, -0.55, 2.2)  # generic: nothing is special there
_SECONDS = 3.0


def given_questions(check: Check) -> list[Question]:
    """What to ask the function that the check was handed; nothing where it has no name."""
    of = getattr(check, "of", None)
    name = getattr(of, "__name__", "")
    if of is None or not name.isidentifier():
        return []
    try:
        layout = find_layout(of, getattr(check, "at", None))
    except CheckError:
        return []
    calls = tuple(layout.arguments(u) for u in _places(layout.size))
    return [Look(name), Call(name, calls, _SECONDS)]


def _places(size: int) -> list[np.ndarray]:
    return [np.resize(np.roll(_PLACES, -k), size) + 0.01 * k * np.arange(size) for k in range(3)]


def is_changed(check: Check, replies: Sequence[Reply]) -> bool:
    """Whether `given_questions` found another function; not where it found none at all."""
    of: Any = getattr(check, "of", None)
    if len(replies) != 2 or not isinstance(replies[0], Found):
        return False
    calls = replies[1]
    if not isinstance(calls, Calls) or not calls.outcomes:
        return True
    layout = find_layout(of, getattr(check, "at", None))
    for u, outcome in zip(_places(layout.size), calls.outcomes, strict=True):
        due = np.asarray(of(*_arguments(layout.split(u.astype(np.float32)))), dtype=np.float64)
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
