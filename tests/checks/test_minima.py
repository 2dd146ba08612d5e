"""A minimum is the bottom of something: no plateau, no place from which one can still go down.

Each function is tried with its flat direction along an axis and turned, and where it is easily
missed, in one dimension.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.landscape import Landscape
from autograder.checks.place import judge_place
from autograder.checks.stationary import nearest
from autograder.checks.verdict import Verdict

Function = Callable[[Any, Any], Any]
Place = tuple[float, float]
ANGLES = [0.0, 0.3]


def judged(of: Callable[..., Any]) -> Callable[[Any], Verdict]:
    """What one check says of each answer; its function is compiled once."""
    with recording() as checks:
        check.minimum("m", of=of)

    def verdict(answer: Any) -> Verdict:
        (found,) = judge(checks[0], {"m": answer}, seed=7)
        return found

    return verdict


def verdict(of: Callable[..., Any], answer: Any) -> Verdict:
    return judged(of)(answer)


def turned(f: Function, angle: float) -> Callable[[Any], Any]:
    """The same ground, turned."""
    c, s = float(np.cos(angle)), float(np.sin(angle))
    return lambda u: f(c * u[0] + s * u[1], -s * u[0] + c * u[1])


def at(place: Place, angle: float) -> np.ndarray:
    """Where a place of the ground is then."""
    (p, q), c, s = place, np.cos(angle), np.sin(angle)
    return np.array([c * p - s * q, s * p + c * q])


MINIMA: dict[str, tuple[Function, list[Place]]] = {
    "quartic both ways": (lambda p, q: p**4 + q**4, [(0, 0), (0.004, -0.003)]),
    "quartic one way": (lambda p, q: p**4 + q**2, [(0, 0), (0.005, 0.001)]),
    "power of twenty": (lambda p, q: p**20 + q**2, [(0, 0), (0.005, 0.001)]),
    "quartic, multiplied out": (
        lambda p, q: p**4 - 4 * p**3 + 6 * p**2 - 4 * p + 1 + q**2,
        [(1, 0), (1.003, 0)],
    ),
    "quartic on a mountain": (lambda p, q: 1e6 + p**4 + q**2, [(0, 0)]),
    "a line of minima": (lambda p, q: q**2, [(0, 0), (5, 0), (-1e5, 0)]),
    "two lines of minima": (lambda p, q: (p * q) ** 2, [(0, 0), (2, 0), (0, -3)]),
    "a ring of minima": (lambda p, q: (p * p + q * q - 1) ** 2, [(1, 0), (0.6, 0.8)]),
    "a parabola of minima": (lambda p, q: (q - p * p) ** 2, [(0, 0), (1, 1), (3, 9)]),
    "a hyperbola of minima": (lambda p, q: (p * q - 1) ** 2, [(1, 1), (100, 0.01)]),
    "one that is level but for rounding": (
        lambda p, q: jnp.sin(p) ** 2 + jnp.cos(p) ** 2 + q**2,
        [(0.3, 0), (2, 0)],
    ),
    "a curved valley": (lambda p, q: (1 - p) ** 2 + 100 * (q - p * p) ** 2, [(1, 1)]),
    "a curved valley, quartic along it": (
        lambda p, q: (q - p * p) ** 2 + 0.1 * p**4,
        [(0, 0)],
    ),
    "a trough": (
        lambda p, q: jnp.maximum(0, jnp.abs(p) - 1) ** 2 + q**2,
        [(0, 0), (0.5, 0), (1, 0)],
    ),
    "half a trough": (
        lambda p, q: jnp.maximum(0, 1 - p) ** 2 + q**2,
        [(3, 0), (1e4, 0), (1e5, 0)],
    ),
    "half a trough, cubic": (lambda p, q: jnp.maximum(0, 1 - p) ** 3 + q**2, [(3, 0)]),
    "half a trough, with a kink": (lambda p, q: jnp.maximum(0, 1 - p) + q**2, [(3, 0)]),
    "the middle of plateaus": (lambda p, q: jnp.arctan(p) ** 2 + q**2, [(0, 0), (1e-3, 0)]),
    "a well": (lambda p, q: 1 - jnp.exp(-p * p - q * q), [(0, 0)]),
    "coordinates in thousands and thousandths": (
        lambda p, q: (1e3 * p) ** 2 + (1e-3 * q) ** 2,
        [(0, 0)],
    ),
    "waves beside a quartic": (
        lambda p, q: jnp.sin(100 * p) ** 2 + q**4,
        [(0, 0), (np.pi / 100, 0)],
    ),
}

NONE: dict[str, tuple[Function, list[Place]]] = {
    "arctan squared": (
        lambda p, q: jnp.arctan(p) ** 2 + q**2,
        [(1e2, 0), (1e4, 0), (1e6, 0), (-1e5, 0)],
    ),
    "sigmoid": (
        lambda p, q: jax.nn.sigmoid(p) + q**2,
        [(20, 0), (40, 0), (-40, 0), (-800, 0), (1e5, 0)],
    ),
    "one that falls into rounding": (
        lambda p, q: 1 - jnp.tanh(p) + q**2,
        [(20, 0), (40, 0), (-40, 0), (1e5, 0)],
    ),
    "a hill, far out": (
        lambda p, q: jnp.exp(-p * p) + 50 * q**2,
        [(0, 0), (5, 0), (26.9, 0), (30, 0), (1e3, 0), (-1e5, 0)],
    ),
    "exponential decay": (
        lambda p, q: jnp.exp(-p) + 50 * q**2,
        [(10, 0), (40, 0), (745.5, 0), (800, 0), (1e5, 0)],
    ),
    "around a well": (
        lambda p, q: 1 - jnp.exp(-p * p - q * q),
        [(3, 0), (10, 0), (30, 0), (1e5, 0)],
    ),
    "around a well that is not at the origin": (
        lambda p, q: 1 - jnp.exp(-((p - 40) ** 2)) + q * q,
        [(0, 0), (10, 0), (80, 0), (1e5, 0)],
    ),
    "logarithm": (lambda p, q: jnp.log(1 + p * p) + q**2, [(3, 0), (1e4, 0), (1e6, 0)]),
    "x over 1 + x squared": (
        lambda p, q: p / (1 + p * p) + q**2,
        [(1, 0), (1e4, 0), (-1e6, 0)],
    ),
    "a step": (lambda p, q: p**3 + q**2, [(0, 0), (0.003, 0)]),
    "a very flat step": (lambda p, q: p**21 + q**2, [(0, 0), (0.003, 0)]),
    "quartic hill across a valley": (lambda p, q: p**2 - q**4, [(0, 0)]),
    "quartic hill and quartic valley": (lambda p, q: p**4 - q**4, [(0, 0)]),
    "quartic hill": (lambda p, q: -(p**4) - q**4, [(0, 0)]),
    "three ways down": (lambda p, q: p**3 - 3 * p * q * q, [(0, 0)]),
    "four ways down, no axis among them": (
        lambda p, q: p**4 - 6 * p * p * q * q + q**4,
        [(0, 0)],
    ),
    "a bent way down, no line among them": (
        lambda p, q: (q - p * p) ** 2 - 0.1 * p**4,
        [(0, 0)],
    ),
    "a trough upside down": (
        lambda p, q: q**2 - jnp.maximum(0, jnp.abs(p) - 1) ** 2,
        [(0, 0), (0.5, 0)],
    ),
}


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("name", MINIMA)
def test_what_is_a_minimum_however_flat_is_right(name: str, angle: float) -> None:
    f, places = MINIMA[name]
    verdict_on = judged(turned(f, angle))
    for place in places:
        exact = at(place, angle)
        found = verdict_on(exact)
        assert found.right, (place, found.fact)
        if np.abs(exact).max() < 100:  # beyond, float32 is not as near as is asked
            rounded = verdict_on(exact.astype(np.float32))
            assert rounded.right, (place, rounded.fact)


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("name", NONE)
def test_what_is_none_is_refused_however_flat(name: str, angle: float) -> None:
    f, places = NONE[name]
    verdict_on = judged(turned(f, angle))
    for place in places:
        for answer in (at(place, angle), at(place, angle).astype(np.float32)):
            found = verdict_on(answer)
            assert found.outcome == "wrong", (place, found.fact)


@pytest.mark.parametrize(
    ("f", "minimum"),
    [
        (lambda x: x**4, 0.0),
        (lambda x: jnp.maximum(0, jnp.abs(x) - 1) ** 2, 0.4),
        (lambda x: jnp.maximum(0, x) ** 2, -4.0),
        (lambda x: jnp.arctan(x) ** 2, 0.0),
        (lambda x: x / (1 + x * x), -1.0),
        (lambda x: (x / 1e6 - 1) ** 2, 1e6),  # where a float32 has no hundredths
    ],
)
def test_in_one_dimension_what_is_a_minimum_is_right(f: Any, minimum: float) -> None:
    verdict_on = judged(f)
    assert verdict_on(minimum).right
    assert verdict_on(float(np.nextafter(np.float32(minimum), np.float32(9e9)))).right


@pytest.mark.parametrize(
    ("f", "places"),
    [
        (lambda x: jnp.arctan(x) ** 2, [1e3, 1e5, -1e6]),
        (jax.nn.sigmoid, [40.0, -40.0, -800.0]),
        (lambda x: jnp.exp(-x * x), [0.0, 6.0, 27.0, 30.0, 1e4]),
        (lambda x: 1 - jnp.exp(-x * x), [6.0, 30.0, 1e4]),
        (lambda x: 1 - jnp.tanh(x), [20.0, 30.0]),
        (lambda x: jnp.log(1 + x * x), [1e4, 1e6]),
        (lambda x: x / (1 + x * x), [1.0, 1e4, -1e6]),
        (lambda x: x**3, [0.0]),
        (lambda x: -(x**4), [0.0]),
    ],
)
def test_in_one_dimension_what_is_none_is_refused(f: Any, places: list[float]) -> None:
    verdict_on = judged(f)
    for place in places:
        assert verdict_on(place).outcome == "wrong", place


def test_a_function_of_two_numbers_and_scaled_coordinates() -> None:
    def valley(x: Any, y: Any) -> Any:
        return (1 - x / 1e-6) ** 2 + 100 * (y / 1e6 - (x / 1e-6) ** 2) ** 2

    assert verdict(valley, (1e-6, 1e6)).right
    assert verdict(valley, (np.float32(1e-6), np.float32(1e6))).right
    assert verdict(valley, (1e-6, 1.2e6)).outcome == "wrong"


def test_a_plateau_is_called_one() -> None:
    names = {
        verdict(lambda u: jnp.arctan(u[0]) ** 2 + jnp.sin(u[1]) ** 2, place).misconception
        for place in ([12345.6, 0.0], [3e5, np.pi])
    }
    assert names == {"plateau_found"}
    top = verdict(lambda x: 1 - jnp.exp(-x * x), 30.0)
    assert top.misconception == "plateau_found"


def test_along_one_axis_too() -> None:
    with recording() as checks:
        check.axis_minimum("p", axis="along", of=lambda x, y: jnp.arctan(x) ** 2 + jnp.sin(y) ** 2)
    for place, right in (((0.0, 0.3), True), ((2e5, 0.3), False)):
        point, label = judge(checks[0], {"p": place, "along": "x"}, seed=7)
        assert (point.right, label.right) == (right, right), point.fact


def test_a_function_that_cannot_be_compiled_is_walked_as_well() -> None:
    def half(u: Any) -> Any:
        return (u[0] ** 2 if u[0] > 0 else 0.0 * u[0]) + u[1] ** 2

    def step(u: Any) -> Any:
        return (u[0] ** 3 if u[0] > -9 else 0.0 * u[0]) + u[1] ** 2

    for ground, place, kind in ((half, (-2.0, 0.0), "minimum"), (step, (0.0, 0.0), "saddle")):
        found = nearest(Landscape(ground, at=np.zeros(2)), np.array(place), 0.5)
        assert found is not None
        assert found.kind == kind


KINDS = {
    "quartic": (lambda p, q: p**4 + q**2, (0.0, 0.0), "minimum"),
    "bowl": (lambda p, q: p**2 + 3 * q**2, (0.0, 0.0), "minimum"),
    "line": (lambda p, q: q**2 + 0 * p, (1.5, 0.0), "minimum"),
    "saddle": (lambda p, q: p**2 - q**2, (0.0, 0.0), "saddle"),
    "flat saddle": (lambda p, q: p**2 - q**4, (0.0, 0.0), "saddle"),
    "dome": (lambda p, q: -(p**2) - q**4, (0.0, 0.0), "maximum"),
    "plateau": (lambda p, q: 1 - jnp.exp(-(p**2)) + q**2, (35.0, 0.0), "plateau"),
}


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(KINDS)),
    angle=st.floats(0, 6.3),
    height=st.floats(-1e3, 1e3),
    steepness=st.floats(-2, 2).map(lambda k: 10.0**k),
    away=st.tuples(st.floats(-3e-3, 3e-3), st.floats(-3e-3, 3e-3)),
)
def test_the_kind_does_not_depend_on_how_the_ground_is_turned_lifted_or_stretched(
    name: str, angle: float, height: float, steepness: float, away: tuple[float, float]
) -> None:
    f, place, kind = KINDS[name]
    ground = turned(f, angle)
    landscape = Landscape(lambda u: height + steepness * ground(u), at=np.zeros(2))
    found = nearest(landscape, at(place, angle) + np.array(away), 0.5)
    assert found is not None, place
    assert found.kind == kind


@functools.cache
def odd() -> Landscape:
    """One function, compiled once."""
    return Landscape(lambda u: jnp.exp(u[0]) / (1 + u[1] ** 2) + jnp.arctan(u[1]), at=np.zeros(2))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9))
def test_no_place_is_too_odd_to_be_judged(x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        for place in ([x, y], [y, x]):
            assert judge_place("m", odd(), np.array(place)).outcome == "wrong"
