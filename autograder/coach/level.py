"""A loop that stops by itself: where the slope is small enough, and how many steps it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..answers.local import ask
from ..checks.base import right, wrong
from ..checks.landscape import Descent, Landscape
from ..checks.minimum import StationaryPoint
from ..checks.misconceptions.catalogue import Misconception
from ..checks.questions import Found, Look, Value
from ..checks.reading import read_numbers
from ..checks.verdict import Verdict
from ..checks.wording import number
from ..practice.session import judge_here
from .card import Unfit, name_of, practised, tell

__all__ = ["stops_when_level"]

_MOST = 20_000  # steps that the exercise itself may need
_PATIENCE = 20  # times as often as needed, the slope may be asked for

# The mistakes, in the order in which they tell most.
_NEVER = Misconception(
    "`{name}` does not stop: from {start}, {needed} steps make the slope smaller than {tolerance}, "
    "and it asked for the slope {asked} times.",
    "What does your loop compare with the tolerance: the slope itself, without its sign? The place "
    "and the height do not get small.",
    "never_stops",
)
_UPHILL = Misconception(
    "From {start}, `{name}` goes farther and farther away: it comes to {end}.",
    "A step goes *against* the slope. Which sign has yours?",
    "runs_away",
)
_RAISED = Misconception(
    "From {start}, `{name}` stopped with {what}.",
    "Call it yourself in a new cell, and read the last line of the error.",
    "raised",
)
_PAIR = Misconception(
    "`{name}` returns {what}; the place and the number of steps are expected.",
    "`return x, steps` gives both.",
    "no_pair",
)
_AT_ONCE = Misconception(
    "From {start}, `{name}` stops without a step, where the slope is {slope}.",
    "Read its condition aloud: does it go on *while* the slope is large? And is a slope of "
    "{slope} large for it?",
    "stops_at_once",
)
_SIGN = Misconception(
    "From {start}, `{name}` stops without a step, where the slope is {slope}.",
    "{slope} is less than {tolerance}, and steep all the same. Which function drops a sign?",
    "stops_where_it_falls",
)
_FIRST = Misconception(
    "From {start}, `{name}` stops after its first step; the slope is still {slope}.",
    "Is `return` inside of the loop, or does something end it the first time round?",
    "stops_at_first_step",
)
_STEP = Misconception(
    "From {start}, `{name}` stops after {taken} steps, where the *step* is shorter than "
    "{tolerance}. The slope is still {slope}.",
    "A small step size makes short steps on steep ground. What says that the ground is level?",
    "stops_on_the_step",
)
_VALUE = Misconception(
    "From {start}, `{name}` stops after {taken} steps, where the *height* is near 0. The slope is "
    "still {slope}.",
    "Must a valley's bottom have the height 0? What says that the ground is level?",
    "stops_on_the_value",
)
_EARLY = Misconception(
    "From {start}, `{name}` stops after {taken} steps, where the slope is still {slope}; the "
    "tolerance is {tolerance}.",
    "When does your loop end: by counting, or by the slope?",
    "stops_early",
)
_LATE = Misconception(
    "From {start}, `{name}` makes {taken} steps; the slope is smaller than {tolerance} after "
    "{needed}.",
    "Which slope does your loop look at: that of where it stands now, or of where it stood before? "
    "And does it mind the tolerance that it is given?",
    "stops_late",
)
_COUNT = Misconception(
    "The place is right, but `{name}` counts {count} steps where it made {taken}.",
    "Where does your count begin, and does it go up once for each step?",
    "miscounted",
)


@dataclass(frozen=True)
class _Trial:
    """A walk that is asked for; `path` (n + 1, 1): the true one, which ends where it should.

    `counts`: of steps that are right, too. Near a tolerance that is next to nothing, the same loop
    in float32, or with a place in float64, stops some steps earlier or later.
    """

    landscape: Landscape
    start: float
    step_size: float
    tolerance: float
    path: np.ndarray
    counts: range

    @property
    def needed(self) -> int:
        return len(self.path) - 1

    def slope(self, x: float) -> float:
        return float(self.landscape.slope(np.array([x]))[0])

    def is_away(self, x: Any) -> bool:
        """Whether this is no number, or ten times as far from the end as the start."""
        try:
            start, end = float(self.path[0, 0]), float(self.path[-1, 0])
            return not abs(float(x) - end) <= 10 * abs(start - end)
        except Exception:  # noqa: BLE001 - whatever a student's loop hands to the slope
            return False


def _trial(
    landscape: Landscape, df: Any, start: float, step_size: float, tolerance: float
) -> _Trial:
    """The walk; raises Unfit where there is none that ends."""
    long = landscape.iterates(Descent((float(start),), float(step_size), _MOST))
    if long is None or not tolerance > 0:
        raise Unfit("This needs a function for JAX, and a tolerance above 0.")
    with np.errstate(all="ignore"):
        small = np.abs(landscape.reference.all_derivatives(long, 1)[:, 0]) < tolerance
    if not small.any():
        raise Unfit("With these numbers descent never gets to level ground: choose others.")
    needed = int(np.argmax(small))
    walks = [_count(df, kind, start, step_size, tolerance, needed) for kind in (np.float32, float)]
    ended = [needed, *(count for count in walks if count is not None)]
    if len(ended) <= len(walks):
        raise Unfit(
            f"A slope below {number(tolerance)} is less than float32 numbers can tell here: a loop "
            "that is right may never end. Choose a larger tolerance."
        )
    fewest, most = min(ended), max(ended)
    spare = most - fewest
    counts = range(fewest - spare, most + spare + 1)
    return _Trial(landscape, start, step_size, tolerance, long[: needed + 1], counts)


def _count(
    df: Any, kind: Any, start: float, step_size: float, tolerance: float, needed: int
) -> int | None:
    """After how many steps an honest loop stops that keeps its place as `kind`; None: never."""
    x = kind(start)
    for count in range(2 * needed + 10):
        slope = float(df(x))
        if abs(slope) < tolerance:
            return count
        x = kind(x - step_size * slope)
    return None


class _Endless(BaseException):
    """Ends a student's loop that does not; no `except Exception` of theirs catches it."""


@dataclass
class _Slope:
    """The derivative that a routine is given, which knows how often it was asked."""

    df: Callable[[Any], Any]
    most: int
    asked: int = 0
    last: Any = None

    def __call__(self, x: Any) -> Any:
        self.asked, self.last = self.asked + 1, x
        if self.asked > self.most:
            raise _Endless
        return self.df(x)


@practised
def stops_when_level(
    routine: Any,
    *,
    of: Callable[[Any], Any],
    start: float,
    step_size: float,
    tolerance: float,
) -> None:
    """Look at a routine (df, start, step_size, tolerance) that returns (place, number of steps).

    It is tried from `start`, from as far on the other side of 0, and with a coarser tolerance.

    Args:
        routine: the student's function.
        of: a function of one number with a minimum, in which descent from both starts arrives.
        start: where it begins.
        step_size: of its steps.
        tolerance: it is to stop where the slope, without its sign, is smaller than this.
    """
    import jax

    if not callable(routine):
        raise Unfit("Define the function first: its name goes in here without quotes or brackets.")
    name = name_of(routine, "routine")
    landscape, df = Landscape(of, float(start)), jax.jit(jax.grad(of))
    wanted = [(start, tolerance), (-start, tolerance), (start, 100 * tolerance)]
    trials = [_trial(landscape, df, x, step_size, t) for x, t in wanted]
    for trial in trials:
        verdict = _tried(name, routine, df, trial)
        if verdict is None:
            raise Unfit("Not started: write your loop, with the two results in place of the dots.")
        if not verdict.right:
            tell(verdicts=[verdict])
            return
    first = trials[0]
    fact = (
        f"`{name}` stops where the slope is smaller than the tolerance, from both sides: after "
        f"{first.needed} steps for {number(first.tolerance)}, after {trials[2].needed} for "
        f"{number(trials[2].tolerance)}."
    )
    tell(verdicts=[right(name, fact)])


def _tried(name: str, routine: Any, df: Any, trial: _Trial) -> Verdict | None:
    """What comes of one walk; None where nothing is written yet."""
    slope = _Slope(df, _PATIENCE * (trial.needed + 10))
    parts: dict[str, Any] = {
        "start": number(trial.start),
        "tolerance": number(trial.tolerance),
        "needed": trial.needed,
    }
    try:
        came = routine(slope, trial.start, trial.step_size, trial.tolerance)
    except (_Endless, KeyboardInterrupt):
        if trial.is_away(slope.last):
            return wrong(name, _UPHILL, end=number(float(slope.last)), **parts)
        return wrong(name, _NEVER, asked=min(slope.asked, slope.most), **parts)
    except Exception as problem:  # noqa: BLE001 - a student's function
        what = f"{type(problem).__name__}: {problem}"[:200]
        return wrong(name, _RAISED, what=what, **parts)
    (reply,) = ask([Look("came")], {"came": came})
    value = reply.value if isinstance(reply, Found) else Value("other", "something")
    items = value.items if value.kind == "sequence" else ()
    if value.kind == "nothing" or (items and all(item.kind == "nothing" for item in items)):
        return None if items or came is ... else wrong(name, _PAIR, what="nothing", **parts)
    numbers = [read_numbers(item) for item in items]
    if len(numbers) != 2 or not all(isinstance(n, np.ndarray) and n.size == 1 for n in numbers):
        what = f"a {value.type}" + (", but not of two numbers" if items else "")
        return wrong(name, _PAIR, what=what, **parts)
    end, count = (float(n) for n in np.ravel(np.asarray(numbers, dtype=np.float64)))
    return _judged(name, trial, end, count, parts)


def _judged(name: str, trial: _Trial, end: float, count: float, parts: dict[str, Any]) -> Verdict:
    """The verdict on a walk that ended."""
    if not np.isfinite(end):
        return wrong(name, _UPHILL, end=number(end), **parts)
    taken = _steps_to(trial, end, count)
    if taken is None:
        descent = Descent((trial.start,), trial.step_size, max(trial.needed, 1))
        place = StationaryPoint("place", trial.landscape.of, descent=descent)
        (verdict,) = judge_here(place, {"place": end})
        if not verdict.right:
            return Verdict(name, "wrong", 0.0, verdict.fact, verdict.hint, verdict.misconception)
        taken = round(count) if np.isfinite(count) else 0  # another way to the same place
    parts |= {"taken": taken, "slope": number(trial.slope(end)), "count": number(count)}
    if taken in trial.counts:
        return right(name) if count == taken else wrong(name, _COUNT, **parts)
    if taken > trial.needed:
        return wrong(name, _LATE, **parts)
    if taken < 2:
        at_once = _SIGN if trial.slope(end) < 0 else _AT_ONCE
        return wrong(name, _FIRST if taken else at_once, **parts)
    steps = trial.step_size * np.abs([trial.slope(float(u[0])) for u in trial.path])
    if taken in {int(np.argmax(steps < trial.tolerance)) + more for more in (0, 1)}:
        return wrong(name, _STEP, **parts)
    before, here = (trial.landscape.value(u) for u in trial.path[taken - 1 : taken + 1])
    if here < trial.tolerance <= before or abs(here) < trial.tolerance:
        return wrong(name, _VALUE, **parts)
    return wrong(name, _EARLY, **parts)


def _steps_to(trial: _Trial, end: float, count: float) -> int | None:
    """After how many steps of descent one is at `end`: `count`, where that may be; or None."""
    most = max(2 * trial.needed + 10, int(count) if 0 <= count <= _MOST else 0)
    path = trial.landscape.iterates(Descent((trial.start,), trial.step_size, most))
    assert path is not None
    distances = np.abs(path[:, 0] - end)
    # A float32 number keeps seven digits; beyond them, two iterates are one place.
    there = np.flatnonzero(distances <= 1e-6 * (1 + abs(trial.start)))
    if not len(there):
        return None
    return int(count) if count in there else int(np.argmin(distances))
