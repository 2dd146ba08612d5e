"""Tops: a maximum is right, and what is none is told what it is."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder.answers.local import judge
from autograder.checks.evidence import PlaceEvidence
from autograder.checks.maximum import Maximum
from autograder.checks.verdict import Verdict
from autograder.feedback.pictures.kinds import KINDS


def profit(p: Any) -> Any:
    return 10 * (p - 1) * jnp.exp(-p / 1.7)


def two_tops(x: Any) -> Any:
    return -(x**4) + 8 * x**2 + x


def egg_box(x: Any, y: Any) -> Any:
    return jnp.sin(x) * jnp.cos(y)


def told(of: Any, answer: Any) -> Verdict:
    (verdict,) = judge(Maximum("top", of), {"top": answer}, 3)
    return verdict


def climbed(sign: float = -1.0) -> Any:
    """By descent on the negative, or uphill, in float32."""
    slope = jax.jit(jax.grad(lambda p: sign * profit(p)))
    p = 2.0
    for _ in range(500):
        p = p + sign * 0.1 * slope(p)
    return p


@pytest.mark.parametrize("answer", [2.7, 2.7001, np.float32(2.7), jnp.array(2.7), [2.7]])
def test_a_top_is_right_in_any_type(answer: Any) -> None:
    verdict = told(profit, answer)
    assert verdict.right, verdict.fact
    assert "is a maximum" in verdict.fact


def test_a_walk_leads_there() -> None:
    assert told(profit, climbed()).right
    assert told(profit, climbed(1.0)).right


def test_any_top_is_right() -> None:
    tops = [r.real for r in np.roots([-4, 0, 16, 1])]
    assert told(two_tops, max(tops)).right
    assert told(two_tops, min(tops)).right
    (bottom,) = sorted(tops)[1:2]
    assert told(two_tops, bottom).misconception == "minimum_found"


@pytest.mark.parametrize(
    ("answer", "name", "said"),
    [
        (2.0, "not_a_top", "the curve rises there"),
        (4.0, "not_a_top", "the curve falls there"),
        (2.65, "near_but_not_there", "near a stationary point"),
        (60.0, "plateau_no_top", "no top"),
        (float(profit(2.7)), "value_of_maximum", "how high"),
        (float("nan"), "diverged", "no number any more"),
        ("2.7", "text_answer", "text"),
        (..., "not_answered", ""),
        (profit, "function_not_called", ""),
    ],
)
def test_what_is_no_top_is_told_what_it_is(answer: Any, name: str, said: str) -> None:
    verdict = told(profit, answer)
    assert verdict.misconception == name, verdict.fact
    assert said in verdict.fact
    assert verdict.share == 0


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((np.pi / 2, 0.0), None),
        ((-np.pi / 2, np.pi), None),
        ((-np.pi / 2, 0.0), "minimum_found"),
        ((0.0, np.pi / 2), "saddle_found"),
    ],
)
def test_in_two_coordinates(place: Any, name: str | None) -> None:
    verdict = told(egg_box, place)
    assert verdict.right == (name is None), verdict.fact
    assert verdict.misconception == name


def test_the_picture_is_of_the_function_itself() -> None:
    verdict = told(profit, 2.0)
    assert isinstance(verdict.evidence, PlaceEvidence)
    assert verdict.evidence.slope == pytest.approx([float(jax.grad(profit)(2.0))], rel=1e-5)
    picture = KINDS["place"](verdict)
    assert picture is not None
