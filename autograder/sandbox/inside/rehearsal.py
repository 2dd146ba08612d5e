"""Runs trusted code for what XLA compiles on the way, which is kept for every kernel to come.

First what nearly every notebook about derivatives does, then the cells of the released notebooks,
in which the student's answers are missing. Nothing here knows a solution: what is compiled can be
read by every student's code.
"""

from __future__ import annotations

import contextlib
import io
import types
import warnings
from collections.abc import Sequence
from typing import Any

__all__ = ["rehearse"]

_COMMON = """
import jax, jax.numpy as jnp, numpy as np
import matplotlib.pyplot as plt

formulas = [
    lambda x: x**2, lambda x: x**3, lambda x: x**4, lambda x: x**5, lambda x: x * x + 1.0,
    lambda x: 2 * x - 3, lambda x: 2.0 * x**3 - x / 3.0 + 1, lambda x: -x, lambda x: 1.0 / x,
    lambda x: x**-1, lambda x: x**0.5, lambda x: x**2.0, lambda x: abs(x), lambda x: (x - 1.5)**2,
    jnp.sin, jnp.cos, jnp.tan, jnp.exp, jnp.log, jnp.sqrt, jnp.tanh, jnp.abs, jnp.square,
    jnp.arctan, jnp.sinh, jnp.cosh, jax.nn.sigmoid, jax.nn.relu,
    lambda x: jnp.maximum(x, 0.0), lambda x: jnp.minimum(x, 1.0), lambda x: jnp.power(x, 3),
    lambda x: jnp.where(x > 0, x, 2 * x), lambda x: jnp.clip(x, -1.0, 1.0),
    lambda x: jnp.sin(3 * x) * x + jnp.exp(-x) / 2,
]
for formula in formulas:
    for place in (2.0, jnp.float32(0.5)):
        attempt(lambda: float(formula(place)))
        attempt(lambda: jax.grad(formula)(place))
        attempt(lambda: jax.grad(jax.grad(formula))(place))
        attempt(lambda: jax.hessian(formula)(place))
        attempt(lambda: jax.jacfwd(jax.grad(formula))(place))
        attempt(lambda: jax.jacfwd(formula)(place))
        attempt(lambda: jax.jvp(formula, (place,), (1.0,)))
    vector = jnp.array([1.0, 2.0])
    attempt(lambda: jax.vmap(jax.grad(formula))(vector))
    attempt(lambda: jax.vmap(jax.grad(jax.grad(formula)))(vector))
    attempt(lambda: formula(vector))
    attempt(lambda: jax.grad(lambda v: formula(v).sum())(vector))

one, two = jnp.float32(1.0), jnp.array(2.0)  # strong and weak types compile apart
pair = jnp.array([1.0, 0.5])
for left in (one, two, 1.5, 2, pair):
    for right in (one, two, 0.5, 2, pair):
        for operate in (
            lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
            lambda a, b: a < b, lambda a, b: a > b, lambda a, b: a == b, lambda a, b: a <= b,
            lambda a, b: a >= b, lambda a, b: a != b, jnp.maximum, jnp.allclose, jnp.isclose,
        ):
            attempt(lambda: operate(left, right))
for make in (
    lambda: jnp.array([1.0, 2.0]), lambda: jnp.array((1, 2)), lambda: jnp.zeros(2),
    lambda: jnp.ones(2), lambda: jnp.asarray([0.5, 1.0]), lambda: pair[0], lambda: pair[1],
    lambda: pair.at[0].set(1.0), lambda: pair.at[1].add(1.0), lambda: jnp.stack([one, two]),
    lambda: jnp.array([one, two]), lambda: jnp.linalg.norm(pair), lambda: pair.sum(),
    lambda: pair @ pair, lambda: jnp.dot(pair, pair), lambda: jnp.sum(pair**2),
    lambda: jnp.all(pair > 0), lambda: jnp.isfinite(one), lambda: jnp.isnan(one),
    lambda: jnp.float32(1.0).astype(float), lambda: two.astype(jnp.float32), lambda: -pair,
    lambda: list(pair), lambda: tuple(pair), lambda: pair.tolist(), lambda: str(pair),
    lambda: f"{one:.3f} {pair}", lambda: float(two), lambda: int(two), lambda: bool(one > 0),
    lambda: jnp.sign(one), lambda: jnp.round(one, 2), lambda: jnp.mean(pair), lambda: jnp.max(pair),
    lambda: jnp.eye(2), lambda: jnp.linalg.eigvalsh(jnp.eye(2)), lambda: jnp.linalg.det(jnp.eye(2)),
):
    attempt(make)

# A routine that takes numbers takes arrays of any shape: steps along slopes of one's own, and the
# slopes that a check hands over, whose numbers are NumPy's.
for shape in ((), (1,), (2,), (3,), (2, 2)):
    start = jnp.asarray(np.ones(shape), dtype="float32")
    ours = np.ones(shape, "float32") if shape else 1.5
    for make in (
        lambda: (start - ours), lambda: ours * (start - ours), lambda: ours * start * start,
        lambda: ours * start + ours * start, lambda: ours * start + 0.5 * start.sum(),
        lambda: start - 0.1 * start, lambda: start + -0.1 * start, lambda: start - start * 0.1,
        lambda: start - jnp.float32(0.1) * start, lambda: start + jnp.multiply(-0.1, start),
        lambda: jnp.array(start), lambda: jnp.asarray(start, dtype=float), lambda: start.copy(),
        lambda: jnp.array(start, dtype=jnp.float32), lambda: start.astype(float), lambda: -start,
        lambda: jnp.all(jnp.isfinite(start)), lambda: jnp.isfinite(start).all(),
        lambda: jnp.any(jnp.isnan(start)), lambda: jnp.linalg.norm(start), lambda: start.shape,
        lambda: jnp.abs(start).max(), lambda: start.tolist(), lambda: jnp.max(jnp.abs(start)),
        lambda: jnp.zeros_like(start), lambda: jnp.ones_like(start), lambda: start.mean(),
    ):
        attempt(make)

bowls = [
    lambda v: v[0]**2 + 3 * v[1]**2, lambda v: (v[0] - 1)**2 * v[1] + jnp.sin(v[0] * v[1]),
    lambda v: jnp.sum(v**2), lambda v: (v[0] + v[1] + 1)**2 * (19 - 14 * v[0] + 3 * v[1]**2),
]
for bowl in bowls:
    flat = lambda x, y: bowl((x, y))
    attempt(lambda: jax.grad(bowl)(pair))
    attempt(lambda: jax.value_and_grad(bowl)(pair))
    attempt(lambda: jax.hessian(bowl)(pair))
    attempt(lambda: jax.jacfwd(bowl)(pair))
    attempt(lambda: jax.jacrev(bowl)(pair))
    attempt(lambda: jax.grad(flat)(1.0, 2.0))
    attempt(lambda: jax.grad(flat, (0, 1))(1.0, 2.0))
    attempt(lambda: jax.grad(flat, 1)(one, two))
    attempt(lambda: jax.grad(lambda x, y: jax.grad(flat)(x, y))(1.0, 2.0))
    attempt(lambda: pair - 0.1 * jax.grad(bowl)(pair))

for count in (100, 101, 300, 301, 400, 401, 1000, 1001):  # paths that were kept
    for place in (one, two, pair):
        attempt(lambda: jnp.array([place] * count))
        attempt(lambda: jnp.stack([place] * count))

for count in (100, 200, 400):
    line = attempt(lambda: jnp.linspace(-2.0, 2.0, count))
    for formula in formulas[:8] + formulas[14:17]:
        attempt(lambda: formula(line))
figure, axes = plt.subplots()
axes.plot([0, 1], [0, 1], label="$f$")
axes.legend()
figure.savefig(sink(), format="png")
"""


def rehearse(cells: Sequence[str]) -> None:
    """Run these cells, or what is common; a cell that fails is one whose answer is missing."""
    import matplotlib

    matplotlib.use("agg")

    def attempt(call: Any) -> Any:
        with contextlib.suppress(Exception):
            return call()

    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        if not cells:
            exec(_COMMON, {"attempt": attempt, "sink": io.BytesIO})
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for cell in cells:
            with contextlib.suppress(Exception):
                exec(cell, namespace)
        _differentiate(namespace)


def _differentiate(namespace: dict[str, Any]) -> None:
    """Ask for the derivatives of the functions that the notebooks give, as kernels will.

    A program that computes a slope tells nobody where it is zero, and `jax.grad` is everyone's.
    """
    import jax
    import jax.numpy as jnp

    from ... import compiled

    compiled.install(plain_calls=1)
    pair = jnp.array([1.0, 0.5])
    for value in list(namespace.values()):
        if not isinstance(value, types.FunctionType) or value.__module__ != "__main__":
            continue
        number: Any
        for number in (0.5, jnp.float32(0.5), jnp.array(0.5)):
            for made in (jax.grad(value), jax.grad(jax.grad(value)), jax.value_and_grad(value)):
                _call(made, number)
            _call(jax.jit(jax.grad(value)), number)
            _call(jax.jit(jax.grad(jax.grad(value))), number)
            for argnums in (0, 1, (0, 1)):
                _call(jax.grad(value, argnums=argnums), number, number)
                _call(jax.jit(jax.grad(value, argnums=argnums)), number, number)
        for made in (jax.grad(value), jax.value_and_grad(value), jax.jit(jax.grad(value))):
            _call(made, pair)


def _call(function: Any, *arguments: Any) -> None:
    for _ in range(3):  # plain, then traced as well, then replayed
        with contextlib.suppress(Exception):
            function(*arguments)
