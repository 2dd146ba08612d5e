"""What marking sends to a kernel with each question, and what a slope of the witness's costs."""

from __future__ import annotations

import json
import marshal
import sys
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from autograder.answers import kernel, witness

QUESTIONS = json.dumps(
    [{"name": "double", "calls": [[2.5], [{"array": [1.0, 2.0]}]], "seconds": 5.0}]
)


def replied() -> str:
    """As a kernel of this Python evaluates it, with a student's function in sight."""
    said = eval(kernel._expression(QUESTIONS), {"double": lambda x: 2 * x})
    assert isinstance(said, str)
    return said


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The code that is taken as it was compiled here."""
    seen: list[bytes] = []
    load: Callable[[Any], Any] = marshal.loads

    def loads(code: Any) -> Any:
        if isinstance(code, bytes):  # Python's own imports are views of a file
            seen.append(code)
        return load(code)

    monkeypatch.setattr(marshal, "loads", loads)
    return seen


def test_a_kernel_of_this_python_need_not_compile_the_witness(loaded: list[bytes]):
    assert replied() == witness.testify(QUESTIONS, {"double": lambda x: 2 * x})
    assert len(loaded) == 1


def test_a_kernel_of_another_python_gets_its_text(
    loaded: list[bytes], monkeypatch: pytest.MonkeyPatch
):
    expected = replied()
    loaded.clear()
    monkeypatch.setattr(sys, "version", "3.99.0 (another one)")
    assert (replied(), loaded) == (expected, [])


def places() -> list[Any]:
    numbers = [*np.random.default_rng(5).normal(scale=30, size=40).tolist(), 1.25, 3e38]
    ends = [float("inf"), float("-inf"), float("nan")]
    arrays = [jnp.float32(x) for x in (*numbers, *ends)] + [jnp.asarray(x) for x in numbers[:3]]
    return [*numbers, *ends, *arrays, jnp.asarray(numbers, dtype="float32"), np.asarray(numbers)]


def test_a_straight_slope_is_what_its_cube_would_leave_to_the_last_bit():
    slope = witness._Slope(1.375, 0.0, 1.25, 0.0)
    for x in places():
        d = x - 1.25
        told, whole = slope(x), 1.375 * d + 0.0 * d * d * d
        assert type(told) is type(whole)
        assert getattr(told, "aval", None) == getattr(whole, "aval", None)
        assert np.asarray(told).tobytes() == np.asarray(whole).tobytes() or (
            np.isnan(told) and np.isnan(whole)
        )


@pytest.mark.parametrize("cubic", [0.25, np.zeros(2, dtype="float32")])
def test_a_bent_slope_and_one_of_arrays_have_their_cube(cubic: Any):
    x = np.array([2.0, -3.5], dtype="float32")
    d = x - np.float32(0.5)
    told = witness._Slope(1.5, cubic, np.float32(0.5), 0.0)(x)
    assert told.tobytes() == (1.5 * d + cubic * d * d * d).tobytes()
