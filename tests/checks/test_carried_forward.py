"""A wrong second derivative that is the derivative of a wrong first one (case B38)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError


def func(x: Any) -> Any:
    return 3 * x**2 + 4 * x - 2


def quartic(x: Any) -> Any:
    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3


def marked(of: Callable[[Any], Any], first: Any, second: Any, carried: float = 0.0) -> Verdict:
    with recording() as checks:
        check.gradient("second", of=of, order=2, follows="first", carried=carried)
    answers = {"second": second} if first is None else {"first": first, "second": second}
    (verdict,) = judge(checks[0], answers, seed=7)
    return verdict


FLIPPED = jax.grad(lambda x: -quartic(x))
LOST = lambda x: 8 * x**3 - 9 * x**2 - 18 * x + 4 + jnp.sin(x)  # noqa: E731


@pytest.mark.parametrize("first", [FLIPPED, LOST, lambda x: 2 * x**2 + 1.0])
def test_one_mistake_is_told_as_one(first: Callable[[Any], Any]) -> None:
    second = jax.grad(first)
    verdict = marked(quartic, first, second)
    assert (verdict.misconception, verdict.outcome, verdict.share) == (
        "carried_forward",
        "wrong",
        0,
    )
    assert "follows from your `first`" in verdict.fact
    verdict = marked(quartic, first, second, carried=0.5)
    assert (verdict.outcome, verdict.share) == ("partly", 0.5)


def test_by_hand_it_is_carried_as_well() -> None:
    verdict = marked(func, lambda x: -(6 * x + 4), lambda x: -6.0, carried=0.5)
    # The truth is one number as well, so that the mistake made nothing easier.
    assert (verdict.misconception, verdict.share) == ("carried_forward", 0.5)


def test_no_points_where_the_mistake_made_it_trivial() -> None:
    """As in Numbas (numbas/Numbas#368): who makes a line of it has nothing left to do."""
    verdict = marked(quartic, lambda x: 7 * x + 2, lambda x: 7.0, carried=0.5)
    assert (verdict.misconception, verdict.share) == ("carried_forward", 0.0)
    verdict = marked(quartic, lambda x: 3.0, lambda x: 0.0, carried=0.5)
    assert verdict.share == 0.0


def test_a_mistake_of_its_own_keeps_its_name() -> None:
    right = jax.grad(quartic)
    verdict = marked(quartic, right, lambda x: -jax.grad(right)(x), carried=0.5)
    assert (verdict.misconception, verdict.share) == ("sign_flipped", 0.0)
    verdict = marked(quartic, FLIPPED, jax.grad(FLIPPED)(1.0), carried=0.5)
    assert (verdict.misconception, verdict.share) == ("number_not_function", 0.0)
    # Wrong and wrong, but the one is not the other's derivative.
    verdict = marked(quartic, FLIPPED, lambda x: 24 * x**2, carried=0.5)
    assert verdict.misconception != "carried_forward"
    assert verdict.share == 0.0


@pytest.mark.parametrize(
    "first", [None, 3.0, "x", lambda: 1.0, lambda x: None, lambda x: [x, x], lambda x: x / 0.0]
)
def test_an_earlier_answer_that_says_nothing_changes_nothing(first: Any) -> None:
    alone = marked(quartic, None, lambda x: -24 * x**2 + 18 * x + 18)
    verdict = marked(quartic, first, lambda x: -24 * x**2 + 18 * x + 18, carried=0.5)
    assert (verdict.misconception, verdict.share) == (alone.misconception, 0.0)


def test_right_is_right_whatever_came_before() -> None:
    assert marked(quartic, FLIPPED, jax.grad(jax.grad(quartic)), carried=0.5).right


@pytest.mark.parametrize(
    "about", [{"order": 1, "follows": "df"}, {"order": 2, "follows": "df", "carried": 1.0}]
)
def test_an_author_is_told_what_it_is_for(about: dict[str, Any]) -> None:
    with recording() as checks, pytest.raises(CheckError, match=r"follows|share below 1"):
        check.gradient("second", of=quartic, **about)
    assert not checks
