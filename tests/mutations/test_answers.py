"""A slip in the reference answer of each exercise is refused; other ways to write it are right."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from autograder.answers.local import judge
from autograder.checks.gradient import Gradient
from tests.corpus import EXERCISES, given_namespace, quietly
from tests.mutations.answers import FORMULAS, rearranged, slips
from tests.test_corpus import checks_of, told_the_same

PLACES = ([0.7, 1.3], [-1.6, 0.4], [2.3, -0.8], [0.9, 2.2], [-0.4, -1.9])


def check_of(exercise: str, answer: str) -> Any:
    notebook = next(n for n, exercises in EXERCISES.items() if exercise in exercises)
    return next(c for c in checks_of(notebook)[exercise] if answer in c.answers)


def verdict(exercise: str, answer: str, value: Any) -> Any:
    namespace = {**given_namespace(), answer: value}
    found = judge(check_of(exercise, answer), namespace, seed=1)
    return next(v for v in found if v.answer == answer)


def function(source: str) -> Any:
    return eval(source, given_namespace())


def numbers(f: Any, source: str) -> np.ndarray | None:
    """What a formula gives; None where it gives none."""
    pair, one = source.startswith("lambda c"), source.startswith("lambda x:")
    try:
        with quietly():
            calls = [f(jnp.array(p)) if pair else f(p[0]) if one else f(*p) for p in PLACES]
            return np.asarray(calls, dtype=float)
    except Exception:  # noqa: BLE001 - a slip may be no formula at all
        return None


@pytest.mark.parametrize(("exercise", "answer"), list(FORMULAS))
def test_slips_in_a_formula_are_refused(exercise: str, answer: str) -> None:
    right = FORMULAS[exercise, answer]
    due = numbers(function(right), right)
    assert due is not None
    tried, overlooked = 0, []
    for source in dict.fromkeys(slips(right)):
        f = function(source)
        came = numbers(f, source)
        if came is not None and came.shape == due.shape and np.allclose(came, due, rtol=1e-3):
            continue  # no slip after all: 0 * x for 0 * x + 0
        tried += 1
        if verdict(exercise, answer, f).right:
            overlooked.append(source)
    assert tried >= 10
    assert not overlooked


@pytest.mark.parametrize(("exercise", "answer"), list(FORMULAS))
def test_a_slip_that_is_told_at_first_is_told_the_same_at_more(
    exercise: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_of(exercise, answer)
    if not isinstance(check, Gradient):
        return
    short = 0
    for source in dict.fromkeys(slips(FORMULAS[exercise, answer])):
        namespace = {**given_namespace(), answer: function(source)}
        with quietly():
            short += told_the_same(check, 1, namespace, monkeypatch)
    assert short >= 1


@pytest.mark.parametrize(("exercise", "answer"), list(FORMULAS))
def test_other_ways_to_write_it_are_right(exercise: str, answer: str) -> None:
    for source in rearranged(FORMULAS[exercise, answer]):
        told = verdict(exercise, answer, function(source))
        assert told.right, f"{source}: {told.fact}"


@pytest.mark.parametrize(
    ("exercise", "answer", "right", "wrong"),
    [
        ("f_stationary_point", "x_stationary", [-1.5, -1.499], [1.5, -3.0, -0.75, -1.0, 3.0, -1.6]),
        ("func_minimum", "x_final", [-2 / 3, -0.6665], [2 / 3, -4 / 3, -1 / 3, -0.7, 4.2, -3.33]),
        ("goldfield_minimum", "coords_min", [(0.0, 0.0), (0.0, -np.pi)],
         [(0.0, 1.57), (1.0, 0.0), (0.0, 0.1), (3.14, 0.5), (0.05, 0.0), (0.0, -3.0)]),
        ("waves_minimum", "waves_min", [(-np.pi / 2, -np.pi / 2), (3 * np.pi / 2, -np.pi / 2)],
         [(np.pi / 2, np.pi / 2), (-np.pi / 2, np.pi / 2), (-1.5, -1.5), (0.0, 0.0)]),
        ("diverging_step", "diverging_step_size", [0.34, 0.5, 1.0, 10.0], [1 / 3, 0.33, -0.5, 0.0]),
    ],
)  # fmt: skip
def test_places_and_steps(exercise: str, answer: str, right: list[Any], wrong: list[Any]) -> None:
    for value in right:
        assert verdict(exercise, answer, value).right, value
    for value in wrong:
        assert not verdict(exercise, answer, value).right, value


def test_every_flipped_label_is_refused() -> None:
    labels = {3.0: "valley", 0.5: "hill", -2.0: "valley"}
    assert verdict("quartic_curvature", "curvature", labels).right
    for place, word in labels.items():
        flipped = {**labels, place: "hill" if word == "valley" else "valley"}
        assert not verdict("quartic_curvature", "curvature", flipped).right
