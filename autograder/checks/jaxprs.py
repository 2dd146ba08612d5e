"""A traced function's operations, one after the other: a jaxpr is walked through here alone.

`jax.extend.core` is JAX's public door to its jaxprs; under which name an operation holds others is
nowhere promised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jax.extend import core

__all__ = ["held", "walk"]

_HOLDS = {
    "pjit": "jaxpr",
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "remat": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
}
"""Operations that hold others, and the parameter in which they do."""


def held(eqn: Any) -> Any:
    """The closed jaxpr that an operation holds and does as it is, or None where it holds none."""
    found = eqn.params.get(_HOLDS.get(eqn.primitive.name, ""))
    return found if hasattr(found, "consts") else None


def walk(
    closed: Any,
    args: Sequence[Any],
    apply: Callable[[Any, list[Any]], Sequence[Any]],
    constant: Callable[[Any], Any] = lambda value: value,
) -> list[Any]:
    """What the results of a closed jaxpr come to.

    Args:
        closed: as `jax.make_jaxpr` gives it.
        args: what stands for its arguments.
        apply: gives the results of an operation that holds no others, from what its arguments are.
        constant: what stands for a constant.
    """
    jaxpr = closed.jaxpr
    env = dict(zip(jaxpr.constvars, map(constant, closed.consts), strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return constant(atom.val) if isinstance(atom, core.Literal) else env[atom]

    for eqn in jaxpr.eqns:
        ins, inner = [read(atom) for atom in eqn.invars], held(eqn)
        outs = apply(eqn, ins) if inner is None else walk(inner, ins, apply, constant)
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]
