"""The corpus says the truth: its labels follow from float64 mathematics, without the autograder.

An oracle an exercise runs a case, looks at each answer, and says what it is worth by closed forms
written down here. A second set of formulas, `SLIPS`, says what a named mistake must look like.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.corpus import EXERCISES, Case, TimeIsUp, load, quietly, run, time_limit

Namespace = Mapping[str, Any]
Floats = np.ndarray

RIGHT, NEAR, FALSE, ABSENT = "right", "near", "false", "absent"


@dataclass(frozen=True)
class Finding:
    """What the mathematics says of one answer."""

    worth: str
    """right, near (visibly inexact), false, or absent (nothing that can be judged)."""
    seen: Any = None
    """The numbers that the answer gave."""


class NoAnswerError(Exception):
    """What the student left cannot be judged as an answer."""


# --- reading what a student left ---------------------------------------------------------------


def named(namespace: Namespace, name: str) -> Any:
    try:
        answer = namespace[name]
    except KeyError:
        raise NoAnswerError(f"no {name}") from None
    if answer is None or answer is ...:
        raise NoAnswerError(f"{name} is empty")
    return answer


def numbers(value: Any, shape: tuple[int, ...], *, finite: bool = True) -> Floats:
    """The value as float64 of this shape; containers of one and a point's history are peeled."""
    if callable(value) or isinstance(value, str | bytes | Mapping):
        raise NoAnswerError(f"{type(value).__name__} for numbers")
    if isinstance(value, tuple) and len(value) == 2 and _is_history(value[1], shape):
        value = value[0]
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    try:
        array = np.asarray(
            [np.asarray(v) for v in value] if isinstance(value, list | tuple) else value,
            dtype=np.float64,
        )
    except (TypeError, ValueError) as error:
        raise NoAnswerError("not numbers") from error
    if array.shape != shape and array.size == 1 and shape == ():
        array = array.reshape(())
    if array.shape != shape:
        raise NoAnswerError(f"shape {array.shape} for {shape}")
    if finite and not np.isfinite(array).all():
        raise NoAnswerError("not finite")
    return array


def _is_history(value: Any, shape: tuple[int, ...]) -> bool:
    return np.ndim(value) == len(shape) + 1 and np.shape(value)[1:] == shape


def call(function: Any, *arguments: Any, seconds: float = 60.0) -> Any:
    if not callable(function):
        raise NoAnswerError("not a function")
    try:
        with quietly(), time_limit(seconds):
            return function(*arguments)
    except (Exception, TimeIsUp) as error:
        raise NoAnswerError(f"raised {error!r}") from error


# --- derivatives -------------------------------------------------------------------------------

LINE = np.array([3.0, 0.5, -2.0, -3.1273, -1.7183, -0.4142, 0.5772, 1.3591, 2.2361, 3.4142])
PLANE = np.array(
    [[1.2337, 0.5511], [-0.7318, 2.2913], [2.1182, -0.8427], [-1.6449, -2.0581], [0.3819, 1.1319]]
)


@dataclass(frozen=True)
class Derivative:
    """A polynomial's derivative of some order, with all that is made from its coefficients."""

    coefficients: tuple[float, ...]
    order: int = 1

    def of_order(self, order: int) -> np.poly1d:
        polynomial = np.poly1d(self.coefficients)
        return polynomial.deriv(order) if order else polynomial

    def truth(self, points: Floats) -> Floats:
        return np.asarray(self.of_order(self.order)(points) + 0.0 * points)


F = (1.0, 3.0, -5.0)
FUNC = (3.0, 4.0, -2.0)
QUARTIC = (2.0, -3.0, -9.0, 4.0, 3.0)

LINE_ANSWERS = {
    "f_derivative": {"f_prime": Derivative(F)},
    "f_stationary_point": {"f_second": Derivative(F, 2)},
    "func_gradient": {"func_p": Derivative(FUNC)},
    "func_second_derivative": {"func_pp": Derivative(FUNC, 2)},
    "quartic_gradient": {"dquartic": Derivative(QUARTIC)},
    "quartic_second_derivative": {"ddquartic": Derivative(QUARTIC, 2)},
}


def surface_gradient(points: Floats) -> Floats:
    x, y = points.T
    return np.stack([2 * np.arctan(x) / (1 + x**2), 2 * np.sin(y) * np.cos(y)], axis=-1)


def leaning_gradient(points: Floats) -> Floats:
    x, y = points.T
    return np.stack([2 * x + y, x + 2 * y], axis=-1)


PLANE_ANSWERS: dict[str, dict[str, Callable[[Floats], Floats]]] = {
    "goldfield_gradient": {"dgoldfield1": surface_gradient},
    "goldfield_partials": {
        "dgoldfield2": surface_gradient,
        "dgoldfield2_dx": lambda points: surface_gradient(points)[:, 0],
        "dgoldfield2_dy": lambda points: surface_gradient(points)[:, 1],
    },
    "leaning_partials": {
        "dleaning_dx": lambda points: leaning_gradient(points)[:, 0],
        "dleaning_dy": lambda points: leaning_gradient(points)[:, 1],
    },
}


GRADIENTS = {
    "goldfield_gradient": surface_gradient,
    "goldfield_partials": surface_gradient,
    "leaning_partials": leaning_gradient,
}


def weigh(seen: Floats, truth: Floats) -> str:
    """Right, near or false; between right and near there is a gap that no case may lie in."""
    off, size = np.abs(seen - truth), np.abs(truth)
    if np.max(off) <= 2e-5 * np.max(size):
        return RIGHT
    assert np.max(off) > 1e-4 * np.max(size), f"neither right nor visibly inexact: off by {off}"
    # A constant that should be gone is small beside the steepest slope, not beside a gentle one.
    return NEAR if np.all(off <= 0.06 * size + 0.025 * np.median(size)) else FALSE


def judge_line(namespace: Namespace, name: str, derivative: Derivative) -> Finding:
    try:
        answer = named(namespace, name)
        seen = np.array([numbers(call(answer, float(x)), ()) for x in LINE])
    except NoAnswerError:
        return Finding(ABSENT)
    return Finding(weigh(seen, derivative.truth(LINE)), seen)


def judge_plane(namespace: Namespace, name: str, true: Callable[[Floats], Floats]) -> Finding:
    truth = true(PLANE)
    two_arguments = name != "dgoldfield1"
    seen = []
    try:
        answer = named(namespace, name)
        for point, expected in zip(PLANE, truth, strict=True):
            arguments = [float(v) for v in point] if two_arguments else [jnp_pair(point)]
            seen.append(partials(call(answer, *arguments), expected))
    except NoAnswerError:
        return Finding(ABSENT)
    return Finding(weigh(np.array(seen), truth), np.array(seen))


def partials(reply: Any, expected: Floats) -> Floats:
    """What came for a point; the sum of both partials is false, not of the wrong kind."""
    try:
        return numbers(reply, expected.shape)
    except NoAnswerError:
        if not np.isclose(numbers(reply, ()), expected.sum(), rtol=1e-4):
            raise
        return np.full(2, expected.sum())


def jnp_pair(point: Floats) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(point, dtype=jnp.float32)


# --- places ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Landscape:
    """A function, its gradient, its minima and, where an exercise suggests one, a descent."""

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    second: Callable[[Floats], Floats]
    """Second derivatives: a number, or the diagonal of a Hessian without mixed terms."""
    nearest_minimum: Callable[[Floats], Floats]
    suggested: tuple[Any, float, int] | None = None
    shape: tuple[int, ...] = ()


def nearest_of(*places: float) -> Callable[[Floats], Floats]:
    return lambda x: min((np.asarray(p) for p in places), key=lambda p: abs(float(p - x)))


def polynomial(
    coefficients: Sequence[float], minima: Sequence[float], **suggested: Any
) -> Landscape:
    p = np.poly1d(coefficients)
    return Landscape(p, p.deriv(), p.deriv(2), nearest_of(*minima), **suggested)


LEFT, TOP, RIGHT_MINIMUM = np.sort(np.roots([8, -9, -18, 4]).real)

F_LAND = polynomial(F, [-1.5])
FUNC_LAND = polynomial(FUNC, [-2 / 3], suggested=(4.2, 0.005, 300))
QUARTIC_LAND = polynomial(QUARTIC, [LEFT, RIGHT_MINIMUM], suggested=(-5.0, 0.001, 1000))
GOLDFIELD = Landscape(
    value=lambda c: np.arctan(c[0]) ** 2 + np.sin(c[1]) ** 2,
    slope=lambda c: surface_gradient(np.atleast_2d(c))[0],
    second=lambda c: np.array(
        [(2 - 4 * c[0] * np.arctan(c[0])) / (1 + c[0] ** 2) ** 2, 2 * np.cos(2 * c[1])]
    ),
    nearest_minimum=lambda c: np.array([0.0, np.pi * np.round(c[1] / np.pi)]),
    suggested=(np.array([0.0, -2.0]), 0.01, 1000),
    shape=(2,),
)
WAVES = Landscape(
    value=lambda c: np.sin(c).sum(),
    slope=np.cos,
    second=lambda c: -np.sin(c),
    nearest_minimum=lambda c: 2 * np.pi * np.round((c + np.pi / 2) / (2 * np.pi)) - np.pi / 2,
    shape=(2,),
)

PLACES = {
    "f_stationary_point": ("x_stationary", F_LAND),
    "func_minimum": ("x_final", FUNC_LAND),
    "quartic_minimum": ("x_min", QUARTIC_LAND),
    "quartic_other_minimum": ("x_min_other", QUARTIC_LAND),
    "goldfield_minimum": ("coords_min", GOLDFIELD),
    "waves_minimum": ("waves_min", WAVES),
}


def judge_place(namespace: Namespace, name: str, land: Landscape) -> Finding:
    try:
        seen = numbers(named(namespace, name), land.shape)
    except NoAnswerError:
        return Finding(ABSENT)
    off = float(np.max(np.abs(seen - land.nearest_minimum(seen))))
    return Finding(RIGHT if off <= 1e-2 else FALSE, seen)


def judge_arrival(namespace: Namespace, name: str, land: Landscape) -> Finding:
    """x_final: where that very loop ends counts, and all that lies nearer to the minimum."""
    try:
        seen = numbers(named(namespace, name), ())
    except NoAnswerError:
        return Finding(ABSENT)
    end = -2 / 3 + (4.2 + 2 / 3) * (1 - 6 * 0.005) ** 300
    if abs(seen - end) <= 1e-3 or abs(seen + 2 / 3) <= abs(end + 2 / 3):
        return Finding(RIGHT, seen)
    rounded = abs(seen - end) <= 6e-3 and np.isclose(seen, np.round(seen, 2))
    return Finding(NEAR if rounded else FALSE, seen)


def judge_other(namespace: Namespace, name: str, land: Landscape) -> Finding:
    first = judge_place(namespace, "x_min", land)
    assert first.worth == RIGHT, "a case of the other minimum needs a first one"
    finding = judge_place(namespace, name, land)
    if finding.worth != ABSENT and abs(finding.seen - first.seen) <= 1e-2:
        return Finding(FALSE, finding.seen)
    return finding


# --- the rest: labels, a step size, an axis ----------------------------------------------------


def judge_curvature(namespace: Namespace) -> list[Finding]:
    second = np.poly1d(QUARTIC).deriv(2)
    truth = {x: "valley" if second(x) > 0 else "hill" for x in (3.0, 0.5, -2.0)}
    try:
        answer = named(namespace, "curvature")
    except NoAnswerError:
        return [Finding(ABSENT)]
    if not isinstance(answer, Mapping):
        return [Finding(ABSENT)]
    seen = {float(x): str(label).strip().lower() for x, label in answer.items()}
    if not set(seen.values()) <= {"valley", "hill"} or set(seen) != set(truth):
        return [Finding(ABSENT)]
    return [Finding(RIGHT if seen == truth else FALSE, [seen[x] == truth[x] for x in truth])]


def judge_step(namespace: Namespace) -> list[Finding]:
    try:
        step = numbers(named(namespace, "diverging_step_size"), ())
    except NoAnswerError:
        return [Finding(ABSENT)]
    if math.isclose(step, 1 / 3, rel_tol=1e-6):
        return [Finding(FALSE, step)]
    away = step > 0 and abs(1 - 6 * step) > 1
    return [Finding(RIGHT if away else FALSE, step)]


def judge_axis(namespace: Namespace) -> list[Finding]:
    """The point is a minimum along an axis; the label only says along which, and earns nothing."""
    try:
        point = numbers(named(namespace, "axis_point"), (2,))
    except NoAnswerError:
        return [Finding(ABSENT)]
    minimal = np.abs(point - GOLDFIELD.nearest_minimum(point)) <= 1e-2
    assert np.all(minimal | (np.abs(GOLDFIELD.slope(point)) > 1e-2) | (GOLDFIELD.second(point) < 0))
    return [Finding(RIGHT if minimal.any() else FALSE, point)]


# --- the routine -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One run asked of a descent routine."""

    df: Callable[[Any], Any]
    start: Any
    step_size: float
    num_steps: int
    shape: tuple[int, ...] = field(default=())

    def settings(self) -> tuple[Callable[[Any], Any], Any, float, int]:
        return self.df, self.start, self.step_size, self.num_steps


NUMBER_TRIALS = [
    Trial(lambda x: 2.6 * (x - 1.37), -2.19, 0.063, 11),
    Trial(lambda x: 2.6 * (x - 1.37), 5.83, 0.211, 3),
    Trial(lambda x: 0.4 * (x + 2.23), 1.71, 0.107, 1),
    # Many small steps: the only ones that rounding within the loop can spoil.
    Trial(lambda x: 0.4 * (x + 2.23), 1.71, 0.004, 40),
    # Not x**3, which raises on Python's floats where others give inf.
    Trial(lambda x: 0.4 * x * x * x - 1.1 * x + 0.3, 2.42, 0.083, 7),
]


def array_trials() -> list[Trial]:
    import jax.numpy as jnp

    centre = jnp.array([1.5, -0.75])
    return [
        Trial(lambda c: jnp.array([0.8, 1.9]) * (c - centre), jnp.array([-2.2, 1.3]), 0.13, 6, (2,))
    ]


def descend(df: Callable[[Any], Any], x: Any, step_size: float, num_steps: int) -> Any:
    """Gradient descent as the exercise asks for it."""
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x


def judge_routine(namespace: Namespace) -> list[Finding]:
    try:
        routine = named(namespace, "gradient_descent")
        seen, off = ask_routine(routine, NUMBER_TRIALS)
    except NoAnswerError:
        return [Finding(ABSENT)]
    if off > 1e-2:
        return [Finding(FALSE, seen)]
    assert off < 1e-4, f"a routine that is neither right nor wrong: off by {off:.1e}"
    try:
        _, off = ask_routine(routine, array_trials())
    except NoAnswerError:
        return [Finding(ABSENT)]
    assert off < 1e-4
    return [Finding(RIGHT, seen)]


def ask_routine(routine: Any, trials: Sequence[Trial]) -> tuple[list[Floats], float]:
    """Where a routine ends in each trial, and how far at most from where it should.

    A run that leaves the finite numbers is an answer, if not every one does.
    """
    seen = [
        numbers(call(routine, *t.settings(), seconds=20.0), t.shape, finite=False) for t in trials
    ]
    if not any(np.isfinite(end).all() for end in seen):
        raise NoAnswerError("not finite")
    truth = [np.asarray(descend(*trial.settings()), dtype=float) for trial in trials]
    off = [float(np.max(np.abs(s - end))) for s, end in zip(seen, truth, strict=True)]
    return seen, max(distance if math.isfinite(distance) else math.inf for distance in off)


# --- from answers to a label -------------------------------------------------------------------


def judge(case: Case) -> list[Finding]:
    """One finding for each name that the exercise asks for."""
    forever = case.misconception == "never_returns"
    namespace, error = run(case, seconds=1.0 if forever else 60.0)
    assert forever or not isinstance(error, TimeIsUp), "the cell does not return"
    if forever:
        with short_patience():
            return answers(case.exercise, namespace)
    return answers(case.exercise, namespace)


@contextlib.contextmanager
def short_patience() -> Any:
    """A function that never returns is given up after a second, once."""
    patched = pytest.MonkeyPatch()
    original = call

    def impatient(function: Any, *arguments: Any, seconds: float = 1.0) -> Any:
        return original(function, *arguments, seconds=1.0)

    patched.setitem(globals(), "call", impatient)
    try:
        yield
    finally:
        patched.undo()


def answers(exercise: str, namespace: Namespace) -> list[Finding]:
    special = {
        "quartic_curvature": judge_curvature,
        "diverging_step": judge_step,
        "goldfield_axis_minimum": judge_axis,
        "descent_routine": judge_routine,
    }
    if exercise in special:
        return special[exercise](namespace)
    findings = []
    if exercise in PLACES:
        name, land = PLACES[exercise]
        kinds = {"func_minimum": judge_arrival, "quartic_other_minimum": judge_other}
        findings.append(kinds.get(exercise, judge_place)(namespace, name, land))
    for name, derivative in LINE_ANSWERS.get(exercise, {}).items():
        findings.append(judge_line(namespace, name, derivative))
    for name, gradient in PLANE_ANSWERS.get(exercise, {}).items():
        findings.append(judge_plane(namespace, name, gradient))
    return findings


def verdict(findings: Sequence[Finding]) -> tuple[str, float | None]:
    """The label and share of the points that findings add up to."""
    worths = Counter(finding.worth for finding in findings)
    if worths[NEAR]:
        return "partial", None
    if worths[RIGHT] == len(findings):
        return "right", None
    if worths[RIGHT]:
        return "partial", worths[RIGHT] / len(findings)
    return ("wrong" if worths[FALSE] else "error"), None


@pytest.mark.parametrize("case", load(), ids=lambda case: case.id)
def test_label_is_true(case: Case) -> None:
    findings = judge(case)
    assert verdict(findings) == (case.label, case.points_share)
    if case.label in ("wrong", "partial") and case.misconception in SLIPS:
        assert SLIPS[case.misconception](case, findings), f"does not look like {case.misconception}"


# --- what a named mistake looks like -----------------------------------------------------------

Signature = Callable[[Case, list[Finding]], bool]


def close(seen: Any, predicted: Any, rtol: float = 2e-3) -> bool:
    seen, predicted = np.asarray(seen, float), np.asarray(predicted, float)
    if seen.shape != predicted.shape:
        return False
    # A journey that leaves the finite numbers is compared where it stays within them.
    held = np.isfinite(predicted)
    if not held.any() or np.any(np.isfinite(seen[~held])):
        return False
    seen, predicted = seen[held], predicted[held]
    size = np.abs(predicted)
    return bool(np.all(np.abs(seen - predicted) <= rtol * (size + min(np.max(size), 10.0))))


def wrong_lines(case: Case, findings: list[Finding]) -> list[tuple[Derivative, Floats]]:
    """The wrong derivatives of a case, with what they gave along LINE."""
    derivatives = list(LINE_ANSWERS.get(case.exercise, {}).values())
    seen = findings[-len(derivatives) :] if derivatives else []
    return [(d, f.seen) for d, f in zip(derivatives, seen, strict=True) if f.worth == FALSE]


def wrong_planes(case: Case, findings: list[Finding]) -> list[tuple[str, Floats]]:
    names = list(PLANE_ANSWERS.get(case.exercise, {}))
    if not names:
        return []
    return [(n, f.seen) for n, f in zip(names, findings, strict=True) if f.worth == FALSE]


def slope_slip(
    line: Callable[[Derivative], list[Floats]] | None = None,
    plane: Callable[[Floats, Floats], list[Floats]] | None = None,
) -> Signature:
    """All wrong derivatives of the case are one of the predictions.

    Args:
        line: predictions along LINE for a function of one number.
        plane: predictions at PLANE, shape (n, 2), from the truth there and the places; a single
            partial is compared with its column.
    """

    def looks_like(case: Case, findings: list[Finding]) -> bool:
        lines, planes = wrong_lines(case, findings), wrong_planes(case, findings)
        assert lines or planes
        for derivative, seen in lines:
            assert line is not None
            if not any(close(seen, predicted) for predicted in line(derivative)):
                return False
        for name, seen in planes:
            assert plane is not None
            column = "xy".index(name[-1]) if name.endswith(("_dx", "_dy")) else slice(None)
            predictions = plane(GRADIENTS[case.exercise](PLANE), PLANE)
            if not any(close(seen, predicted[:, column]) for predicted in predictions):
                return False
        return True

    return looks_like


def monomials(p: np.poly1d) -> list[tuple[int, float]]:
    return [(power, float(p[power])) for power in range(p.order + 1)]


def of_some_terms(d: Derivative, slip: Callable[[int, float], np.poly1d]) -> list[Floats]:
    """The last differentiation went wrong in one or more of the terms."""
    terms = [(n, a) for n, a in monomials(d.of_order(d.order - 1)) if n > 0]
    right = [np.poly1d([n * a] + [0.0] * (n - 1)) for n, a in terms]
    wrong = [slip(n, a) for n, a in terms]
    return [
        np.asarray(sum((w if bad else r)(LINE) for w, r, bad in zip(wrong, right, m, strict=True)))
        for m in itertools.product([False, True], repeat=len(terms))
        if any(m)
    ]


def constant_ratio(case: Case, findings: list[Finding]) -> bool:
    for derivative, seen in wrong_lines(case, findings):
        ratio = seen / derivative.truth(LINE)
        if np.ptp(ratio) > 1e-3 * abs(ratio[0]) or np.isclose(abs(ratio[0]), 1):
            return False
    for name, seen in wrong_planes(case, findings):
        ratio = seen / PLANE_ANSWERS[case.exercise][name](PLANE)
        if np.ptp(ratio) > 1e-3 * abs(ratio.flat[0]) or np.isclose(abs(ratio.flat[0]), 1):
            return False
    return True


def same_everywhere(case: Case, findings: list[Finding]) -> bool:
    seen = [s for _, s in (*wrong_lines(case, findings), *wrong_planes(case, findings))]
    return all(np.ptp(s, axis=0).max() == 0 for s in seen)


def right_where_shown(case: Case, findings: list[Finding]) -> bool:
    """LINE begins with the three points that the notebook shows."""
    return all(
        close(seen[:3], derivative.truth(LINE)[:3]) and not close(seen, derivative.truth(LINE))
        for derivative, seen in wrong_lines(case, findings)
    )


def one_column_wrong(case: Case, findings: list[Finding]) -> bool:
    g = surface_gradient(PLANE)
    for name, seen in wrong_planes(case, findings):
        if name in ("dgoldfield1", "dgoldfield2"):
            if sum(close(seen[:, i], g[:, i]) for i in range(2)) != 1:
                return False
        elif close(seen, g[:, 0]) or close(seen, g[:, 1]):
            return False
    return True


def exchanged(case: Case, findings: list[Finding]) -> bool:
    """A single partial that is the derivative for the other argument."""
    truths = PLANE_ANSWERS[case.exercise]
    return all(
        close(seen, truths[f"{name[:-1]}{'yx'['xy'.index(name[-1])]}"](PLANE))
        for name, seen in wrong_planes(case, findings)
    )


def other_coordinate_held(case: Case, findings: list[Finding]) -> bool:
    """What is left when the part with its own coordinate is taken off is one number."""
    for name, seen in wrong_planes(case, findings):
        assert case.exercise == "leaning_partials"
        left = np.ravel(seen) - 2 * PLANE[:, "xy".index(name[-1])]
        if np.ptp(left) > 1e-4:
            return False
    return True


def place(test: Callable[[Floats, Landscape], bool]) -> Signature:
    """The place that was given satisfies a test."""

    def looks_like(case: Case, findings: list[Finding]) -> bool:
        if case.exercise == "goldfield_axis_minimum":
            land = GOLDFIELD
        else:
            _, land = PLACES[case.exercise]
        return test(np.asarray(findings[0].seen), land)

    return looks_like


def suggested(land: Landscape) -> tuple[Any, float, int]:
    assert land.suggested is not None, "this exercise suggests no descent"
    return land.suggested


def journey(wrongly: Callable[..., Any], atol: float = 0.0) -> Signature:
    """A descent that goes wrong in a certain way, for places and for routines.

    Args:
        wrongly: takes (df, start, step_size, num_steps), gives where the descent ends.
        atol: for mistakes that do not end at one exact place; ties are rounded either way.
    """

    def looks_like(case: Case, findings: list[Finding]) -> bool:
        if case.exercise == "descent_routine":
            ends = [wrongly(*trial.settings()) for trial in NUMBER_TRIALS]
            return close(findings[0].seen, ends, rtol=1e-3)
        _, land = PLACES[case.exercise]
        end = wrongly(land.slope, *suggested(land))
        return close(findings[0].seen, end, 1e-3) or bool(
            np.all(abs(findings[0].seen - end) < atol)
        )

    return looks_like


def walk(update: Callable[[Callable[[Any], Any], Any, float], Any]) -> Callable[..., Any]:
    def end(df: Callable[[Any], Any], x: Any, step_size: float, num_steps: int) -> Any:
        for _ in range(num_steps):
            x = update(df, x, step_size)
        return x

    return end


def steps_differ(case: Case, findings: list[Finding]) -> bool:
    """Another number of steps than asked: one more or less, or a fixed one."""
    counts = {
        "off_by_one_steps": (-1, +1),
        "previous_iterate": (-1,),
        "ignores_num_steps": (1000, 300),
    }[case.misconception or ""]
    slips = []
    for count in counts:
        fixed = case.misconception == "ignores_num_steps"
        ends = [
            descend(t.df, t.start, t.step_size, count if fixed else t.num_steps + count)
            for t in NUMBER_TRIALS
        ]
        slips.append(close(np.array(findings[0].seen), np.array(ends), rtol=1e-3))
    return any(slips)


def stops_early(case: Case, findings: list[Finding]) -> bool:
    """At an iterate before the last one, in each trial that is not right."""
    return all(
        any(close(end, descend(t.df, t.start, t.step_size, n)) for n in range(t.num_steps + 1))
        for t, end in zip(NUMBER_TRIALS, findings[0].seen, strict=True)
    )


def on_the_way(case: Case, findings: list[Finding]) -> bool:
    """Between the start and the minimum to which the suggested descent leads."""
    _, land = PLACES[case.exercise]
    start, step_size, num_steps = suggested(land)
    end = descend(land.slope, start, step_size, num_steps)
    covered = np.linalg.norm(findings[0].seen - start) / np.linalg.norm(end - start)
    return bool(0 < covered < 0.99)


def few_steps(case: Case, findings: list[Finding]) -> bool:
    """On the suggested trajectory, at an early step."""
    _, land = PLACES[case.exercise]
    start, step_size, num_steps = suggested(land)
    return any(
        close(findings[0].seen, descend(land.slope, start, step_size, n), rtol=1e-4)
        for n in range(2, num_steps // 2)
    )


def root_by_values(case: Case, findings: list[Finding]) -> bool:
    _, land = PLACES[case.exercise]
    start, step_size, num_steps = suggested(land)
    return close(findings[0].seen, descend(land.value, start, step_size, num_steps))


def own_routine(wrongly: Callable[[Trial], Any]) -> Signature:
    """A routine that takes something else than what it was given."""

    def looks_like(case: Case, findings: list[Finding]) -> bool:
        ends = [wrongly(trial) for trial in NUMBER_TRIALS]
        return close(np.array(findings[0].seen), np.array(ends, float), rtol=1e-3)

    return looks_like


def either(*signatures: Signature) -> Signature:
    return lambda case, findings: any(s(case, findings) for s in signatures)


def stationary(x: Floats, land: Landscape) -> bool:
    return bool(np.max(np.abs(land.slope(x))) < 1e-2)


def minimal_when_swapped(case: Case, findings: list[Finding]) -> bool:
    swapped = np.asarray(findings[0].seen)[::-1]
    return bool((np.abs(swapped - GOLDFIELD.nearest_minimum(swapped)) < 1e-2).any())


def step_is(test: Callable[[float], bool]) -> Signature:
    return lambda _case, findings: test(float(findings[0].seen))


def labels_are(test: Callable[[list[bool]], bool]) -> Signature:
    return lambda _case, findings: test(findings[0].seen)


def zero_order(d: Derivative) -> Floats:
    return np.asarray(d.of_order(0)(LINE))


def slopes(d: Derivative) -> Floats:
    return np.asarray(d.of_order(1)(LINE))


SLIPS: dict[str, Signature] = {
    # Derivatives.
    "sign_flipped": slope_slip(lambda d: [-d.truth(LINE)], lambda g, p: [-g]),
    "function_itself": slope_slip(
        lambda d: [zero_order(d)],
        lambda g, p: [
            np.stack([np.arctan(p[:, 0]) ** 2 + np.sin(p[:, 1]) ** 2] * 2, axis=-1),
            # what is homogeneous of degree 2 is half of x·∂/∂x + y·∂/∂y (Euler)
            np.repeat((g * p).sum(axis=1, keepdims=True) / 2, 2, axis=1),
        ],
    ),
    "differentiated_too_often": slope_slip(lambda d: [d.of_order(d.order + 1)(LINE) + 0 * LINE]),
    "differentiated_too_seldom": slope_slip(lambda d: [d.of_order(d.order - 1)(LINE)]),
    "integrated": slope_slip(lambda d: [np.poly1d(d.coefficients).integ()(LINE)]),
    "constant_kept": slope_slip(
        lambda d: [d.truth(LINE) + d.of_order(d.order - 1)[0]],
    ),
    "term_lost": slope_slip(
        lambda d: [d.truth(LINE) - a * LINE**n for n, a in monomials(d.of_order(d.order)) if a != 0]
    ),
    "power_not_lowered": slope_slip(
        lambda d: of_some_terms(d, lambda n, a: np.poly1d([n * a] + [0.0] * n))
    ),
    "coefficient_not_multiplied": slope_slip(
        lambda d: of_some_terms(d, lambda n, a: np.poly1d([a] + [0.0] * (n - 1))),
        lambda g, p: [g / 2],
    ),
    "coefficient_lost": slope_slip(
        lambda d: of_some_terms(d, lambda n, a: np.poly1d([n * np.sign(a)] + [0.0] * (n - 1)))
    ),
    "term_sign": slope_slip(
        lambda d: of_some_terms(d, lambda n, a: np.poly1d([-n * a] + [0.0] * (n - 1)))
    ),
    "term_not_differentiated": slope_slip(
        lambda d: of_some_terms(d, lambda n, a: np.poly1d([a] + [0.0] * n))
    ),
    "constant_factor": constant_ratio,
    "average_slope": slope_slip(lambda d: [zero_order(d) / LINE]),
    "difference_not_divided": slope_slip(
        lambda d: [d.of_order(0)(LINE + h) - d.of_order(0)(LINE) for h in (0.1, 0.01)]
    ),
    "absolute_slope": slope_slip(lambda d: [np.abs(d.truth(LINE))], lambda g, p: [np.abs(g)]),
    "derivative_squared": slope_slip(lambda d: [slopes(d) ** 2], lambda g, p: [g**2]),
    "derivative_of_derivative_value": slope_slip(lambda d: [d.of_order(1)(slopes(d))]),
    "constant_everywhere": same_everywhere,
    "right_only_where_shown": right_where_shown,
    "gradient_zeroed": slope_slip(lambda d: [0 * LINE]),
    "partials_swapped": slope_slip(plane=lambda g, p: [g[:, ::-1]]),
    "one_partial_for_all": slope_slip(plane=lambda g, p: [g[:, [0, 0]]]),
    "partial_missing": slope_slip(plane=lambda g, p: [g * np.array([1.0, 0.0])]),
    "partials_summed": slope_slip(
        plane=lambda g, p: [np.repeat(g.sum(axis=1, keepdims=True), 2, axis=1)]
    ),
    "wrong_argument": exchanged,
    "argument_held": other_coordinate_held,
    "chain_rule_inner_missing": slope_slip(
        plane=lambda g, p: [np.stack([2 * np.arctan(p[:, 0]), 2 * np.sin(p[:, 1])], axis=-1)]
    ),
    "product_of_derivatives": slope_slip(
        plane=lambda g, p: [np.stack([(1 + p[:, 0] ** 2) ** -2, np.cos(p[:, 1]) ** 2], axis=-1)]
    ),
    "elementary_rule": one_column_wrong,
    "degrees_for_radians": slope_slip(plane=lambda g, p: [np.degrees(g)]),
    # Places.
    "place_in_degrees": place(lambda x, land: stationary(np.radians(x), land)),
    "maximum_found": lambda case, findings: place(
        lambda x, land: (
            bool(np.any((np.abs(land.slope(x)) < 1e-2) & (land.second(x) < 0)))
            if case.exercise == "goldfield_axis_minimum"
            else stationary(x, land) and bool(np.all(land.second(x) < 0))
        )
    )(case, findings),
    "saddle_found": place(lambda x, land: stationary(x, land) and np.prod(land.second(x)) < 0),
    "not_stationary": place(lambda x, land: not stationary(x, land)),
    "place_rounded": place(
        lambda x, land: any(
            np.allclose(x, np.round(land.nearest_minimum(x), digits), atol=1e-9)
            for digits in (0, 1, 2)
        )
    ),
    "same_minimum": place(lambda x, land: stationary(x, land) and bool(land.second(x) > 0)),
    "root_of_function": place(
        lambda x, land: abs(float(land.value(x))) < 1e-3 and not stationary(x, land)
    ),
    "used_function_for_slope": root_by_values,
    "value_instead_of_place": place(
        lambda x, land: any(
            abs(float(x - land.value(land.nearest_minimum(np.asarray(near))))) < 1e-2
            for near in (-5.0, 5.0)
        )
    ),
    "swapped_coordinates": minimal_when_swapped,
    "one_coordinate_updated": place(
        lambda x, land: (np.abs(land.slope(x)) < 1e-2).tolist() == [True, False]
    ),
    "rounded": lambda case, findings: all(f.worth == NEAR for f in findings),
    "finite_difference": lambda case, findings: all(f.worth == NEAR for f in findings),
    "inexact": lambda case, findings: all(f.worth == NEAR for f in findings),
    "too_few_steps": few_steps,
    "step_too_small": on_the_way,
    # Journeys, of places and of routines.
    "start_returned": journey(lambda df, x, s, n: x),
    "one_step_only": journey(lambda df, x, s, n: descend(df, x, s, 1)),
    "ascent": journey(lambda df, x, s, n: descend(df, x, -s, n)),
    "stale_gradient": journey(lambda df, x, s, n: x - n * s * df(x)),
    "assignment_minus": journey(walk(lambda df, x, s: -s * df(x))),
    "no_step_size": journey(walk(lambda df, x, s: x - df(x))),
    "squared_gradient": journey(walk(lambda df, x, s: x - s * df(x) * df(x))),
    "sign_of_gradient": journey(walk(lambda df, x, s: x - s * np.sign(df(x)))),
    "rounded_in_loop": journey(walk(lambda df, x, s: np.round(x - s * df(x), 2)), atol=0.021),
    "slope_instead_of_place": place(lambda x, land: abs(float(x)) < 1e-2),
    "used_second_derivative": journey(lambda df, x, s, n: x - 6 * n * s),
    "diverged": place(lambda x, land: abs(float(x)) > 1e6),
    "returns_slope_or_value": journey(lambda df, x, s, n: df(descend(df, x, s, n))),
    "off_by_one_steps": steps_differ,
    "previous_iterate": steps_differ,
    "stops_early": stops_early,
    "ignores_num_steps": steps_differ,
    "hard_coded_step": either(
        own_routine(lambda t: descend(t.df, t.start, 0.01, t.num_steps)),
        own_routine(lambda t: descend(t.df, t.start, 0.005, t.num_steps)),
    ),
    "hard_coded_start": own_routine(lambda t: descend(t.df, 4.2, t.step_size, t.num_steps)),
    "hard_coded_function": own_routine(
        lambda t: descend(np.poly1d(FUNC).deriv(), t.start, t.step_size, t.num_steps)
    ),
    # A step size, labels.
    "step_converges": step_is(lambda s: 0 < s < 1 / 3 - 1e-6),
    "step_bounces": step_is(lambda s: math.isclose(s, 1 / 3)),
    "step_not_positive": step_is(lambda s: s <= 0),
    "labels_inverted": labels_are(lambda agrees: not any(agrees)),
    "wrong_label": labels_are(lambda agrees: any(agrees) and not all(agrees)),
}
"""What a mistake's numbers are, from float64 formulas; arrivals (no answer at all) have none."""


def test_corpus_is_large_and_covers_every_exercise() -> None:
    cases = Counter(case.exercise for case in load())
    assert set(cases) == {exercise for group in EXERCISES.values() for exercise in group}
    assert min(cases.values()) >= 9
    assert cases["descent_routine"] >= 24
    assert cases.total() >= 240


def test_wrong_cases_have_a_formula_for_their_mistake() -> None:
    wrong = {case.misconception for case in load() if case.label == "wrong"} - {None}
    assert wrong <= set(SLIPS)
