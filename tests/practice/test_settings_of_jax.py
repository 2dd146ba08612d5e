"""What a student sets in JAX's configuration is theirs: checks compute under their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.verdict import Verdict


@pytest.fixture(params=["jax_debug_nans", "jax_debug_infs"])
def watching(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param
    jax.config.update(request.param, False)


def quartic(x: Any) -> Any:
    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3


def entropy(x: Any) -> Any:
    return x * jnp.log(x)  # nan for x < 0, where a check looks as well


def minimum(answer: float) -> list[Verdict]:
    with recording() as checks:
        check.minimum("x", of=quartic, start=-5.0, step_size=0.001, num_steps=1000)
    return judge(checks[0], {"x": answer}, seed=3)


def gradient(answer: Any) -> list[Verdict]:
    with recording() as checks:
        check.gradient("d", of=entropy)
    return judge(checks[0], {"d": answer}, seed=3)


def test_a_wrong_answer_is_named_whatever_is_watched_for(watching: str) -> None:
    # Of the walks to which it is compared, some run off to inf and nan.
    plain = [minimum(answer) for answer in (-4.148, 1.5, 1e30, -1.168)]
    jax.config.update(watching, True)
    assert [minimum(answer) for answer in (-4.148, 1.5, 1e30, -1.168)] == plain


def test_a_function_may_be_nan_where_nothing_is_asked(watching: str) -> None:
    answers = [jax.grad(entropy), jnp.log]
    plain = [gradient(answer)[0].fact for answer in answers]
    jax.config.update(watching, True)
    assert [gradient(answer)[0].fact for answer in answers] == plain
    assert plain[0] == "`d` is right at all 5 places tried."


def test_a_nan_of_the_students_own_is_still_told() -> None:
    jax.clear_caches()  # JAX looks at the setting in programs that it makes from then on
    jax.config.update("jax_debug_nans", True)
    try:
        (verdict,) = gradient(lambda x: jnp.log(-jnp.abs(x)))
    finally:
        jax.config.update("jax_debug_nans", False)
    assert not verdict.right
    assert verdict.misconception == "raised"
    assert "FloatingPointError" in verdict.fact
