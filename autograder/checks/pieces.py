"""Where a function that is put together of pieces decides between them: `where`, `maximum`, `abs`.

An answer may be wrong on one piece alone, so that each piece has to be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

__all__ = ["decisions", "held"]

_HOLDS = {
    "pjit": "jaxpr",
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "remat": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
}
"""Operations that hold others, and the parameter in which they do."""

_DECIDED: dict[str, Callable[..., Any]] = {
    "select_n": lambda which, *_: which != 0,
    "max": lambda a, b: a > b,
    "min": lambda a, b: a > b,
    "clamp": lambda low, x, high: jnp.stack([x > low, x < high]),
    "abs": lambda x: x > 0,
    "sign": lambda x: x > 0,
}


def held(eqn: Any) -> Any:
    """The closed jaxpr that an operation holds and does as it is, or None where it holds none."""
    found = eqn.params.get(_HOLDS.get(eqn.primitive.name, ""))
    return found if hasattr(found, "consts") else None


def decisions(f: Callable[[Any], Any], size: int) -> Callable[[Any], Any] | None:
    """What `f` decides on its way, as a function of the place; None where it decides nothing.

    Args:
        f: takes a flat place (size,), and can be traced.
        size: how many coordinates the place has.

    Returns:
        A function of a place that gives the decisions as truths (m,).
    """
    closed = jax.make_jaxpr(f)(jax.ShapeDtypeStruct((size,), jnp.result_type(float)))
    if not _decides(closed.jaxpr):
        return None

    def decided(place: Any) -> Any:
        found: list[Any] = []
        _run(closed.jaxpr, closed.consts, [place], found)
        return jnp.concatenate([jnp.ravel(truth) for truth in found])

    return decided


def _decides(jaxpr: Any) -> bool:
    return any(
        eqn.primitive.name in _DECIDED
        or ((inner := held(eqn)) is not None and _decides(inner.jaxpr))
        for eqn in jaxpr.eqns
    )


def _run(jaxpr: Any, consts: Any, args: list[Any], found: list[Any]) -> list[Any]:
    """The values of a jaxpr's results; what is decided on the way is put into `found`."""
    env = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else env[atom]

    for eqn in jaxpr.eqns:
        name, ins = eqn.primitive.name, [read(atom) for atom in eqn.invars]
        if name in _DECIDED:
            found.append(_DECIDED[name](*ins))
        if (inner := held(eqn)) is not None:
            outs = _run(inner.jaxpr, inner.consts, ins, found)
        else:
            result = eqn.primitive.bind(*ins, **eqn.params)
            outs = result if eqn.primitive.multiple_results else [result]
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]
