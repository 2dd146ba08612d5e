"""Where a function that is put together of pieces decides between them: `where`, `maximum`, `abs`.

An answer may be wrong on one piece alone, so that each piece has to be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import jax
import jax.numpy as jnp

from .jaxprs import held, walk

__all__ = ["decisions", "may_have_corners"]

_DECIDED: dict[str, Callable[..., Any]] = {
    "select_n": lambda which, *_: which != 0,
    "max": lambda a, b: a > b,
    "min": lambda a, b: a > b,
    "clamp": lambda low, x, high: jnp.stack([x > low, x < high]),
    "abs": lambda x: x > 0,
    "sign": lambda x: x > 0,
}

# What has a corner without deciding anything, or may hold anything.
_BEND = {"sqrt", "rsqrt", "cbrt", "pow", "sort", "reduce_max", "reduce_min", "cummax", "cummin",
         "cond", "while", "scan"}  # fmt: skip


def may_have_corners(f: Callable[[Any], Any], size: int) -> bool:
    """Whether `f`, of a flat place (size,), does what can make a corner."""
    return _does(_traced(f, size).jaxpr, _BEND | set(_DECIDED))


def decisions(f: Callable[[Any], Any], size: int) -> Callable[[Any], Any] | None:
    """What `f` decides on its way, as a function of the place; None where it decides nothing.

    Args:
        f: takes a flat place (size,), and can be traced.
        size: how many coordinates the place has.

    Returns:
        A function of a place that gives the decisions as truths (m,).
    """
    closed = _traced(f, size)
    if not _does(closed.jaxpr, set(_DECIDED)):
        return None

    def decided(place: Any) -> Any:
        found: list[Any] = []

        def apply(eqn: Any, ins: list[Any]) -> Any:
            if eqn.primitive.name in _DECIDED:
                found.append(_DECIDED[eqn.primitive.name](*ins))
            result = eqn.primitive.bind(*ins, **eqn.params)
            return result if eqn.primitive.multiple_results else [result]

        walk(closed, [place], apply)
        return jnp.concatenate([jnp.ravel(truth) for truth in found])

    return decided


def _traced(f: Callable[[Any], Any], size: int) -> Any:
    return jax.make_jaxpr(f)(jax.ShapeDtypeStruct((size,), jnp.result_type(float)))


def _does(jaxpr: Any, operations: Collection[str]) -> bool:
    return any(
        eqn.primitive.name in operations
        or ((inner := held(eqn)) is not None and _does(inner.jaxpr, operations))
        for eqn in jaxpr.eqns
    )
