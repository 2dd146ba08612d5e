"""What is small in all its numbers is judged as what is not: by its own scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from autograder import check
from autograder.errors import CheckError
from tests.checks.authored import said

# ------------------------------------------------------------------ intervals


def ripples(x: Any) -> Any:
    return jnp.sin(1000 * x)


NARROW: dict[str, tuple[Callable[[Any], Any], tuple[float, float]]] = {
    "a wave": (ripples, (0.001, 0.005)),
    "an edge": (lambda x: jnp.sqrt(0.01 - x), (0.0, 0.0095)),
    "a pole": (lambda x: 1 / x, (1e-4, 9e-4)),
    "around 0": (lambda x: x**2, (-0.003, 0.003)),
    "next to nothing": (lambda x: x**3, (1e-9, 5e-9)),
    "far out": (lambda x: jnp.sin(10 * x), (1000.0, 1000.1)),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_derivative_in_a_narrow_domain(name: str) -> None:
    of, domain = NARROW[name]
    slope = jax.grad(of)

    def line() -> None:
        check.gradient("d", of=of, domain=domain)

    verdict = said(line, d=slope)
    assert verdict.right
    assert all(domain[0] <= row.place[0] <= domain[1] for row in verdict.rows)
    assert len({row.place for row in verdict.rows}) == len(verdict.rows)
    assert said(line, d=lambda x: -slope(x)).misconception == "sign_flipped"
    assert said(line, d=of).misconception == "function_itself"
    constant = said(line, d=lambda x: slope(domain[1]))
    assert constant.misconception == "constant_everywhere"
    assert "Yours is 0 " not in constant.fact


def test_a_gradient_in_a_narrow_domain() -> None:
    def of(u: Any) -> Any:
        return u[0] ** 2 * u[1]

    def line() -> None:
        check.gradient("d", of=of, domain=(0.001, 0.002))

    assert said(line, d=jax.grad(of)).right
    assert said(line, d=lambda u: jax.grad(of)(u)[::-1]).misconception == "partials_swapped"


@pytest.mark.parametrize(
    ("of", "domain", "why"),
    [
        (ripples, (1000.0, 1000.001), "float32 numbers"),
        (lambda x: x**2, (2.0, 2.0001), "hardly changes there"),
    ],
)
def test_where_a_domain_is_too_narrow_its_author_is_told(of: Any, domain: Any, why: str) -> None:
    with pytest.raises(CheckError, match=why):
        said(lambda: check.gradient("d", of=of, domain=domain), d=jax.grad(of))


def test_what_is_the_same_everywhere_may_be_asked_in_any_domain() -> None:
    def line() -> None:
        check.gradient("d", of=lambda x: 3 * x, domain=(2.0, 2.0001))

    assert said(line, d=lambda x: 3.0).right
    assert not said(line, d=lambda x: 3.01).right


# ------------------------------------------------------------------ places


def bowls(u: Any) -> Any:
    return (1e3 * u[0] - 0.5) ** 2 + (1e3 * u[1] - 0.7) ** 2


def waves(u: Any) -> Any:
    return -jnp.cos(1e3 * u[0] - 0.5) - jnp.cos(1e3 * u[1] - 0.7)


def at_0(u: Any) -> Any:
    return -jnp.cos(1e3 * u[0]) - jnp.cos(1e3 * u[1])


def beside_a_wide_one(u: Any) -> Any:
    return (1e3 * u[0] - 0.5) ** 2 + (u[1] - 1) ** 2


SMALL: dict[Callable[[Any], Any], tuple[list[Any], list[Any]]] = {
    bowls: (
        [(5e-4, 7e-4), (5.3e-4, 6.8e-4)],
        [(0.0, 0.0), (5e-4, 0.0), (9e-4, 7e-4), (1e-3, 1e-3)],
    ),
    waves: ([(5e-4, 7e-4), (5.3e-4, 7e-4)], [(0.0, 0.0), (1e-3, 1e-3), (5e-4, 1e-4)]),
    at_0: ([(0.0, 0.0), (1e-5, -1e-5), (2e-3 * jnp.pi, 0.0)], [(1e-3, 1e-3), (0.0, 4e-4)]),
    beside_a_wide_one: ([(5e-4, 1.0), (5e-4, 1.009)], [(0.0, 1.0), (1e-3, 1.0), (5e-4, 1.02)]),
}


@pytest.mark.parametrize("of", SMALL)
def test_in_two_coordinates_how_near_follows_the_scale(of: Callable[[Any], Any]) -> None:
    right, wrong = SMALL[of]

    def line() -> None:
        check.minimum("m", of=of)

    assert [said(line, m=place).right for place in right] == [True] * len(right)
    for place in wrong:
        verdict = said(line, m=place)
        assert not verdict.share, place
        assert verdict.misconception in (
            "not_stationary", "near_but_not_there", "one_coordinate_updated",
        )  # fmt: skip


def test_in_two_coordinates_a_small_coordinate_is_no_small_scale() -> None:
    def line() -> None:
        check.minimum("m", of=lambda u: (u[0] - 0.02) ** 2 + (u[1] - 1) ** 2)

    assert said(line, m=(0.025, 1.009)).right


# ------------------------------------------------------------------ few digits


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e5])
def test_few_significant_digits_are_rounding(digits: int, size: float) -> None:
    def line() -> None:
        check.gradient("d", of=lambda x: size * jnp.sin(x) * jnp.exp(x / 3))

    slope = jax.grad(lambda x: size * jnp.sin(x) * jnp.exp(x / 3))
    verdict = said(line, d=lambda x: float(f"{float(slope(x)):.{digits - 1}e}"))
    assert (verdict.misconception, verdict.share) == ("rounded", 0.5 if digits > 1 else 0.0)
    assert f"rounded to {digits} significant digit" in verdict.fact
    assert said(line, d=lambda x: 1.003 * slope(x)).misconception != "rounded"


def test_a_place_in_few_significant_digits_is_rounded() -> None:
    def near_0() -> None:
        check.minimum("m", of=lambda x: (1e5 * x - 1.2345) ** 2, within=1e-9)

    def far_out() -> None:
        check.minimum("m", of=lambda x: (x - 12345.6) ** 2)

    verdict = said(near_0, m=1.23e-5)
    assert (verdict.misconception, verdict.share) == ("place_rounded", 0.5)
    assert "rounded to 3 significant digits" in verdict.fact
    assert said(near_0, m=1.2e-5).share == 0.0
    verdict = said(far_out, m=12300.0)
    assert (verdict.misconception, verdict.share) == ("place_rounded", 0.0)
    assert said(far_out, m=12400.0).misconception != "place_rounded"


def test_a_place_is_no_rounding_where_a_coordinate_of_it_is_lost() -> None:
    def line() -> None:
        check.minimum("m", of=lambda u: (1e3 * u[0] - 0.4) ** 2 + (u[1] - 0.123456) ** 2)

    assert said(line, m=(0.0, 0.123)).share == 0.0
