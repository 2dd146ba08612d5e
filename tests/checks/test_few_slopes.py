"""Down Rosenbrock's valley: slopes are counted where they are asked, and nothing is claimed."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.answers.witness import _Valley
from autograder.checks.budget import FewSlopes
from autograder.checks.questions import Valley
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError

CHECK = FewSlopes("descend", 1000)


def told(descend: Any, seed: int = 3) -> Verdict:
    (verdict,) = judge(CHECK, {"descend": descend}, seed)
    return verdict


def ball(df: Any, start: Any, *, size: float = 0.001, beta: float = 0.95, most: int = 1000) -> Any:
    x, v = start, 0.0 * start
    for _ in range(most):
        slope = df(x)
        if abs(slope).max() < 0.01:
            break
        v = beta * v - size * slope
        x = x + v
    return x


def in_numpy(df: Any, start: Any) -> Any:
    return ball(df, np.asarray(start, dtype=float))


def newton(df: Any, start: Any) -> Any:
    """Newton's method, with the Hessian by differences of slopes."""
    x = np.asarray(start, dtype=float)
    for _ in range(20):
        slope = np.asarray(df(x))
        if abs(slope).max() < 1e-3:
            break
        rows = [(np.asarray(df(x + 1e-6 * e)) - slope) / 1e-6 for e in np.eye(2)]
        x = x - np.linalg.solve(np.array(rows).T, slope)
    return list(x)


@pytest.mark.parametrize("descend", [ball, in_numpy, newton])
def test_any_method_is_right_that_keeps_to_the_limit(descend: Any) -> None:
    for seed in range(5):
        verdict = told(descend, seed)
        assert verdict.right, verdict.fact


def test_the_count_is_measured() -> None:
    asked: list[int] = []

    def counting(df: Any, start: Any) -> Any:
        asked.append(0)

        def counted(x: Any) -> Any:
            asked[-1] += 1
            return df(x)

        return newton(counted, start)

    fact = told(counting).fact
    assert len(asked) == 3
    assert f"asks for the slope {', '.join(map(str, asked))} times" in fact


def test_what_plain_descent_needs_is_what_it_needs() -> None:
    """Run as a student would, with the step size that is named."""
    fact = told(newton).fact
    size, steps = re.search(r"step sizes \(([\d.]+)\), needs up to (\d+)", fact).groups()  # type: ignore[union-attr]
    check_of_it = FewSlopes("descend", int(steps) + 10)

    def plain(most: int) -> Any:
        return lambda df, start: ball(
            df, np.asarray(start, dtype=float), size=float(size), beta=0.0, most=most
        )

    (verdict,) = judge(check_of_it, {"descend": plain(int(steps))}, 3)
    assert verdict.right, verdict.fact
    (verdict,) = judge(check_of_it, {"descend": plain(int(steps) - 50)}, 3)
    assert verdict.misconception == "bottom_not_reached"


@pytest.mark.parametrize(
    ("descend", "name"),
    [
        (lambda df, start: ball(df, start, beta=0.0), "bottom_not_reached"),
        (lambda df, start: start - 0.0 * df(start), "bottom_not_reached"),
        (lambda df, start: max((ball(df, start) for _ in range(9)), key=len), "asked_too_often"),
        (lambda df, start: jnp.array([1.0, 1.0]), "hard_coded_function"),
        (lambda df, start: ball(df, start, size=1.0, most=60), "diverged"),
        (lambda df, start: ball(df, start)[0], "wrong_shape"),
        (lambda df, start: ball(jax.jit(df), start), "slope_not_countable"),
        (lambda df, start: jax.vmap(df)(jnp.stack([start, start]))[0], "slope_not_countable"),
        (lambda df, start: df(np.zeros((50, 2)))[0], "raised"),
        (lambda df: df, "wrong_arguments"),
        (lambda df, start: None, "returns_nothing"),
        (jnp.array([1.0, 1.0]), "number_not_function"),
        (..., "not_answered"),
    ],
)
def test_a_slip_is_named(descend: Any, name: str) -> None:
    verdict = told(descend)
    assert verdict.misconception == name, verdict.fact
    assert verdict.share == 0
    assert "{" not in verdict.fact + verdict.hint


def test_the_slope_is_rosenbrocks() -> None:
    def f(u: Any) -> Any:
        return (1.05 - u[0]) ** 2 + 100.0 * (u[1] - u[0] ** 2) ** 2

    for place in ([-1.2, 1.0], [0.3, -0.7], [1.05, 1.05**2]):
        with jax.enable_x64(True):
            due = np.asarray(jax.grad(f)(jnp.array(place)))
        for slope in (Valley(1.05, 100.0), _Valley(1.05, 100.0)):  # judged by, and handed over
            np.testing.assert_allclose(slope(np.array(place)), due, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("line", [{"most": 0}, {"most": 5, "within": 0.0}])
def test_a_line_that_cannot_be_kept_to_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(CheckError, match="positive, and within"):
        check.rosenbrock("descend", **line)
