"""Answers of which a card once said what was not so, or that were refused though right."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.checks.landscape import Landscape
from autograder.checks.verdict import Verdict
from autograder.coach.knobs import grows
from tests.checks.authored import said


def quartic(x: Any) -> Any:
    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3


def slope(x: Any) -> Any:
    return 8 * x**3 - 9 * x**2 - 18 * x + 4


def bend(x: Any) -> Any:
    return 24 * x**2 - 18 * x - 18


def parabola(x: Any) -> Any:
    return x**2 + 3 * x - 5


def of_second(**answers: Any) -> Verdict:
    return said(
        lambda: check.gradient("dd", of=quartic, order=2, at=[3.0, 0.5, -2.0], follows="dq"),
        **answers,
    )


@pytest.mark.parametrize(
    ("second", "name", "share"),
    [
        (lambda x: round(bend(x), 2), "rounded", 0.5),
        (lambda x: (slope(x + 1e-3) - slope(x)) / 1e-3, "finite_difference", 0.5),
        (lambda x: bend(x) + 1, "constant_offset", 0.0),
    ],
)
def test_an_error_beside_a_right_first_derivative_is_not_carried(
    second: Any, name: str, share: float
) -> None:
    found = of_second(dq=slope, dd=second)
    assert (found.misconception, found.share) == (name, share)


def test_an_error_that_is_carried_is_still_named() -> None:
    found = of_second(dq=lambda x: slope(x) + x**2, dd=lambda x: bend(x) + 2 * x)
    assert found.misconception == "carried_forward"


@pytest.mark.parametrize("off", [-1.0, 1.0, 0.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_constant_that_is_off_is_no_difference_quotient(off: float, seed: int) -> None:
    line = lambda: check.gradient("d", of=parabola)  # noqa: E731
    assert said(line, seed, d=lambda x: 2 * x + 3 + off).misconception in (
        "constant_offset", "term_lost", "constant_kept",
    )  # fmt: skip
    forward = said(line, seed, d=lambda x: (parabola(x + 0.01) - parabola(x)) / 0.01)
    assert forward.misconception == "finite_difference"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_digits_are_no_factor(seed: int) -> None:
    line = lambda: check.gradient("d", of=quartic, at=[3.0, 0.5, -2.0])  # noqa: E731
    found = said(line, seed, d=lambda x: float(f"{slope(x):.4g}"))
    assert found.misconception != "constant_factor"
    assert said(line, seed, d=lambda x: 2 * slope(x)).misconception == "constant_factor"


def test_an_error_that_says_what_it_is_is_told() -> None:
    def unsolved(x: float) -> float:
        raise NotImplementedError("multiple generators [s, cos(s)]")

    def stub(x: float) -> float:
        raise NotImplementedError

    line = lambda: check.gradient("d", of=parabola)  # noqa: E731
    assert said(line, d=unsolved).misconception == "raised"
    assert "multiple generators" in said(line, d=unsolved).fact
    assert said(line, d=stub).misconception == "not_answered"


def test_a_number_that_is_called_has_nothing_to_do_with_grad() -> None:
    two: Any = 2
    found = said(lambda: check.gradient("d", of=parabola), d=lambda x: two(x) + 3)
    assert found.misconception == "no_function_called"
    swapped = said(lambda: check.descent("gd"), gd=lambda x, df, s, n: x - s * df(x))
    assert swapped.misconception == "wrong_arguments"


@pytest.mark.parametrize("what", ["text", None, [1.0], np.ones(2), jnp.ones(2)])
def test_whatever_is_called_and_no_function_has_nothing_to_do_with_grad(what: Any) -> None:
    found = said(lambda: check.gradient("d", of=parabola), d=lambda x: what(x))
    assert found.misconception == "no_function_called"


def test_a_place_in_the_brackets_of_grad_is_told_from_any_float_that_is_walked_through() -> None:
    line = lambda: check.gradient("d", of=parabola)  # noqa: E731
    for grad in (
        lambda x: jax.grad(parabola, x),
        lambda x: jax.grad(parabola, argnums=x)(x),
        lambda x: jax.hessian(lambda y: parabola(y), x),
    ):
        assert said(line, d=grad).misconception == "point_as_argnums"
    for other in (lambda x: sum(x), lambda x: [2 * y + 3 for y in x], lambda x: max(x)):
        assert said(line, d=other).misconception == "raised"


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda u: (1.0, 2.0) - u, "tuple_as_array"),
        (lambda u: [1.0, 2.0] - u, "list_as_array"),
        (lambda u: 0.1 * [1.0, 2.0], "list_as_array"),
        (lambda u: [1.0, 2.0] + 0.5, "list_as_array"),
        (lambda u: {} - u, "raised"),
    ],
)
def test_a_list_is_not_called_a_tuple(wrong: Any, name: str) -> None:
    found = said(lambda: check.gradient("d", of=lambda u: u[0] ** 2 * u[1]), d=wrong)
    assert found.misconception == name
    assert name == "tuple_as_array" or "argnums" not in found.hint


@pytest.mark.parametrize(
    ("of", "slope", "off", "name"),
    [
        (jnp.cos, lambda x: -jnp.sin(x), 1.0, "constant_offset"),
        (jnp.sin, jnp.cos, -1.0, "constant_offset"),
        (lambda x: jnp.cos(x) + 5, lambda x: -jnp.sin(x), 5.0, "constant_kept"),
        (lambda x: jnp.cos(x) + 5, lambda x: -jnp.sin(x), 6.0, "constant_offset"),
        (lambda x: jnp.cos(x) - 5, lambda x: -jnp.sin(x), -5.0, "constant_kept"),
        (lambda x: jnp.sin(x) + 3 * x, lambda x: jnp.cos(x) + 3, -3.0, "term_lost"),
        (lambda x: jnp.sin(x) + 3 * x, lambda x: jnp.cos(x) + 3, -4.0, "constant_offset"),
        (lambda x: (x + 1) ** 2 - 6, lambda x: 2 * x + 2, -5.0, "constant_kept"),
        (lambda x: (x + 1) ** 2 - 6, lambda x: 2 * x + 2, -6.0, "constant_kept"),
        (lambda x: x * (x + 3) - 5, lambda x: 2 * x + 3, -3.0, "term_lost"),
        (lambda x: x**2, lambda x: 2 * x, 1.0, "constant_offset"),
    ],
)
def test_a_term_is_kept_or_lost_only_where_there_is_one(
    of: Any, slope: Any, off: float, name: str
) -> None:
    found = said(lambda: check.gradient("d", of=lambda x: of(x)), d=lambda x: slope(x) + off)
    assert found.misconception == name


def test_a_truth_is_shown_as_one() -> None:
    for truth in (True, np.True_, jnp.array(True)):
        found = said(lambda: check.value("v", False), v=truth)
        assert "`v` is True" in found.fact
    assert "`d` is False" in said(lambda: check.gradient("d", of=parabola), d=False).fact
    line = lambda: check.curvature("c", of=quartic, at=[3.0, 0.5])  # noqa: E731
    assert said(line, c={3.0: True, 0.5: False}).fact.startswith("True is not one of the labels")
    assert "(True, False)" in said(line, c=np.array([True, False])).fact


ROW = [3.0, 0.5, -2.0]


@pytest.mark.parametrize(
    "at", [jnp.array(ROW), np.array(ROW), [jnp.array(x) for x in ROW], tuple(np.float32(ROW))]
)
def test_an_author_shows_places_in_arrays(at: Any) -> None:
    labels = {x: "valley" if bend(x) > 0 else "hill" for x in ROW}
    assert said(lambda: check.curvature("c", of=quartic, at=at), c=labels).right
    assert said(lambda: check.gradient("d", of=quartic, at=at), d=slope).right
    one = at[0]
    assert said(lambda: check.curvature("c", of=quartic, at=one), c={3.0: "valley"}).right
    assert said(lambda: check.gradient("d", of=quartic, at=one), d=slope).right


@pytest.mark.parametrize("array", [np.array, jnp.array, list])
def test_an_author_shows_a_place_of_several_numbers_in_an_array(array: Any) -> None:
    def of_pair(u: Any) -> Any:
        return u[0] ** 2 * u[1]

    def of_two(x: Any, y: Any) -> Any:
        return x**2 * y

    row = array([1.0, 2.0])
    for at in ([array([1.0, 2.0])], array([[1.0, 2.0], [3.0, 1.0]]), row):
        if at is row and array is list:
            continue  # a list is of places
        assert said(lambda: check.gradient("d", of=of_pair, at=at), d=jax.grad(of_pair)).right  # noqa: B023
        both = jax.grad(of_two, (0, 1))
        assert said(lambda: check.gradient("d", of=of_two, at=at, argnums=(0, 1)), d=both).right  # noqa: B023


def test_a_text_of_numpy_is_a_label() -> None:
    labels = {x: np.where(bend(x) > 0, "valley", "hill") for x in (3.0, 0.5, -2.0)}
    assert said(lambda: check.curvature("k", of=quartic, at=[3.0, 0.5, -2.0]), k=labels).right
    assert said(lambda: check.value("v", "Valley"), v=np.array("valley")).right


def test_a_coordinate_at_a_maximum_is_not_at_a_minimum() -> None:
    line = lambda: check.minimum("m", of=lambda c: jnp.sin(c[0]) + jnp.sin(c[1]))  # noqa: E731
    assert said(line, m=(0.0, np.pi / 2)).misconception != "one_coordinate_updated"
    assert said(line, m=(0.0, -np.pi / 2)).misconception == "one_coordinate_updated"


def test_a_third_coordinate_is_a_coordinate() -> None:
    """JAX takes the last one for an index that is not there."""

    def valley(c: Any) -> Any:
        return (c[0] - 1) ** 2 + (c[1] - 2) ** 2 + (c[2] - 3) ** 2

    line = lambda: check.minimum("m", of=valley)  # noqa: E731
    assert said(line, m=(1.0, 2.0, 3.0)).right
    assert not said(line, m=(1.0, 2.5)).right
    assert said(lambda: check.gradient("d", of=valley), d=jax.grad(valley)).right


@pytest.mark.parametrize(("due", "answer", "right"), [
    (1e-9, 1e-9, True), (1e-9, 0.0, False), (1e-9, 2e-9, False), (0.0, 1e-7, True),
    (0.0012, 0.00120034, True), (2.0, 2.0001, True),
])  # fmt: skip
def test_a_tiny_value_has_to_be_that_one(due: float, answer: float, right: bool) -> None:
    assert said(lambda: check.value("v", due), v=answer).right is right


def test_a_truth_of_jax_can_be_answered() -> None:
    line = lambda: check.value("v", jnp.array(2.0) > 0)  # noqa: E731
    assert said(line, v=True).right
    assert not said(line, v=False).right


@pytest.mark.parametrize("answer", [-0.25, 0.0])
def test_outside_of_a_domain_nothing_ran_away(answer: float) -> None:
    found = said(lambda: check.minimum("m", of=lambda x: x - jnp.sqrt(x)), m=answer)
    assert found.misconception == "not_finite"


def test_a_function_that_raises_outside_of_its_domain_is_judged_within() -> None:
    def root(x: Any) -> Any:
        if x < 0:
            raise ValueError("negative")
        return jnp.sqrt(x)

    line = lambda: check.gradient("d", of=root, domain=(0.1, 5.0))  # noqa: E731
    assert said(line, d=lambda x: 0.5 / np.sqrt(x)).right
    assert not said(line, d=lambda x: 0.4 / np.sqrt(x)).right


def test_a_base_that_was_forgotten_is_no_coefficient() -> None:
    for log in (jnp.log10, jnp.log2):
        found = said(lambda log=log: check.gradient("d", of=log), d=lambda x: 1 / x)  # type: ignore[misc]
        assert found.misconception == "logarithm_base"


def test_a_tiny_step_does_not_jump_back_and_forth() -> None:
    line = lambda: check.diverging_step("s", of=lambda x: 3 * x**2 + 4 * x - 2)  # noqa: E731
    assert said(line, s=1e-8).misconception == "step_converges"
    assert said(line, s=1 / 3).misconception == "step_bounces"


def test_a_walk_down_from_a_hilltop_does_not_run_away() -> None:
    assert not grows(Landscape(quartic), np.array([[0.1], [0.08], [0.05]]))
    assert grows(Landscape(quartic), np.array([[1.9], [0.0], [4.0]]))


@pytest.mark.parametrize(
    ("of", "lost", "how"),
    [
        (lambda x: x**3 - 12 * x, lambda x: 3 * x**2, {"at": [1.0, 1000.0]}),
        (lambda x: x**4 + 3 * x, lambda x: 4 * x**3, {"at": [0.5, 100.0]}),
        (lambda x: jnp.sin(x) + 3 * x, jnp.exp, {"at": [0.0, 5.0, 15.0]}),
        (quartic, lambda x: 24 * x**2 - 18 * x, {"at": [0.5, 200.0], "order": 2}),
    ],
)
def test_over_a_wide_range_a_lost_term_is_seen(of: Any, lost: Any, how: dict[str, Any]) -> None:
    for seed in range(3):
        assert not said(lambda: check.gradient("d", of=of, **how), seed, d=lost).right
        right = jax.grad(jax.grad(of)) if "order" in how else jax.grad(of)
        assert said(lambda: check.gradient("d", of=of, **how), seed, d=right).right
