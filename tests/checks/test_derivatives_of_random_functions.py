"""Judgement on functions that nobody chose: honest derivatives pass, those 0.5 % off do not.

Functions are drawn as sums and products of powers, sin, exp and arctan in one to four dimensions;
their float64 derivatives are written down beside them by the same rules, so that a student's
"by hand" answer is independent of JAX.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from autograder.answers.local import ask
from autograder.checks.gradient import Gradient
from autograder.checks.questions import Call, Question, Reply
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError

COEFFICIENTS = st.integers(-40, 40).filter(bool).map(lambda k: k / 8)
# Every example compiles new functions, so that shrinking one would take minutes.
# `--hypothesis-profile=explore` tries ten times as many.
MANY, SOME, FEW = (settings().max_examples * n // 100 for n in (10, 6, 4))
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
SCALES = st.sampled_from([0.5, 0.75, 1.0, 1.5])


@dataclass(frozen=True)
class Term:
    """coefficient * product over some coordinates i of g(scale * x_i)."""

    coefficient: float
    factors: tuple[tuple[int, str, float], ...]

    def value(self, x: Any, lib: Any) -> Any:
        out = self.coefficient
        for i, kind, scale in self.factors:
            out = out * _value(kind, scale * x[i], lib)
        return out

    def slope(self, x: Any, j: int, lib: Any) -> Any:
        """By the product rule, written out."""
        total = 0.0 * x[0]
        for k, (i, kind, scale) in enumerate(self.factors):
            if i == j:
                part = self.coefficient * scale * _slope(kind, scale * x[i], lib)
                for m, (i2, kind2, scale2) in enumerate(self.factors):
                    if m != k:
                        part = part * _value(kind2, scale2 * x[i2], lib)
                total = total + part
        return total


def _value(kind: str, u: Any, lib: Any) -> Any:
    if kind.startswith("p"):
        return u ** int(kind[1:])
    return {"sin": lib.sin, "exp": lib.exp, "atan": lib.arctan}[kind](u)


def _slope(kind: str, u: Any, lib: Any) -> Any:
    if kind.startswith("p"):
        return int(kind[1:]) * u ** (int(kind[1:]) - 1)
    return {"sin": lib.cos, "exp": lib.exp, "atan": lambda v: 1 / (1 + v * v)}[kind](u)


@st.composite
def functions(draw: Any, low: int = 1, high: int = 4) -> tuple[int, list[Term]]:
    n = draw(st.integers(low, high))
    kinds = st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6", "sin", "exp", "atan"])
    factor = st.tuples(st.integers(0, n - 1), kinds, SCALES)
    term = st.builds(Term, COEFFICIENTS, st.lists(factor, min_size=1, max_size=2).map(tuple))
    terms = draw(st.lists(term, min_size=1, max_size=4))
    # every coordinate matters
    terms += [Term(1.5, ((i, "sin", 1.0),)) for i in range(n)]
    return n, terms


def jax_function(n: int, terms: list[Term]) -> Callable[[Any], Any]:
    if n == 1:
        return lambda x: sum(t.value([x], jnp) for t in terms)
    return lambda x: sum(t.value(x, jnp) for t in terms)


def numpy_gradient(n: int, terms: list[Term]) -> Callable[[Any], Any]:
    def gradient(x: Any) -> Any:
        u = np.atleast_1d(np.asarray(x, dtype=np.float64))
        g = np.array([sum(t.slope(u, j, np) for t in terms) for j in range(n)])
        return float(g[0]) if n == 1 else g

    return gradient


def by_hand_in_float32(n: int, terms: list[Term]) -> Callable[[Any], Any]:
    def gradient(x: Any) -> Any:
        u = jnp.atleast_1d(jnp.asarray(x, dtype=jnp.float32))
        g = jnp.stack([jnp.asarray(sum(t.slope(u, j, jnp) for t in terms)) for j in range(n)])
        return g[0] if n == 1 else g

    return gradient


def check_for(n: int, terms: list[Term]) -> Gradient:
    at = [0.5] if n == 1 else [np.linspace(-0.7, 0.9, n).tolist()]
    check = Gradient("answer", jax_function(n, terms), at)
    try:
        check.questions(0)
    except CheckError:  # a function without a generic place, such as one flat line
        assume(False)
    return check


def verdict(check: Gradient, answer: Any, seed: int = 0) -> Verdict:
    def asked(questions: list[Question]) -> list[Reply]:
        # Beside other load a third derivative, operation by operation, takes longer than a student
        # would be given.
        patient = [
            dataclasses.replace(q, seconds=10 * q.seconds) if isinstance(q, Call) else q
            for q in questions
        ]
        return ask(patient, {"answer": answer})

    replies = asked(check.questions(seed))
    return check.judge(seed, replies + asked(check.more(seed, replies)), ())[0]


@settings(max_examples=MANY, phases=UNSHRUNK)
@given(functions(), st.integers(0, 2**32))
def test_every_honest_derivative_is_right(function: Any, seed: int) -> None:
    n, terms = function
    check = check_for(n, terms)
    f = jax_function(n, terms)
    honest = {
        "grad": jax.grad(f),
        "jacfwd": jax.jacfwd(f),
        "numpy": numpy_gradient(n, terms),
        "by hand": by_hand_in_float32(n, terms),
    }
    for way, answer in honest.items():
        found = verdict(check, answer, seed)
        assert found.right, (way, found.fact)


@settings(max_examples=SOME, phases=UNSHRUNK)
@given(functions(), st.integers(0, 2**32), st.sampled_from([0.995, 1.005]))
def test_half_a_percent_off_is_refused(function: Any, seed: int, factor: float) -> None:
    n, terms = function
    check = check_for(n, terms)
    exact = numpy_gradient(n, terms)
    found = verdict(check, lambda x: factor * exact(x), seed)
    assert found.share == 0, found.fact


@settings(max_examples=SOME, phases=UNSHRUNK)
@given(functions(2, 4), st.integers(0, 2**32), st.data())
def test_one_entry_off_is_refused(function: Any, seed: int, data: Any) -> None:
    n, terms = function
    check = check_for(n, terms)
    exact = numpy_gradient(n, terms)
    j = data.draw(st.integers(0, n - 1))

    def answer(x: Any) -> Any:
        g = exact(x)
        g[j] *= 1.005
        return g

    assert verdict(check, answer, seed).share == 0


@settings(max_examples=SOME, phases=UNSHRUNK)
@given(functions(1, 1), st.integers(0, 2**32))
def test_right_on_one_side_only_is_refused(function: Any, seed: int) -> None:
    n, terms = function
    check = check_for(n, terms)
    exact = numpy_gradient(n, terms)
    places = check._places(seed).points[:, 0]
    middle = float(np.median(places))
    found = verdict(check, lambda x: exact(x) * (1.005 if x > middle else 1.0), seed)
    assert found.share == 0, found.fact


@settings(max_examples=SOME, phases=UNSHRUNK)
@given(functions(1, 1), st.integers(0, 2**32), st.sampled_from([2, 3]))
def test_higher_derivatives(function: Any, seed: int, order: int) -> None:
    n, terms = function
    f = jax_function(n, terms)
    check = Gradient("answer", f, [0.5], order=order)
    try:
        check.questions(seed)
    except CheckError:
        assume(False)
    plain = f
    for _ in range(order):
        plain = jax.grad(plain)
    honest = jax.jit(plain)  # operation by operation, each of these takes seconds
    found = verdict(check, honest, seed)
    assert found.right, found.fact
    assert verdict(check, jax.jit(jax.grad(plain)), seed).share == 0
    assert verdict(check, lambda x: 1.005 * float(honest(x)), seed).share == 0


@settings(max_examples=FEW, phases=UNSHRUNK)
@given(functions(2, 3), st.integers(0, 2**32))
def test_hessians(function: Any, seed: int) -> None:
    n, terms = function
    f = jax_function(n, terms)
    check = Gradient("answer", f, [np.linspace(-0.7, 0.9, n).tolist()], order=2)
    try:
        check.questions(seed)
    except CheckError:
        assume(False)
    hessian = jax.jit(jax.hessian(f))
    found = verdict(check, hessian, seed)
    assert found.right, found.fact
    assert verdict(check, lambda x: 1.005 * hessian(x), seed).share == 0


@pytest.mark.parametrize(
    "f",
    [
        jnp.log,
        jnp.sqrt,
        lambda x: 1 / x,
        lambda x: jnp.log(1 - x**2),
        lambda x: x if x > 0 else 3 * x,
        lambda x: jnp.abs(x) * x + x,
        lambda x: jnp.exp(-(x**2)),
        lambda x: 1e6 * x**3 - x,
        lambda x: 1e-6 * jnp.sin(x),
        lambda x: jnp.where(x > 0, x**2, -x),
        lambda x: x,
        lambda x: jnp.maximum(x, 0.0) + x,
    ],
)
def test_functions_with_edges(f: Callable[[Any], Any]) -> None:
    """Limited domains, kinks, Python control flow, large and small scales."""
    check = Gradient("answer", f)
    for seed in range(3):
        assert verdict(check, jax.grad(f), seed).right
        wrong = verdict(check, lambda x: 1.01 * jax.grad(f)(x), seed)
        assert wrong.share == 0
        assert verdict(check, lambda x: -jax.grad(f)(x), seed).misconception == "sign_flipped"


def test_places_are_fresh_for_each_seed_and_the_same_for_one() -> None:
    check = Gradient("answer", jnp.sin, [1.0])
    assert np.array_equal(check._places(1).points, check._places(1).points)
    assert not np.array_equal(check._places(1).points[1:], check._places(2).points[1:])
    assert math.isclose(check._places(2).points[0, 0], 1.0)
