"""An author's own mathematics: scales of its own, level ground, arrays, places without a slope."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.errors import CheckError
from tests.checks.authored import said

TARGET = jnp.array([1.0, 2.0])
SLANT, HEIGHTS = jnp.array([0.01, 0.02, 0.03]), jnp.array([2.0, 3.0, 4.0])


def trough(x: Any, y: Any) -> Any:
    """Next to no curvature along x, and plenty along y."""
    return 1e-4 * (x - 100) ** 2 + (y - 1) ** 2


def line_fit(w: Any, b: Any) -> Any:
    return jnp.mean((w * SLANT + b - HEIGHTS) ** 2)


def two_units(x: Any, y: Any) -> Any:
    return (x / 100 - 1) ** 2 + (y / 0.01 - 1) ** 2


def circuit(r: Any, c: Any) -> Any:
    return (r / 1e4 - 1) ** 2 + (c / 1e-9 - 4.7) ** 2


# ------------------------------------------------------------------ how near is near enough


@pytest.mark.parametrize(
    ("of", "there", "beside"),
    [
        (trough, (100.0, 1.0), (100.0, 1.09)),
        (line_fit, (100.0, 1.0), (100.0, 1.09)),
        (two_units, (100.0, 0.01), (100.0, 0.019)),
        (two_units, (100.0, 0.01), (100.0, 0.0)),
        (circuit, (1e4, 4.7e-9), (1e4, 0.0)),
    ],
)
def test_room_in_one_coordinate_is_none_in_another(of: Any, there: Any, beside: Any) -> None:
    assert said(lambda: check.minimum("m", of=of), m=there).right
    assert not said(lambda: check.minimum("m", of=of), m=beside).right


def test_where_descent_stops_along_a_trough_is_near_enough() -> None:
    assert said(lambda: check.minimum("m", of=trough), m=(100.05, 1.005)).right


def test_what_an_author_allows_is_what_is_allowed() -> None:
    def line() -> None:
        check.minimum("m", of=lambda x: (x - 3) ** 4, within=0.01)

    assert said(line, m=2.991).right
    assert not said(line, m=2.91).right


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0])
def test_what_is_not_the_minimum_itself_is_called_close(unit: float) -> None:
    def line() -> None:
        check.minimum("m", of=lambda c: (c / unit - 2.2) ** 2)

    beside = said(line, m=2.2001 * unit)
    assert beside.right
    assert "close enough to a minimum" in beside.fact
    assert "is a minimum" in said(line, m=2.2 * unit).fact


# ------------------------------------------------------------------ level ground


@pytest.mark.parametrize(
    ("of", "place"),
    [
        (lambda x: jnp.cosh(3 * x), 1.5),
        (lambda t: 10 * jnp.exp(t) - 35 * t, 3.5),
        (lambda x: (x - 3) ** 8, 2.0),
        (lambda r: 4 * (r**-12 - r**-6), 1.5),
        (lambda u: jnp.sum(((TARGET - u[0]) / jnp.exp(u[1])) ** 2 / 2 + u[1]), (1.44, 0.578)),
    ],
)
def test_no_steep_ground_is_called_level(of: Any, place: Any) -> None:
    verdict = said(lambda: check.minimum("m", of=of), m=place)
    assert verdict.outcome == "wrong"
    assert "level" not in verdict.fact
    assert "the slope is" in verdict.fact


def test_a_slope_beside_a_top_is_no_plateau() -> None:
    verdict = said(lambda: check.maximum("m", of=lambda x: x * jnp.exp(-x)), m=3.0)
    assert verdict.misconception == "not_a_top"


# ------------------------------------------------------------------ a number or an array


def around(w: Any) -> Any:
    return jnp.sum((w - TARGET) ** 2)


def chain(v: Any) -> Any:
    return jnp.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2)


LINES: dict[str, Callable[[], None]] = {
    "minimum": lambda: check.minimum("m", of=around, at=[0.0, 0.0]),
    "a start": lambda: check.minimum("m", of=around, start=[0, 0], step_size=0.1, num_steps=200),
    "stationary point": lambda: check.stationary_point("m", of=around, at=[0.0, 0.0]),
    "maximum": lambda: check.maximum("m", of=lambda w: -around(w), at=[0.0, 0.0]),
}


@pytest.mark.parametrize("name", LINES)
def test_an_author_says_that_a_function_takes_an_array(name: str) -> None:
    assert said(LINES[name], m=[1.0, 2.0]).right
    assert not said(LINES[name], m=[1.5, 1.5]).right
    assert said(LINES[name], m=1.5).misconception == "wrong_shape"


@pytest.mark.parametrize("size", [3, 7])
def test_an_array_may_be_of_any_size(size: int) -> None:
    def line() -> None:
        check.minimum("m", of=chain, at=[0.0] * size)

    assert said(line, m=np.ones(size)).right


# ------------------------------------------------------------------ what an author is told


def loop(x: Any) -> Any:
    return jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * x), (0, x))[1]


def hole(x: Any) -> Any:
    return jnp.where(x == 0, 1.0, jnp.sin(x) / x)


SLIPS: dict[str, tuple[Callable[[], None], str]] = {
    "a pole": (lambda: check.gradient("d", of=jnp.log, at=[0.0, 1.0]), "where log is -inf"),
    "no value": (lambda: check.gradient("d", of=jnp.log, at=[-1.0]), "where log is nan"),
    "a hole": (lambda: check.gradient("d", of=hole, at=[0.0]), "JAX's derivative nan"),
    "no place": (lambda: check.gradient("d", of=jnp.sin, at=[float("inf")]), "is not finite"),
    "forward only": (lambda: check.gradient("d", of=loop), "Reverse-mode differentiation"),
    "the same for a place": (lambda: check.minimum("d", of=loop), "Reverse-mode differentiation"),
    "no interval": (lambda: check.gradient("d", of=jnp.sin, domain=3), "two numbers"),
    "an interval each": (
        lambda: check.gradient("d", of=lambda x, y: x * y, domain=((0, 1), (2, 3))),
        "All coordinates have the same",
    ),
    "a distance in quotes": (lambda: check.minimum("d", of=jnp.cos, within="0.1"), "within='0.1'"),
    "the same of a value": (lambda: check.value("d", 1.0, within="0.1"), "within='0.1'"),
    "uphill": (
        lambda: check.minimum("d", of=jnp.cos, start=1.0, step_size=-0.1, num_steps=9),
        "step_size=-0.1 is not a number above 0",
    ),
    "half a step": (
        lambda: check.minimum("d", of=jnp.cos, start=1.0, step_size=0.1, num_steps=9.5),
        "num_steps=9.5 is not a whole number",
    ),
    "carried from nowhere": (
        lambda: check.gradient("d", of=jnp.sin, order=2, carried=0.5),
        "name that with follows=",
    ),
    "NumPy's norm": (
        lambda: check.minimum("d", of=lambda u: np.linalg.norm(u - TARGET), at=[0.0, 0.0]),
        "Write jnp.linalg.norm in its place",
    ),
    "no such function": (
        lambda: check.minimum("d", of=lambda x: jnp.sine(x)),
        "AttributeError: module 'jax.numpy' has no attribute 'sine'",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_its_cause(name: str) -> None:
    line, words = SLIPS[name]
    with pytest.raises(CheckError, match=words):
        said(line, d=jax.grad(jnp.sin))


def test_a_kink_may_still_be_shown() -> None:
    def line() -> None:
        check.gradient("d", of=jnp.abs, at=[0.0, 1.0])

    assert said(line, d=jax.grad(jnp.abs)).right


# ------------------------------------------------------------------ truths, and kinds of numbers


@pytest.mark.parametrize("make", [list, tuple, np.array, jnp.array])
def test_a_list_of_truths(make: Callable[[list[bool]], Any]) -> None:
    def line() -> None:
        check.value("v", [True, False])

    assert said(line, v=make([True, False])).right
    assert said(line, v=make([False, False])).misconception == "different_value"
    assert said(line, v=make([True])).misconception == "different_value"
    assert said(line, v=[1, 0]).misconception == "wrong_kind"


def test_an_array_of_objects_that_are_numbers_is_read() -> None:
    def square(x: Any) -> Any:
        return x**2 + 3 * x

    def line() -> None:
        check.gradient("d", of=square)

    assert said(line, d=lambda x: np.array(Fraction(x) * 2 + 3, dtype=object)).right
    assert not said(line, d=lambda x: np.array(Fraction(x) * 2, dtype=object)).right
    place = said(lambda: check.minimum("m", of=square), m=np.array(["a"], dtype=object))
    assert place.misconception == "wrong_kind"


@pytest.mark.parametrize(
    ("number", "right"), [(-1.5 + 1e-17j, True), (-1.5 + 0.1j, False), (np.complex64(-1.5), True)]
)
def test_what_is_imaginary_by_rounding_is_no_part_of_a_place(number: complex, right: bool) -> None:
    assert said(lambda: check.minimum("m", of=lambda x: x**2 + 3 * x), m=number).right is right
