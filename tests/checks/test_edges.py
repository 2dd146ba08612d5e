"""Where functions end, bend sharply or are in pieces: right answers pass, wrong ones fail."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from tests.checks.authored import said

# ------------------------------------------------------------------ outside of a domain


def barrier(s: Any) -> Any:
    return jnp.log(s) + 1 / s**2


def wall(s: Any) -> Any:
    if s < 0:
        raise ValueError("negative")
    return (s - 1) ** 2


@pytest.mark.parametrize(
    "line",
    [
        lambda: check.minimum("m", of=barrier),
        lambda: check.stationary_point("m", of=barrier),
        lambda: check.maximum("m", of=lambda s: -barrier(s)),
        lambda: check.minimum("m", of=lambda s: jnp.where(s > 0, barrier(s), jnp.inf)),
    ],
)
def test_a_place_where_the_function_has_no_value_is_wrong(line: Callable[[], Any]) -> None:
    outside = said(line, m=-(2**0.5))
    assert outside.outcome == "wrong"
    assert "outside of its domain" in outside.fact, outside.fact
    assert said(line, m=2**0.5).right


def test_a_place_where_the_function_raises_lies_outside_of_its_domain() -> None:
    line = lambda: check.minimum("m", of=wall)  # noqa: E731
    assert "`wall` is nan: that place lies outside" in said(line, m=-1.0).fact


# ------------------------------------------------------------------ level tops


def mesa(x: Any) -> Any:
    return -(jnp.maximum(0.0, jnp.abs(x) - 1) ** 2)


def cut_off(x: Any) -> Any:
    return jnp.minimum(1.0, 4 - x**2)


@pytest.mark.parametrize(
    ("of", "place", "right"),
    [(mesa, 0.0, True), (mesa, 0.3, True), (mesa, 1.5, False), (cut_off, 0.0, True),
     (cut_off, 3.0, False), (lambda x: -(x**4), 0.0, True)],
)  # fmt: skip
def test_a_level_top_is_a_maximum_as_a_level_valley_is_a_minimum(
    of: Any, place: float, right: bool
) -> None:
    assert said(lambda: check.maximum("top", of=of), top=place).right is right
    assert said(lambda: check.minimum("top", of=lambda x: -of(x)), top=place).right is right


# ------------------------------------------------------------------ few digits


def cubic(x: Any) -> Any:
    return 2 * x**3 - 3 * x**2 + x


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_derivative_in_few_digits_is_told_that_and_no_other_mistake(
    dtype: Any, seed: int
) -> None:
    def slope(x: Any) -> Any:
        x = jnp.asarray(x, dtype)
        return 6 * x**2 - 6 * x + 1

    line = lambda: check.gradient("d", of=cubic, at=[2.0, 0.5, -1.0])  # noqa: E731
    found = said(line, seed, d=slope)
    assert (found.misconception, found.share) == ("low_precision", 0.5), found.fact
    assert "float16" in found.fact
    for mistake in (lambda x: -slope(x), lambda x: 0 * slope(x), lambda x: slope(x) + x):
        assert said(line, seed, d=mistake).share == 0


# ------------------------------------------------------------------ kinks


def relu(x: Any) -> Any:
    return jnp.maximum(x, 0.0)


def root_of_square(x: Any) -> Any:
    return jnp.sqrt(x**2)


def steps(low: float, high: float, at: float) -> Callable[[float], float]:
    return lambda x: low if x < 0 else high if x > 0 else at


@pytest.mark.parametrize(
    ("of", "slope", "right"),
    [
        *((relu, steps(0.0, 1.0, at), True) for at in (0.0, 0.5, 1.0)),
        *((relu, steps(0.0, 1.0, at), False) for at in (-0.5, 2.0)),
        *((jnp.abs, steps(-1.0, 1.0, at), True) for at in (-1.0, 0.0, 1.0)),
        (jnp.abs, steps(-1.0, 1.0, 2.0), False),
        (root_of_square, steps(-1.0, 1.0, 0.0), True),
        (relu, steps(0.0, 2.0, 1.0), False),
        (lambda x: x**2, lambda x: 2 * x if x else 0.1, False),
        (lambda x: jnp.sin(40 * x), lambda x: 40 * math.cos(40 * x) if x else 39.0, False),
    ],
)
def test_at_a_shown_kink_each_slope_between_the_sides_is_right(
    of: Any, slope: Any, right: bool
) -> None:
    line = lambda: check.gradient("d", of=of, at=[-1.0, 0.0, 2.0])  # noqa: E731
    assert said(line, d=slope).right is right


def test_in_two_coordinates_a_kink_is_one_of_its_own() -> None:
    line = lambda: check.gradient(  # noqa: E731
        "d", of=lambda u: jnp.abs(u[0]) + u[1] ** 2, at=[[0.0, 1.5], [1.0, -2.0]]
    )
    assert said(line, d=lambda u: [1.0 if u[0] >= 0 else -1.0, 2 * u[1]]).right
    assert not said(line, d=lambda u: [jnp.sign(u[0]), 3.2 if u[0] == 0 else 2 * u[1]]).right


# ------------------------------------------------------------------ pieces


def far_piece(x: Any) -> Any:
    return jnp.where(x > 10, 3 * x, x**2)


def low_piece(x: Any) -> Any:
    return jnp.where(x < -12, 5 - x, jnp.sin(x))


@pytest.mark.parametrize("seed", range(5))
def test_a_piece_far_out_is_asked(seed: int) -> None:
    line = lambda: check.gradient("d", of=far_piece, at=[1.0, -2.0])  # noqa: E731
    assert said(line, seed, d=lambda x: 3.0 if x > 10 else 2 * x).right
    assert said(line, seed, d=lambda x: 2 * x).outcome == "wrong"
    line = lambda: check.gradient("d", of=low_piece)  # noqa: E731
    assert said(line, seed, d=lambda x: -1.0 if x < -12 else math.cos(x)).right
    assert said(line, seed, d=math.cos).outcome == "wrong"


# ------------------------------------------------------------------ level on the way


@pytest.mark.parametrize(
    ("of", "onwards"),
    [
        (lambda x: x**3, "rises before it and goes on rising"),
        (lambda x: 3 * x**4 - 4 * x**3, "falls before it and goes on falling"),
        (lambda x: -(x**5), "falls before it and goes on falling"),
    ],
)
def test_an_inflection_is_no_saddle(of: Any, onwards: str) -> None:
    for line in (lambda: check.minimum("m", of=of), lambda: check.maximum("m", of=of)):
        found = said(line, m=0.0)
        assert found.outcome == "wrong"
        assert onwards in found.fact, found.fact
        assert "saddle" not in found.fact
    pair = said(lambda: check.minimum("m", of=lambda u: u[0] ** 2 - u[1] ** 2), m=[0.0, 0.0])
    assert pair.misconception == "saddle_found"


# ------------------------------------------------------------------ no slope, and a minimum


def distance(u: Any) -> Any:
    return jnp.sqrt(u[0] ** 2 + u[1] ** 2)


def ackley(u: Any) -> Any:
    waves = jnp.exp(0.5 * (jnp.cos(2 * jnp.pi * u[0]) + jnp.cos(2 * jnp.pi * u[1])))
    return -20 * jnp.exp(-0.2 * jnp.sqrt(0.5 * (u[0] ** 2 + u[1] ** 2))) - waves + jnp.e + 20


@pytest.mark.parametrize("of", [distance, ackley])
def test_the_bottom_of_a_funnel_is_a_minimum_and_a_spike_a_maximum(of: Any) -> None:
    bottom = said(lambda: check.minimum("m", of=of), m=[0.0, 0.0])
    assert bottom.right, bottom.fact
    assert said(lambda: check.maximum("m", of=lambda u: -of(u)), m=[0.0, 0.0]).right


@pytest.mark.parametrize(
    "of",
    [lambda u: -distance(u), lambda u: distance(u) - 2 * u[0], lambda u: distance(u) - u[0],
     lambda u: jnp.sqrt(u[0]) + jnp.sqrt(u[1])],
)  # fmt: skip
def test_where_there_is_no_slope_the_truth_is_said(of: Any) -> None:
    found = said(lambda: check.minimum("m", of=of), m=[0.0, 0.0])
    assert found.outcome == "wrong"
    assert "is 0, but has no slope" in found.fact, found.fact


# ------------------------------------------------------------------ what the words say


DOTS: Any = ...


def square(x: Any) -> Any:
    return x**2


def test_arguments_by_name_alone_are_not_no_arguments() -> None:
    def d(*, x: float) -> float:
        return 2 * x

    for answer in (d, lambda **given: 2 * given["x"], lambda: square):
        found = said(lambda: check.gradient("d", of=square), d=answer)
        assert found.misconception == "takes_nothing"
        assert "no arguments" not in found.hint
        assert "by name alone" in found.hint


@pytest.mark.parametrize(
    "answer",
    [lambda x: DOTS(x), lambda x: 2 * DOTS, lambda x: jax.grad(DOTS)(x), lambda x: jnp.sin(DOTS),
     lambda x: DOTS.real],
)  # fmt: skip
def test_an_answer_made_from_dots_is_told_that_they_are_dots(answer: Any) -> None:
    found = said(lambda: check.gradient("d", of=square), d=answer)
    assert found.misconception == "unanswered_used", found.fact
    assert "not given yet" in found.hint


def test_a_truth_is_called_by_its_name() -> None:
    assert "`v` is False, which" in said(lambda: check.value("v", True), v=False).fact
    assert "`v` is True, which" in said(lambda: check.value("v", False), v=np.bool_(True)).fact


def test_texts_in_a_list_are_said_to_be_in_it() -> None:
    found = said(lambda: check.value("v", [1.0, 2.0]), v=["1", "2"])
    assert "`v` is a list with the text '1' in it, which" in found.fact, found.fact


@pytest.mark.parametrize("answer", [math.inf, -math.inf, math.nan])
def test_on_paper_nothing_runs_away(answer: float) -> None:
    found = said(lambda: check.stationary_point("x", of=square), x=answer)
    assert found.misconception == "not_finite"
    assert "steps" not in found.fact
    assert said(lambda: check.minimum("x", of=square), x=answer).misconception == "diverged"
