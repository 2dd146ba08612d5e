"""Where a derivative is asked: at places far apart, on every piece, and told where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import nbformat
import numpy as np
import pytest

from autograder.answers.local import judge
from autograder.checks.gradient import Gradient
from autograder.checks.layout import find_layout
from autograder.checks.pieces import decisions
from autograder.checks.points import draw_places
from autograder.checks.reference import Reference
from autograder.doctor.notebooks import sources

SEEDS = range(12)
ONE_BY_ONE = np.zeros((0, 1))


def wave(x: Any) -> Any:
    return x**2 - 3 * x + jnp.sin(x)


def relu(x: Any) -> Any:
    return jnp.maximum(x, 0.0)


def leaky(x: Any) -> Any:
    return jax.nn.leaky_relu(x)


def root(x: Any) -> Any:
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


def seldom(x: Any) -> Any:
    return jnp.where(x > 2.6, x**3, x**2)


def corner(p: Any) -> Any:
    return jnp.maximum(p[0], 0.0) + p[1] ** 2


def clipped(x: Any) -> Any:
    return jnp.clip(x, -1.5, 1.25) + 0.1 * x


def nowhere_below(x: Any) -> Any:
    return jnp.where(x > 0, jnp.sqrt(x), 0.0)  # its derivative is 0 times infinity there


def test_places_to_see_lie_far_apart() -> None:
    reference = Reference(wave, find_layout(wave, None))
    apart = []
    for seed in range(100):
        places = draw_places(reference, ONE_BY_ONE, seed)
        apart.append(np.diff(np.sort(places.points[places.generic, 0])).min())
    # Five places that are drawn from (−3, 3) independently lie 0.2 apart at the median.
    assert min(apart) > 0.2
    assert np.median(apart) > 0.6


def test_places_to_see_lie_far_from_what_is_shown() -> None:
    reference = Reference(wave, find_layout(wave, [1.0]))
    for seed in SEEDS:
        places = draw_places(reference, np.array([[1.0]]), seed)
        assert np.abs(places.points[places.generic, 0] - 1.0).min() > 0.05


def test_a_smooth_function_is_asked_no_more_than_before() -> None:
    assert decisions(lambda u: wave(u[0]), 1) is None
    places = draw_places(Reference(wave, find_layout(wave, None)), ONE_BY_ONE, 3)
    assert len(places.generic) == 5


WRONG_ON_A_PIECE: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (relu, lambda x: 1.0 + 0 * x),
    (leaky, lambda x: 1.0 if x > 0 else 0.02),
    (leaky, lambda x: 1.0 if x > 0 else 0.0),
    (root, lambda x: 0.5 / x**0.5 if x > 0 else 1.0),
    (seldom, lambda x: 2 * x),
    (corner, lambda p: jnp.array([1.0, 2 * p[1]])),
    (clipped, lambda x: 1.1 if x > -1.5 else 0.1),
    (clipped, lambda x: 1.1 if x < 1.25 else 0.1),
]


@pytest.mark.parametrize(("of", "answer"), WRONG_ON_A_PIECE)
def test_wrong_on_one_piece_is_wrong(of: Any, answer: Any) -> None:
    asked = Gradient("df", of=of)
    for seed in SEEDS:
        (verdict,) = judge(asked, {"df": answer}, seed)
        assert verdict.outcome == "wrong", (seed, verdict)


@pytest.mark.parametrize("of", [relu, leaky, root, seldom, corner, clipped, nowhere_below])
def test_right_on_all_pieces_is_right(of: Any) -> None:
    asked = Gradient("df", of=of)
    for seed in SEEDS:
        (verdict,) = judge(asked, {"df": jax.jit(jax.grad(of))}, seed)
        assert verdict.right, (seed, verdict)


def test_by_hand_piece_by_piece_is_right() -> None:
    (verdict,) = judge(Gradient("df", of=relu), {"df": lambda x: 1.0 if x > 0 else 0.0}, 1)
    assert verdict.right


def test_its_author_is_told_where_nothing_is_asked() -> None:
    told = Gradient("df", of=nowhere_below).unasked
    assert "the derivative of nowhere_below is not finite at " in told
    assert "such as −" in told
    assert "df is asked at the others only" in told
    for of in (wave, root, relu):
        assert Gradient("df", of=of).unasked == ""


def test_doctor_tells_it(tmp_path: Path) -> None:
    def graded(text: str, **about: Any) -> nbformat.NotebookNode:
        about = {"grade": False, "locked": False, "task": False, "schema_version": 3, **about}
        return nbformat.v4.new_code_cell(text, metadata={"nbgrader": about})

    given = (
        "import jax\nimport jax.numpy as jnp\nfrom autograder import check\n\n"
        "def half(x):\n    return jnp.where(x > 0, jnp.sqrt(x), 0.0)"
    )
    answer = "### BEGIN SOLUTION\ndf = jax.grad(half)\n### END SOLUTION"
    test = "check.gradient('df', of=half)"
    for folder, written in (("source", answer), ("release", "# YOUR CODE HERE")):
        cells = [
            graded(given, solution=False, grade_id="given"),
            graded(written, solution=True, grade_id="root"),
            graded(test, solution=False, grade=True, grade_id="root_check", points=1),
        ]
        place = tmp_path / folder / "week" / "roots.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), place)
    found = list(sources(tmp_path / "source", tmp_path / "release"))
    assert [finding.level for finding in found] == ["warning", "fine"]
    assert "root_check of roots: the derivative of half is not finite at" in found[0].says
    assert "domain=(low, high)" in found[0].cure
