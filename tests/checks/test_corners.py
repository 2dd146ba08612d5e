"""Minima without a slope that is zero: of |x|, of sums of distances, of the larger of two bowls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.evidence import PlaceEvidence
from autograder.checks.landscape import Landscape
from autograder.checks.verdict import Verdict
from autograder.feedback.praise import praise
from tests.checks.authored import said

HOUSES = jnp.array([1.0, 2.0, 4.0, 7.0, 11.0])


def tent(x: Any) -> Any:
    return jnp.abs(x - 1.0)


def tilted(x: Any) -> Any:
    return jnp.abs(x - 1.0) + 0.1 * x**2


def distances(x: Any) -> Any:
    return jnp.sum(jnp.abs(x - HOUSES))


def lasso(x: Any) -> Any:
    return (x - 1) ** 2 + 3 * jnp.abs(x)


def branches(x: Any) -> Any:
    return x - 1.0 if x > 1 else 2 * (1.0 - x)


def trench(x: Any, y: Any) -> Any:
    return jnp.abs(x - 1) + (y + 2) ** 2


def slanted(x: Any, y: Any) -> Any:
    return jnp.abs(x + y) + 0.3 * (x - y - 2) ** 2


def bowls(x: Any, y: Any) -> Any:
    return jnp.maximum((x - 0.5) ** 2 + y**2, (x - 2) ** 2 + (y + 0.5) ** 2)


def cone(x: Any, y: Any) -> Any:
    return jnp.sqrt((x - 1) ** 2 + (y + 2) ** 2)


CORNERS: list[tuple[Callable[..., Any], Any]] = [
    (tent, 1.0), (tilted, 1.0), (distances, 4.0), (lasso, 0.0), (branches, 1.0),
    (trench, (1.0, -2.0)), (slanted, (1.0, -1.0)), (bowls, (1.25, -0.25)), (cone, (1.0, -2.0)),
]  # fmt: skip


@pytest.mark.parametrize(("of", "corner"), CORNERS, ids=[of.__name__ for of, _ in CORNERS])
def test_a_corner_is_a_minimum_and_what_is_near_enough_is_right(of: Any, corner: Any) -> None:
    with recording() as checks:
        check.minimum("m", of=of)

    def verdict(off: float) -> Verdict:
        place = np.atleast_1d(corner) + off * np.array([1.0, -0.7])[: np.size(corner)]
        (found,) = judge(checks[0], {"m": place.reshape(np.shape(corner)).tolist()}, seed=7)
        return found

    for off in (0.0, -4e-4, 3e-3):
        found = verdict(off)
        assert found.right, found.fact
        assert "slope" not in found.fact, "in a corner there is none to speak of"
        assert "no slope is zero" in praise(found)
    near, away = verdict(0.05), verdict(0.45)
    assert near.outcome == away.outcome == "wrong"
    assert "corner beside it" in near.fact
    assert not near.rows, "its slope is not to become 0"
    assert "not 0" in away.fact, away.fact


@pytest.mark.parametrize("place", [1.0, 2.0, 7.0])
def test_a_corner_on_the_way_down_is_no_plateau(place: float) -> None:
    verdict = said(lambda: check.minimum("m", of=distances), m=place)
    assert verdict.outcome == "wrong"
    assert verdict.misconception == "not_stationary", verdict.fact


@pytest.mark.parametrize(
    ("along", "right"),
    [(lambda t: -(t**2) / 100, False), (lambda t: t**2 / 100, True), (lambda t: 0 * t, True),
     (lambda t: -(jnp.maximum(0, jnp.abs(t) - 0.5) ** 2), False)],
)  # fmt: skip
def test_along_the_edge_of_a_corner_the_ground_is_followed(along: Any, right: bool) -> None:
    slanting = lambda x, y: jnp.abs(x - 0.3 * y) + along(0.3 * x + y)  # noqa: E731
    assert said(lambda: check.minimum("m", of=slanting), m=(0.0, 0.0)).right is right


def hinges(x: Any) -> Any:
    return jnp.maximum(0, 1 - x) + jnp.maximum(0, x - 2)


def corridor(x: Any, y: Any) -> Any:
    return jnp.maximum(0, jnp.abs(x - 1) - 0.5) + jnp.maximum(0, jnp.abs(y + 1) - 0.5)


@pytest.mark.parametrize(
    ("of", "place", "right"),
    [
        *((hinges, place, True) for place in (1.0, 1.5, 2.0, 0.997, 2.004)),
        *((hinges, place, False) for place in (0.95, 2.1)),
        *((lambda x: jnp.maximum(x, 0.0), place, place < 0.5) for place in (-3.0, 0.0, 0.5)),
        *((corridor, place, True) for place in ((1.5, -1.0), (0.5, -1.5), (1.0, -0.5))),
        (corridor, (1.6, -1.0), False),
        # What is level there, and falls beyond.
        (lambda x: -jnp.maximum(0, x - 2) + jnp.maximum(0, 1 - x), 1.0, False),
        (lambda x: jnp.sqrt(jnp.abs(x - 1)), 1.0004, True),
        (lambda x: jnp.sqrt(jnp.abs(x - 1)), 1.02, False),
    ],
)
def test_the_edge_of_a_level_floor_is_a_minimum(of: Any, place: Any, right: bool) -> None:
    assert said(lambda: check.minimum("m", of=of), m=place).right is right


def test_on_a_small_scale_0_is_no_place_beside_a_corner() -> None:
    line = lambda: check.minimum("m", of=lambda x: 100 * jnp.abs(x - 0.002))  # noqa: E731
    assert said(line, m=0.0021).right
    assert not said(line, m=0.0).right
    assert not said(line, m=0.003).right


def test_where_descent_leaps_to_and_fro_its_end_is_right() -> None:
    line = lambda: check.minimum(  # noqa: E731
        "m", of=tent, start=3.03, step_size=0.1, num_steps=100
    )
    ends = said(line, m=1.03)
    assert ends.right
    assert isinstance(ends.evidence, PlaceEvidence)
    assert ends.evidence.stall is None
    assert not said(line, m=1.04).right


@pytest.mark.parametrize(
    ("place", "right", "says"),
    [(1.0, True, "falls on both sides"), (1.003, True, "falls on both sides"),
     (1.05, False, "near a maximum"), (0.0, False, "the curve rises")],
)  # fmt: skip
def test_a_corner_on_top_is_a_maximum(place: float, right: bool, says: str) -> None:
    verdict = said(lambda: check.maximum("m", of=lambda x: -tilted(x)), m=place)
    assert verdict.right is right
    assert says in verdict.fact


def test_who_found_the_corner_on_top_has_climbed() -> None:
    found = said(lambda: check.minimum("m", of=lambda x: -tilted(x)), m=1.0)
    assert found.misconception == "maximum_found"
    assert "slope" not in found.fact


def test_the_smooth_minimum_beside_a_corner_stays_one() -> None:
    def both(x: Any) -> Any:
        return jnp.minimum(jnp.abs(x) + 0.1, 20 * (x - 0.3) ** 2)

    line = lambda: check.minimum("m", of=both)  # noqa: E731
    assert "the slope there is" in said(line, m=0.3).fact
    assert "rises on both sides" in said(line, m=0.0).fact


@pytest.mark.parametrize(
    ("of", "may"),
    [
        (lambda x: x**4 - 3 * x**2 + jnp.sin(x) * jnp.exp(-x), False),
        (lambda u: (1 - u[0]) ** 2 + 100 * (u[1] - u[0] ** 2) ** 2, False),
        (tent, True),
        (lambda u: jnp.linalg.norm(u[:2]), True),
        (lambda u: jnp.max(u[:2]), True),
    ],
)
def test_what_can_have_no_corner_is_not_searched_for_one(of: Any, may: bool) -> None:
    assert Landscape(of).reference.may_have_corners is may
