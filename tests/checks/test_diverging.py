"""A step size that runs away is told from one that settles, however narrow the domain is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import pytest

from autograder.answers.local import judge
from autograder.checks.diverging import DivergingStep
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError
from autograder.feedback import html

Function = Callable[[Any], Any]


def marking(of: Function) -> Callable[[float], Verdict]:
    """What one check says of steps; its function is compiled once."""
    made = DivergingStep("s", of)

    def marked(step: float) -> Verdict:
        (verdict,) = judge(made, {"s": step}, seed=7)
        html.render([verdict])  # with its picture, whatever lies outside of the domain
        return verdict

    return marked


# Each with the border: 2 over the curvature at its minimum.
NARROW: dict[str, tuple[Function, float]] = {
    "a half circle": (lambda x: -jnp.sqrt(1 - x**2), 2.0),
    "a small one": (lambda x: -jnp.sqrt(1e-6 - x**2), 2e-3),
    "an arc sine": (lambda x: jnp.arcsin(x) ** 2, 1.0),
    "a barrier, with slopes beyond it": (
        lambda x: -jnp.log(0.01 - x) - jnp.log(0.01 + x), 1e-4,
    ),
    "a half sphere": (lambda u: -jnp.sqrt(1e-4 - u[0] ** 2 - u[1] ** 2), 2e-2),
    "an edge on one side": (lambda x: 10 * x - jnp.log(x), 0.02),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROW)
def test_in_a_narrow_domain_not_any_step_runs_away(name: str) -> None:
    of, border = NARROW[name]
    marked = marking(of)
    assert [marked(part * border).right for part in (1e-3, 0.1, 0.9)] == [False] * 3
    found = [marked(part * border) for part in (4.0, 100.0)]
    assert [verdict.right for verdict in found] == [True] * 2
    assert "where the function has no value" in found[0].fact


@pytest.mark.parametrize(
    "of",
    [
        lambda x: jnp.log(x),
        lambda x: jnp.log(x - 4.0),
        lambda x: jnp.sqrt(x - 50.0),
        lambda x: 1e4 * x - jnp.log(1e4 * x),  # too near to the edge to be found
    ],
)
def test_where_any_step_leaves_the_domain_its_author_is_told(of: Function) -> None:
    with pytest.raises(CheckError, match="with any, descent leaves"):
        marking(of)(0.1)


@pytest.mark.parametrize("of", [lambda x: x - jnp.log(x), lambda x: jnp.sin(x)])
def test_a_walk_that_jumps_for_ever_is_not_said_to_settle(of: Function) -> None:
    marked = marking(of)
    found = [marked(step).misconception for step in (1e-9, 1.9, 2.1, 2.5)]
    assert found == ["step_converges"] * 2 + ["step_bounces"] * 2
