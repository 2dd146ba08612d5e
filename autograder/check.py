"""The verbs of an author: one line in a test cell says what is asked.

    from autograder import check

    check.gradient("dquartic", of=quartic, at=[3.0, 0.5, -2.0])

Every verb takes the answer's *name*, so that a missing or misspelt answer is a message and not a
NameError; what is true is computed from the function given with `of`, as it stands at that moment.
In a notebook the check runs at once (practice): it shows what is right, or raises `CheckFailed`
with what is wrong. While a rubric is made, the same lines only record their checks.

Every verb also takes `see="..."`, the title of the section that the last hint points to (by default
the one in which the exercise stands).
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from .checks.axis import AxisMinimum
from .checks.base import Check
from .checks.budget import FewSlopes
from .checks.diverging import DivergingStep
from .checks.gradient import Gradient
from .checks.labels import Curvature
from .checks.landscape import Descent
from .checks.layout import is_number
from .checks.maximum import Maximum
from .checks.minimum import StationaryPoint
from .checks.mistake import NamedMistake
from .checks.momentum import MomentumRoutine
from .checks.routine import DescentRoutine
from .checks.value import ExactValue
from .checks.verdict import Verdict
from .errors import CheckError
from .practice.session import as_marking_sees, bind, judge_here, no_function, show

__all__ = [
    "ask",
    "axis_minimum",
    "curvature",
    "descent",
    "diverging_step",
    "exercise",
    "gradient",
    "is_recording",
    "maximum",
    "minimum",
    "mistake",
    "momentum",
    "recording",
    "rosenbrock",
    "stationary_point",
    "value",
]

_record: ContextVar[list[Check] | None] = ContextVar("autograder_record", default=None)
_Judged = tuple[list[Verdict], dict[str, str]]
_together: ContextVar[list[_Judged] | None] = ContextVar("autograder_together", default=None)


@contextlib.contextmanager
def recording() -> Iterator[list[Check]]:
    """Collect the checks of the lines inside, in order, in place of running them."""
    checks: list[Check] = []
    token = _record.set(checks)
    try:
        yield checks
    finally:
        _record.reset(token)


def is_recording() -> bool:
    """Whether checks are only collected at the moment, since a rubric is being made."""
    return _record.get() is not None


@contextlib.contextmanager
def exercise() -> Iterator[None]:
    """Several answers of one exercise: all are shown, and they share its points evenly.

    Raises:
        CheckFailed: at the end of the block, unless all are right.
        CheckError: there is no check in it.
    """
    recorded = _record.get()
    if recorded is not None:
        before = len(recorded)
        yield
        _require_checks(len(recorded) - before)
        return
    judged: list[_Judged] = []
    token = _together.set(judged)
    try:
        yield
    finally:
        _together.reset(token)
    _require_checks(len(judged))
    verdicts = [verdict for found, _ in judged for verdict in found]
    show(verdicts, {name: see for _, sections in judged for name, see in sections.items()})


def _require_checks(count: int) -> None:
    if not count:
        raise CheckError(
            "with check.exercise(): there is no check in this block. Indent those of the exercise."
        )


def _run(answers: Sequence[str], make: Callable[[Any], Check], of: Any, see: str) -> None:
    """Make a check of these answers for the function that the exercise gives; run or record it."""
    _require_names(answers)
    recorded = _record.get()
    if recorded is not None:
        recorded.append(make(of))
        return
    # The answers live where the author's line stands: two frames up.
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    assert frame.f_back.f_back is not None
    namespace = frame.f_back.f_back.f_globals
    try:
        check, given = bind(make, of, namespace)
    except CheckError:
        if of is None or callable(of):
            raise
        show([no_function(of, namespace)])  # a student's `f = 3` is no author's mistake
        return
    verdicts = judge_here(check, namespace, given, lambda: make(of))
    verdicts = as_marking_sees(check, verdicts, namespace)
    sections = dict.fromkeys(answers, see)
    together = _together.get()
    if together is None:
        show(verdicts, sections)
    else:
        together.append((verdicts, sections))


def _require_names(answers: Sequence[str]) -> None:
    """Raise CheckError unless these are names of answers, and not the answers themselves."""
    for answer in answers:
        if not (isinstance(answer, str) and answer.isidentifier()):
            shown = getattr(answer, "__name__", None) or repr(answer)
            raise CheckError(
                f"A check wants the name of the answer in quotes, such as {shown!r}, and was given "
                f"a {type(answer).__name__}."
                if not isinstance(answer, str)
                else f"A check wants the name of the answer, and {answer!r} can be none."
            )


def _descent(start: Any, step_size: Any, num_steps: Any) -> Descent | None:
    given = [x is not None for x in (start, step_size, num_steps)]
    if not any(given):
        return None
    if not all(given):
        raise CheckError("start, step_size and num_steps belong together: give all three or none.")
    try:
        flat = tuple(float(x) for x in np.ravel(np.asarray(start, dtype=np.float64)))
    except (TypeError, ValueError) as exc:
        raise CheckError(f"start={start!r} is neither a number nor an array of them.") from exc
    if not (is_number(step_size) and 0 < step_size < np.inf):
        raise CheckError(f"step_size={step_size!r} is not a number above 0.")
    if not (is_number(num_steps) and num_steps > 0 and num_steps == int(num_steps)):
        raise CheckError(f"num_steps={num_steps!r} is not a whole number above 0.")
    return Descent(flat, float(step_size), int(num_steps))


def ask(check: Any, *, see: str = "") -> None:
    """A check of a course's own; docs/how-to/new_check.md shows one.

    Args:
        check: a `checks.base.Check`. A field `of` of it is the function that the exercise gives.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    if not isinstance(check, Check):
        raise CheckError(f"check.ask wants a check, and was given a {type(check).__name__}.")
    made: Any = check
    of = getattr(made, "of", None)

    def make(given: Any) -> Check:
        # Made anew for the given function, whatever a student has made of its name.
        return made if given is of else dataclasses.replace(made, of=given)

    _run(check.answers, make, of, see)


def gradient(
    answer: str,
    *,
    of: Callable[..., Any],
    at: Sequence[Any] | None = None,
    order: int = 1,
    argnums: int | tuple[int, ...] = 0,
    domain: tuple[float, float] | None = None,
    follows: str | None = None,
    carried: float = 0.0,
    see: str = "",
) -> None:
    """The answer is a function: the derivative of `of`.

    Args:
        answer: its name.
        of: a function that JAX can differentiate, of one number, several numbers, or arrays.
        at: places shown to the student; they are asked, too. Numbers, arrays, or tuples of the
            arguments. They also say what `of` takes where that is not plain.
        order: 1 for the gradient, 2 for the second derivative or Hessian, and so on.
        argnums: with respect to which arguments, as in `jax.grad`.
        domain: (low, high) from which fresh places are drawn, for each coordinate.
        follows: the name of the answer that is differentiated to get this one (order 2 or more). A
            wrong answer that is the derivative of a wrong one is told so.
        carried: the share of the points that such an answer gets all the same.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """

    def make(of: Callable[..., Any]) -> Gradient:
        return Gradient(answer, of, at, order, argnums, domain, follows, carried)

    _run((answer,), make, of, see)


def minimum(
    answer: str,
    *,
    of: Callable[..., Any],
    other_than: str | None = None,
    start: Any = None,
    step_size: float | None = None,
    num_steps: int | None = None,
    within: float | None = None,
    at: Any = None,
    see: str = "",
) -> None:
    """The answer is a place where `of` has a minimum; any minimum will do, a corner too.

    Args:
        answer: its name.
        of: a function that JAX can differentiate; its minimum is asked in all arguments.
        other_than: the name of another answer; a different minimum is asked than that one was when
            its own check was run.
        start: where a descent that leads there begins. Such a descent sharpens the messages, and
            an answer as good as where it ends is right.
        step_size: of that descent.
        num_steps: of that descent.
        within: how far off each coordinate may be; by default 0.01, or less or more where the
            function's own scale is very small or very large.
        at: a place in the form that `of` takes; to be given where it takes a number and an array
            alike, as `lambda w: jnp.sum((w - target)**2)` does. A `start` says it, too.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    walk = _descent(start, step_size, num_steps)
    _run(
        (answer,),
        lambda of: StationaryPoint(
            answer, of, other_than=other_than, descent=walk, within=within, at=at
        ),
        of,
        see,
    )


def maximum(answer: str, *, of: Callable[..., Any], at: Any = None, see: str = "") -> None:
    """The answer is a place where `of` has a maximum; any maximum will do.

    Args:
        answer: its name.
        of: a function that JAX can differentiate; its maximum is asked in all arguments.
        at: as for `minimum`.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer,), lambda of: Maximum(answer, of, at), of, see)


def stationary_point(
    answer: str,
    *,
    of: Callable[..., Any],
    other_than: str | None = None,
    within: float | None = None,
    at: Any = None,
    see: str = "",
) -> None:
    """The answer is a place where the slope of `of` is zero: minimum, maximum or saddle.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run(
        (answer,),
        lambda of: StationaryPoint(
            answer, of, any_kind=True, other_than=other_than, within=within, at=at
        ),
        of,
        see,
    )


def axis_minimum(
    answer: str,
    axis: str,
    *,
    of: Callable[..., Any],
    within: float | None = None,
    see: str = "",
) -> None:
    """`answer` is a place, a minimum of `of` along the axis that the label `axis` names.

    The axes are called x, y, z in the order of the arguments; the others are held anywhere.

    Raises:
        CheckFailed: practice, and the answers are not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer, axis), lambda of: AxisMinimum(answer, axis, of, within), of, see)


def descent(answer: str, *, see: str = "") -> None:
    """The answer is a routine (df, start, step_size, num_steps) that returns the last iterate.

    It is judged by what it does on slopes, starts, step sizes and numbers of steps drawn afresh,
    with numbers and with arrays; returning (iterate, history) is fine.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
    """
    _run((answer,), lambda _: DescentRoutine(answer), None, see)


def momentum(answer: str, *, see: str = "") -> None:
    """The answer is a routine (df, start, step_size, num_steps, beta): descent with momentum.

    Polyak's heavy ball (1964, doi 10.1016/0041-5553(64)90137-5), which begins at rest: a step is
    `beta` times the one before, less the gradient times the step size. It is judged as by
    `descent`, with a `beta` of its own in each trial.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
    """
    _run((answer,), lambda _: MomentumRoutine(answer), None, see)


def rosenbrock(answer: str, *, most: int, within: float = 0.05, see: str = "") -> None:
    """The answer is a routine (df, start) that finds the bottom of Rosenbrock's valley.

    It is called from several starts, in valleys whose bottom lies near (1, 1). How often it asks
    for the slope is counted; what plain descent needs is measured and told.

    Args:
        answer: its name.
        most: how often it may ask for the slope on one walk.
        within: how far off each coordinate may be at the end.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer,), lambda _: FewSlopes(answer, most, within), None, see)


def mistake(answer: str, *, of: Callable[..., Any], see: str = "") -> None:
    """The answer is a label: the mistake that the broken loop `of` makes.

    Which one it is follows from what the loop does; `draw.hunt` shows that. The labels are those of
    `autograder.checks.misconceptions.slips`.

    Args:
        answer: its name.
        of: a descent routine (df, start, step_size, num_steps) with one mistake in it.
        see: the section that the last hint points to.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used, or the loop makes no mistake that has a label.
    """
    _run((answer,), lambda of: NamedMistake(answer, of), of, see)


def diverging_step(answer: str, *, of: Callable[..., Any], see: str = "") -> None:
    """The answer is a step size with which gradient descent on `of` runs away.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer,), lambda of: DivergingStep(answer, of), of, see)


def curvature(
    answer: str,
    *,
    of: Callable[..., Any],
    at: Sequence[float],
    positive: str = "valley",
    negative: str = "hill",
    see: str = "",
) -> None:
    """The answer is a dict that labels each place of `at` by the sign of the second derivative.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer,), lambda of: Curvature(answer, of, at, positive, negative), of, see)


def value(
    answer: str,
    expected: Any,
    *,
    within: float | None = None,
    see: str = "",
) -> None:
    """The answer equals `expected`: a number, numbers, or a text.

    Compute it from the functions given, as in `check.value("slope", jax.grad(func)(3.0))`: what is
    typed in here can be read by every student.

    Raises:
        CheckFailed: practice, and the answer is not right yet.
        CheckError: the line itself cannot be used.
    """
    _run((answer,), lambda _: ExactValue(answer, expected, within), None, see)
