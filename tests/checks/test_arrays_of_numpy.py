"""Given functions that close over NumPy's data, which is float64, beside answers in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording


def data() -> tuple[np.ndarray, np.ndarray]:
    """New arrays each time: what JAX keeps, it keeps by the array."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=20)
    return x, 2 * x - 1 + 0.1 * rng.normal(size=20)


def loss() -> Callable[[Any], Any]:
    x, y = data()
    return lambda p: jnp.mean((p[0] * x + p[1] - y) ** 2)


USES: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "nothing": lambda f: None,
    "a value": lambda f: f(jnp.array([0.5, 0.1])),
    "a compiled value": lambda f: jax.jit(f)(jnp.array([0.5, 0.1])),
    "a shape": lambda f: jax.eval_shape(f, jax.ShapeDtypeStruct((2,), np.float32)),
    "a compiled Hessian": lambda f: jax.jit(jax.hessian(f))(jnp.array([0.5, 0.1])),
}


@pytest.mark.parametrize("before", USES)
@pytest.mark.parametrize("compiled", [False, True])
def test_whatever_was_traced_before_and_after(before: str, compiled: bool) -> None:
    f = loss()
    USES[before](f)
    gradient = jax.jit(jax.grad(f)) if compiled else jax.grad(f)
    with recording() as checks:
        check.gradient("df", of=f, at=[[0.5, 0.1]])
    for seed in (1, 2):
        (verdict,) = judge(checks[0], {"df": gradient}, seed)
        assert verdict.right, verdict.fact
        (wrong,) = judge(checks[0], {"df": lambda p: 2 * gradient(p)}, seed)
        assert wrong.share == 0
    for use in USES.values():
        use(f)


def test_a_minimum_of_a_loss_over_data() -> None:
    x, y = data()
    slope, offset = np.polyfit(x, y, 1)
    f = lambda p: jnp.mean((p[0] * x + p[1] - y) ** 2)  # noqa: E731
    jax.jit(f)(jnp.zeros(2))
    with recording() as checks:
        check.minimum("best", of=f)
    (found,) = judge(checks[0], {"best": (slope, offset)}, seed=3)
    assert found.right, found.fact
    (off,) = judge(checks[0], {"best": (slope + 0.1, offset)}, seed=3)
    assert not off.right
