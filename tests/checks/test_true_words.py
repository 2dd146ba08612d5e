"""Cards contradict neither themselves nor the numbers; an author's slip is told to the author."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.misconceptions.raised import classify
from autograder.checks.questions import Error
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError


def marked(line: Callable[[], None], **answers: Any) -> list[Verdict]:
    with recording() as checks:
        line()
    return judge(checks[0], answers, seed=7)


def minimum(of: Any, answer: Any) -> Verdict:
    (verdict,) = marked(lambda: check.minimum("x", of=of), x=answer)
    return verdict


def bowl(x: Any) -> Any:
    return x**2 + 3.0 * x - 5.0


def test_where_it_rises_it_is_said_to_rise() -> None:
    assert "the curve rises there" in minimum(bowl, 1.5).fact
    assert "the curve falls there" in minimum(bowl, -4.0).fact


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_no_slope_is_called_zero_that_is_not(size: float) -> None:
    verdict = minimum(lambda x: size * (x - 3) ** 2, 3.2)
    assert verdict.misconception == "not_stationary"
    assert "slope is 0," not in verdict.fact


@pytest.mark.parametrize("unit", [1e-8, 1e-4, 1.0, 1e3, 1e6])
def test_how_near_follows_the_scale(unit: float) -> None:
    def of(x: Any) -> Any:
        return (x / unit - 3.0) ** 2 + 1.0

    assert minimum(of, 3.0 * unit).right
    assert minimum(of, 3.0001 * unit).right
    assert not minimum(of, 3.3 * unit).right
    assert not minimum(of, 0.0).right


def test_a_steep_well_beside_zero() -> None:
    def of(x: Any) -> Any:
        return 1e8 * (x - 1e-4) ** 2

    assert not minimum(of, 0.0).right
    assert minimum(of, 1e-4).right


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ((-1, 5), "decimal_comma"),
        ("-0,6661", "decimal_comma"),
        (jnp.array([1]), "integer_array"),
        (jnp.array(-1.2, dtype=jnp.float16), "low_precision"),
    ],
)
def test_numbers_that_are_not_what_they_seem(answer: Any, name: str) -> None:
    assert minimum(bowl, answer).misconception == name


def test_a_complex_number_without_imaginary_part_is_real() -> None:
    assert minimum(bowl, -1.5 + 0j).right
    assert minimum(bowl, np.roots([2.0, 3.0]).astype(complex)[0]).right
    assert not minimum(bowl, -1.5 + 1e-3j).right


@pytest.mark.parametrize(
    ("kind", "message", "name"),
    [
        ("SyntaxError", "invalid character '−' (U+2212) (c, line 1)", "copied_minus"),
        ("SyntaxError", "invalid character '“' (U+201C) (c, line 1)", "copied_quotes"),
        ("SyntaxError", "invalid character '²' (U+00B2) (c, line 1)", "superscript"),
        ("SyntaxError", "invalid character '·' (U+00B7) (c, line 1)", "copied_operator"),
        ("SyntaxError", "invalid non-printable character U+00A0 (c, line 1)", "copied_space"),
        ("SyntaxError", "invalid syntax (c, line 1): lambda = 0.005", "keyword_as_name"),
        ("UsageError", "Line magic function `%%time` not found.", "magic_not_first"),
        (
            "TypeError",
            "unsupported format string passed to ArrayImpl.__format__",
            "formatted_array",
        ),
        ("TypeError", "unhashable type: 'ArrayImpl'", "unhashable"),
        ("TypeError", "goldfield2() got multiple values for argument 'y'", "argument_frozen"),
        ("TypeError", "d() takes 0 positional arguments but 2 were given", "takes_nothing"),
        ("SyntaxError", "invalid syntax (c, line 1): x = lambda a b: a", "raised"),
    ],
)
def test_errors_are_named(kind: str, message: str, name: str) -> None:
    assert classify(Error(kind, (kind, "Exception"), message)) == name


def _numpy(x: Any) -> Any:
    return np.sin(x) * jnp.exp(x)


def _math(x: Any) -> Any:
    return x * math.cos(x)


def _float(x: Any) -> Any:
    return jnp.sin(float(x))


@pytest.mark.parametrize("verb", [check.gradient, check.minimum])
@pytest.mark.parametrize(
    ("of", "words"),
    [
        (_numpy, "of= must be written with jnp; it uses NumPy's sin"),
        (_math, "of= must be written with jnp; it uses math's cos"),
        (_float, "must be written with jnp; it turns a JAX value into a plain number"),
    ],
)
def test_what_jax_cannot_follow_is_told_to_the_author(verb: Any, of: Any, words: str) -> None:
    with pytest.raises(CheckError, match=words):
        verb("d", of=of)


def test_a_constant_has_no_minimum() -> None:
    with pytest.raises(CheckError, match="is 3 everywhere"):
        check.minimum("x", of=lambda x: 0 * x + 3.0)


def test_what_is_not_supported_says_so() -> None:
    with pytest.raises(CheckError, match="a dict as an argument is not supported"):
        check.gradient("d", of=lambda t: t["w"] ** 2, at=[{"w": 0.3}])
    with pytest.raises(CheckError, match=r"returns an array of shape \(3,\)"):
        check.gradient("d", of=jnp.sin, at=[jnp.ones(3)])


@pytest.mark.parametrize("word", ["valley", "a valley", "Valley.", "valleys", " VALLEY "])
def test_the_word_inside_a_label_counts(word: str) -> None:
    (verdict,) = marked(lambda: check.curvature("c", of=bowl, at=[1.0]), c={1.0: word})
    assert verdict.right


@pytest.mark.parametrize("word", ["hill", "not a valley", "valley or hill", "vale"])
def test_other_words_do_not(word: str) -> None:
    (verdict,) = marked(lambda: check.curvature("c", of=bowl, at=[1.0]), c={1.0: word})
    assert not verdict.right


def dish(x: Any, y: Any) -> Any:
    return jnp.arctan(x) ** 2 + jnp.sin(y) ** 2


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ({"p": (0.0, 0.7), "along": "x"}, 1),
        ({"p": (0.0, 0.7), "along": "along x"}, 1),
        ({"p": (0.0, 0.7), "along": "y"}, 1),
        ({"p": (0.0, 0.7), "along": "?"}, 1),
        ({"p": (0.0, 0.7)}, 1),
        ({"p": (1.0, 0.7), "along": "x"}, 0),
        ({"along": "x"}, 0),
    ],
)
def test_points_along_an_axis_are_for_the_place(answers: dict[str, Any], share: float) -> None:
    verdicts = marked(lambda: check.axis_minimum("p", "along", of=dish), **answers)
    assert sum(v.share for v in verdicts) / 2 == share
    if answers.get("along") == "y":
        assert verdicts[1].misconception == "wrong_axis_label"
        assert not verdicts[1].right


def test_the_mistake_comes_first() -> None:
    (verdict,) = marked(lambda: check.gradient("d", of=bowl), d=lambda x: -(2 * x + 3))
    assert verdict.fact.startswith("Everywhere yours is minus the derivative.")
    assert "At x = " in verdict.fact


@pytest.mark.parametrize("cut", [int, lambda v: v // 1, round])
def test_whole_numbers_are_called_rounded(cut: Any) -> None:
    (verdict,) = marked(
        lambda: check.gradient("d", of=lambda x: 3 * x**2 + 4 * x, at=[3.0]),
        d=lambda x: cut(6 * x + 4),
    )
    assert verdict.misconception == "rounded"
    assert not verdict.right


@pytest.mark.parametrize(
    ("of", "step"),
    [
        (lambda x: jnp.log(1 + jnp.exp(x)), lambda x: jnp.where(x > 0, 1.0, 0.0)),
        (jnp.tanh, lambda x: 1.0 if abs(x) < 0.9 else 0.0),
        (jnp.sin, lambda x: jnp.round(jnp.cos(x))),
    ],
)
def test_a_step_is_no_rounded_derivative(of: Any, step: Any) -> None:
    (verdict,) = marked(lambda: check.gradient("d", of=of), d=step)
    assert (verdict.outcome, verdict.misconception) == ("wrong", None)


def test_a_rounded_derivative_is_partly_right() -> None:
    (verdict,) = marked(lambda: check.gradient("d", of=bowl), d=lambda x: round(2 * x + 3))
    assert (verdict.outcome, verdict.misconception) == ("partly", "rounded")


def wave(x: Any) -> Any:
    return 2.0 * x**4 - 3.0 * x**3 - 9.0 * x**2 + 4.0 * x + 3.0


def second(x: Any) -> Any:
    return 24 * x**2 - 18 * x - 18


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (wave, "the value of the function, not its second derivative"),
        (lambda x: second(x) + 4, "a constant term of the first derivative is still in it"),
        (lambda x: abs(second(x)), "the second derivative is −"),
        (
            lambda x: (wave(x + 0.1) - 2 * wave(x) + wave(x - 0.1)) / 0.1**2,
            "visibly not the second derivative",
        ),
    ],
)
def test_a_second_derivative_is_not_spoken_of_as_a_slope(answer: Any, words: str) -> None:
    (verdict,) = marked(lambda: check.gradient("d", of=wave, order=2), d=answer)
    assert not verdict.right
    assert words in verdict.fact
    assert "slope" not in verdict.fact


def test_a_difference_of_slopes_is_none_of_values() -> None:
    def slope(x: Any) -> Any:
        return 8 * x**3 - 9 * x**2 - 18 * x + 4

    (verdict,) = marked(
        lambda: check.gradient("d", of=wave, order=2),
        d=lambda x: (slope(x + 0.05) - slope(x)) / 0.05,
    )
    assert verdict.misconception == "finite_difference"
    assert "function values" not in verdict.fact


def test_zero_everywhere_may_be_one_derivative_too_many() -> None:
    (verdict,) = marked(lambda: check.gradient("d", of=bowl, order=2), d=lambda x: 0.0)
    assert "once too often" in verdict.hint


def leaning(x: Any, y: Any) -> Any:
    return x**2 + y**2 + x * y


def test_a_coordinate_held_at_zero_is_held_at_0() -> None:
    (verdict,) = marked(
        lambda: check.gradient("d", of=leaning, argnums=0), d=lambda x, y: 2 * x + 0 * y
    )
    assert verdict.misconception == "argument_held"
    assert "held at 0, at every place" in verdict.fact


def test_one_number_is_no_fault_where_one_is_wanted() -> None:
    (verdict,) = marked(
        lambda: check.gradient("d", of=leaning, argnums=0), d=lambda x, y: 3 * x + 3 * y
    )
    assert verdict.misconception == "partials_summed"
    assert "one number" not in verdict.fact


def test_a_matrix_is_told_by_its_shape() -> None:
    (verdict,) = marked(
        lambda: check.gradient("d", of=lambda c: jnp.sum(c**4), at=[jnp.array([1.0, 0.5])]),
        d=jax.hessian(lambda c: jnp.sum(c**4)),
    )
    assert "it gives an array of shape (2, 2) where 2 numbers are expected" in verdict.fact


def test_what_is_near_a_minimum_is_not_said_to_be_one() -> None:
    near = minimum(bowl, -1.497)
    assert near.right
    assert "is close enough to a minimum: the slope there is 0.006" in near.fact
    assert minimum(bowl, -1.5).fact == "`x` = −1.5 is a minimum: the slope there is 0."


def test_along_an_axis_the_slope_says_along_which() -> None:
    for point, words in (((1.0, 0.7), "along x, the slope is"), ((0.3, 1.6), "along x, the")):
        (verdict, _) = marked(lambda: check.axis_minimum("p", "along", of=dish), p=point, along="x")
        assert words in verdict.fact
    (top, _) = marked(
        lambda: check.axis_minimum("p", "along", of=dish), p=(1.0, np.pi / 2), along="y"
    )
    assert ", along y, is zero" in top.fact


def test_not_a_number_is_not_said_to_have_run_away() -> None:
    for answer in (math.nan, np.array([np.nan])):
        verdict = minimum(bowl, answer)
        assert verdict.misconception == "diverged"
        assert "`x` = nan is no number any more" in verdict.fact
    assert "ran away to inf" in minimum(bowl, math.inf).fact


def test_where_a_coordinate_started_is_not_guessed() -> None:
    verdict = minimum(lambda c: jnp.sin(c[0]) + jnp.sin(c[1]), np.array([-np.pi / 2, 1.0]))
    assert verdict.misconception == "one_coordinate_updated"
    assert "start" not in verdict.fact


def test_no_hint_speaks_of_descent_where_there_is_none() -> None:
    verdict = minimum(bowl, (-3 + 29**0.5) / 2)
    assert verdict.misconception == "root_of_function"
    assert "escent" not in verdict.hint


def test_how_soon_a_walk_is_away() -> None:
    for step, words in ((1e6, "within one step it is"), (4.0, "steps it is more than 1000 away")):
        (verdict,) = marked(lambda: check.diverging_step("s", of=bowl), s=step)
        assert words in verdict.fact


def test_a_step_size_that_is_none_is_shown() -> None:
    (verdict,) = marked(lambda: check.diverging_step("s", of=bowl), s=math.inf)
    assert verdict.fact == "`s` is not a finite number: inf."


def routine(answer: Any) -> Verdict:
    (verdict,) = marked(lambda: check.descent("descend"), descend=answer)
    return verdict


def test_a_routine_that_returns_nothing_without_steps_is_named_by_its_walks() -> None:
    def descend(df: Any, start: Any, step_size: Any, num_steps: Any) -> Any:
        x = start
        for _ in range(num_steps):
            x = x - step_size * df(x)
            return x  # noqa: RET504
        return None

    verdict = routine(descend)
    assert verdict.misconception == "one_step_only"
    assert "With num_steps = 0, it returns nothing (None)." in verdict.fact


def test_a_routine_that_stops_before_it_asks_is_named_by_its_error() -> None:
    def descend(df: Any, start: Any, step_size: Any, num_steps: Any) -> Any:
        x = start
        for _ in range(num_steps):
            x = x - learning_rate * df(x)  # type: ignore[name-defined]  # noqa: F821
        return x

    verdict = routine(descend)
    assert verdict.misconception == "undefined_name"
    assert "name 'learning_rate' is not defined" in verdict.fact
    swapped = routine(lambda start, df, step_size, num_steps: start - step_size * df(start))
    assert swapped.misconception == "wrong_arguments"
