"""A routine with momentum: right in any style, and each usual slip called by its name."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder.answers.local import judge
from autograder.checks.evidence import DescentEvidence
from autograder.checks.momentum import MomentumRoutine
from autograder.checks.verdict import Verdict
from autograder.feedback.pictures.descent import _true
from autograder.feedback.pictures.kinds import KINDS

CHECK = MomentumRoutine("roll")


def routine(body: str, *, begin: str = "x, v = start, 0.0 * start", end: str = "x") -> Any:
    lines = [
        "def roll(df, start, step_size, num_steps, beta):",
        f"    {begin}",
        "    for _ in range(num_steps):",
        f"        {body}",
        f"    return {end}",
    ]
    namespace: dict[str, Any] = {"jnp": jnp, "np": np}
    exec("\n".join(lines), namespace)
    return namespace["roll"]


def told(roll: Any, seed: int = 3) -> Verdict:
    (verdict,) = judge(CHECK, {"roll": roll}, seed)
    return verdict


BALL = "v = beta * v - step_size * df(x); x = x + v"


def in_jax(df: Any, start: Any, step_size: Any, num_steps: int, beta: Any) -> Any:
    def move(_: int, state: Any) -> Any:
        x, v = state
        v = beta * v - step_size * df(x)
        return x + v, v

    start = 1.0 * jnp.asarray(start)
    return jax.lax.fori_loop(0, num_steps, move, (start, 0.0 * start))[0]


def from_two_places(df: Any, x: Any, s: Any, n: int, beta: Any) -> Any:
    """As in Polyak's paper, without a velocity."""
    before = x
    for _ in range(n):
        x, before = x - s * df(x) + beta * (x - before), x
    return x


def recursive(df: Any, x: Any, s: Any, n: int, beta: Any, v: Any = 0.0) -> Any:
    if n == 0:
        return x
    v = beta * v - s * df(x)
    return recursive(df, x + v, s, n - 1, beta, v)


def by_name(df: Any, start: Any, *, beta: Any, num_steps: int, step_size: Any) -> Any:
    return routine(BALL)(df, start, step_size, num_steps, beta)


@pytest.mark.parametrize(
    "roll",
    [
        routine(BALL),
        routine("v = beta * v + step_size * df(x); x = x - v"),
        routine("v = beta * v + df(x); x = x - step_size * v"),
        routine(BALL, begin="x, v = np.array(start, dtype=float), 0.0"),
        routine(BALL, end="x, [x]"),
        in_jax,
        from_two_places,
        recursive,
        by_name,
    ],
)
def test_the_heavy_ball_is_right_in_any_style(roll: Any) -> None:
    for seed in range(4):
        verdict = told(roll, seed)
        assert verdict.right, verdict.fact


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("v = -step_size * df(x); x = x + v", "velocity_not_carried"),
        ("x = x - step_size * df(x)", "velocity_not_carried"),
        ("v = beta * v + step_size * df(x); x = x + v", "ascent"),
        ("v = beta * v - step_size * df(x); x = x - v", "ascent"),
        ("v = -beta * v - step_size * df(x); x = x + v", "velocity_turned"),
        ("v = v - beta * step_size * df(x); x = x + v", "beta_on_slope"),
        ("v = beta * (v - step_size * df(x)); x = x + v", "beta_on_slope"),
        ("x = x - beta * step_size * df(x)", "beta_on_slope"),
        ("v = beta * v + (1 - beta) * df(x); x = x - step_size * v", "velocity_averaged"),
        ("x = x + v; v = beta * v - step_size * df(x)", "velocity_late"),
        ("x, v = x + v, beta * v - step_size * df(x)", "velocity_late"),
        ("v = 0.9 * v - step_size * df(x); x = x + v", "hard_coded_beta"),
        ("v = 0.35 * v - step_size * df(x); x = x + v", "hard_coded_beta"),
        ("v = v - step_size * df(x); x = x + v", "hard_coded_beta"),
        ("v = beta * v - df(x); x = x + v", "no_step_size"),
        ("v = beta * v - step_size * df(x); x = x + step_size * v", "step_misused"),
        (f"{BALL}; return x", "one_step_only"),
        ("v = beta * v - step_size * df(x)", "start_returned"),
        ("v = beta * v - step_size * df(x); x = start + v", "wrong_ball"),
        ("v = beta ** 2 * v - step_size * df(x); x = x + v", "wrong_ball"),
    ],
)
def test_a_slip_is_named(body: str, name: str) -> None:
    for seed in range(4):
        verdict = told(routine(body), seed)
        assert verdict.misconception == name, verdict.fact
        assert verdict.share == 0
        assert "{" not in verdict.fact + verdict.hint


def test_what_is_returned_counts() -> None:
    assert told(routine(BALL, end="v")).misconception == "velocity_returned"
    path = routine(f"{BALL}; h.append(x)", begin="x, v, h = start, 0.0 * start, [start]", end="h")
    assert told(path).misconception == "history_returned"
    assert told(lambda df, x, s, n, b: routine(BALL)(df, x, s, n - 1, b)).misconception == (
        "off_by_one_steps"
    )
    four = told(lambda df, start, step_size, num_steps: start)
    assert four.misconception == "wrong_arguments"
    assert "and a beta" in four.hint
    assert told(routine("pass", begin="x = ...")).misconception == "not_answered"


@pytest.mark.parametrize(
    "body",
    [
        "v = beta * v - step_size * df(x + beta * v); x = x + v",
        "g = df(x); v = beta * v + g; x = x - step_size * (g + beta * v)",
    ],
)
def test_nesterovs_momentum_is_told_as_a_good_method_and_another(body: str) -> None:
    verdict = told(routine(body))
    assert (verdict.outcome, verdict.share) == ("partly", 0.5)
    assert verdict.misconception == "nesterov_instead"
    assert "Nesterov" in verdict.fact


def test_the_picture_shows_the_balls_own_way() -> None:
    verdict = told(routine("x = x - step_size * df(x)"))
    assert isinstance(verdict.evidence, DescentEvidence)
    for walk, row in zip(verdict.evidence.trials, verdict.rows, strict=True):
        np.testing.assert_allclose(_true(walk)[-1], row.reference, rtol=1e-4, atol=1e-4)
    picture = KINDS["descent"](verdict)
    assert picture is not None
    assert "Momentum goes" in picture.alt
