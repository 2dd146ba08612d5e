"""Derivatives with one rule mistaken: what is the same for a whole class is found out once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import enable_x64

from autograder.answers.local import ask
from autograder.checks.gradient import Gradient
from autograder.checks.layout import find_layout
from autograder.checks.misconceptions import forward
from autograder.checks.misconceptions.derivative import name_derivative
from autograder.checks.misconceptions.rules import mistaken_derivatives
from autograder.checks.reference import Reference
from autograder.checks.tolerance import derivative_tolerance

PLACES = np.array([[0.3, -1.2, 2.0, 0.7], [1.1, 0.4, -0.6, 1.9], [-2.0, 0.5, 0.25, 1.0]])

MOVES: dict[str, Callable[[Any], Any]] = {
    "convert_element_type": lambda u: jax.lax.convert_element_type(u, jnp.float32),
    "squeeze": lambda u: jax.lax.squeeze(u.reshape(1, 4, 1), (0, 2)),
    "reshape": lambda u: jax.lax.reshape(u, (2, 2)),
    "slice": lambda u: jax.lax.slice(u, (1,), (4,), (2,)),
    "broadcast_in_dim": lambda u: jax.lax.broadcast_in_dim(u, (3, 4, 2), (1,)),
    "broadcast_in_dim of one": lambda u: jax.lax.broadcast_in_dim(jnp.sum(u), (2, 3), ()),
}


@pytest.mark.parametrize("move", MOVES)
def test_numbers_are_moved_about_as_jax_moves_them(move: str) -> None:
    with enable_x64(True):
        closed = jax.make_jaxpr(MOVES[move])(jax.ShapeDtypeStruct((4,), np.float64))
        eqn = next(e for e in closed.jaxpr.eqns[::-1] if e.primitive.name == move.split()[0])
        x = np.random.default_rng(1).normal(size=(3, *eqn.invars[0].aval.shape))
        due = np.asarray(jax.vmap(lambda x: eqn.primitive.bind(x, **eqn.params))(x))
        moved = forward._moved(eqn, x)
    assert moved is not None
    assert moved.dtype == due.dtype
    assert np.array_equal(moved, due)


def test_what_numpy_has_no_word_for_is_moved_by_jax() -> None:
    def f(u: Any) -> Any:
        a, b = jnp.split(jnp.flip(u), 2)
        return (a * b).sum() + jnp.sin(u[0])

    predictions = [m.prediction for m in mistaken_derivatives(f, PLACES)]
    assert all(np.isfinite(p).all() for p in predictions)


@pytest.mark.parametrize("order", [1, 2])
def test_a_function_is_traced_once_for_a_class(order: int) -> None:
    traced = 0

    def quartic(x: Any) -> Any:
        nonlocal traced
        traced += isinstance(x, jax.core.Tracer)
        return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3

    reference = Reference(quartic, find_layout(quartic, None), order)
    found = []
    for seed in range(3):
        points = np.random.default_rng(seed).uniform(-3, 3, (8, 1))
        truth = reference.derivative(points)
        tolerance = derivative_tolerance(reference, points, truth)
        before = traced
        # Its last term with the other sign, which is among the last things that are tried.
        student = truth - 2 * (4 if order == 1 else -18)
        found.append(name_derivative(reference, points, student, truth, tolerance))
    assert traced == before
    assert found[0] is not None
    assert found == [found[0]] * 3


def test_to_tell_a_mistake_at_first_warns_nobody() -> None:
    """Hypotheses divide by anything; in a student's session that would be printed."""
    check = Gradient("df", of=lambda x: jnp.arctan(x) ** 2, at=[0.0, 1.0])
    namespace = {"df": lambda x: 7 * jnp.sin(5 * x) + 20}
    replies = ask(check.questions(0), namespace)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert check.more(0, replies)
    assert not heard
