"""A descent routine, judged by what it does on slopes and starts drawn afresh."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .base import Check, arrival, wrong
from .misconceptions.raised import classify
from .questions import (
    Array,
    Call,
    Calls,
    Garbled,
    Late,
    Look,
    Outcome,
    Question,
    Raised,
    Reply,
    Returned,
    Slope,
)
from .reading import Problem, read_numbers, read_point
from .scenery import rounded
from .verdict import Row, Verdict
from .wording import explain, name_error, name_value, number, place

__all__ = ["DescentRoutine"]

Hit = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Trial:
    """One call of the routine: (df, start, step_size, num_steps)."""

    df: Slope
    start: np.ndarray
    step_size: float
    num_steps: int

    def arguments(self) -> tuple[Any, ...]:
        """As a student's routine gets them: a number stays a Python float."""
        start = float(self.start) if self.start.ndim == 0 else Array(tuple(map(float, self.start)))
        return (self.df, start, self.step_size, self.num_steps)

    def walk(self, update: Callable[[np.ndarray], np.ndarray], steps: int) -> np.ndarray:
        """Where `steps` rounds of `update` lead from the start, in float64."""
        u = self.start
        with np.errstate(all="ignore"):
            for _ in range(steps):
                u = update(u)
        return np.asarray(u)

    def true(self, steps: int | None = None) -> np.ndarray:
        """Where gradient descent is after `steps` (default: all of them)."""
        return self.walk(
            lambda u: u - self.step_size * self.df(u),
            self.num_steps if steps is None else steps,
        )

    @property
    def room(self) -> float:
        """Float32 gathers some 1e-7 of the size of the numbers a step; allow for 100 times that."""
        size = max(
            1.0, float(np.abs(self.start).max()), float(np.abs(np.ravel(self.df.centre)).max())
        )
        return 2e-5 * size


def draw_trials(seed: int) -> list[Trial]:
    """Nine trials on slopes k (x - c) + q (x - c)**3, all still well on their way at the end.

    The first is one step; the second makes more of them; the third and fourth change the step size
    and the start alone, so that an argument that is not used shows. The last three are arrays.
    """
    rng = np.random.default_rng(seed)

    def pick(low: float, high: float, n: int | None = None) -> Any:
        drawn = np.round(rng.uniform(low, high, n) * 1024) / 1024  # exact in float32
        return float(drawn) if n is None else tuple(map(float, drawn))

    k, c = pick(0.8, 2.0), pick(-2.0, 2.0)
    a, b = c + pick(2.0, 4.0), c - pick(2.0, 4.0)
    s = pick(0.15, 0.2) / k
    plain = Slope(k, 0.0, c)
    bent = Slope(pick(0.5, 1.0), pick(0.05, 0.1), pick(-1.0, 1.0))

    def field(n: int) -> Slope:
        return Slope(pick(0.6, 1.6, n), pick(0.0, 0.05, n), pick(-2.0, 2.0, n))

    pair, triple = field(2), field(3)
    return [
        Trial(plain, np.array(a), s, 1),
        Trial(plain, np.array(a), s, 3),
        Trial(plain, np.array(a), 1.5 * s, 3),
        Trial(plain, np.array(b), s, 3),
        Trial(bent, np.array(bent.centre + pick(1.5, 2.5)), pick(0.1, 0.15), 6),
        Trial(plain, np.array(b), s, 12),
        Trial(pair, np.asarray(pair.centre) + np.array(pick(1.0, 3.0, 2)), pick(0.1, 0.15), 1),
        Trial(pair, np.asarray(pair.centre) - np.array(pick(1.0, 3.0, 2)), pick(0.1, 0.15), 5),
        Trial(triple, np.asarray(triple.centre) + np.array(pick(1.0, 2.0, 3)), pick(0.1, 0.15), 4),
    ]


NUMBERS = 6  # trials with numbers; arrays follow


@dataclass(frozen=True)
class DescentRoutine(Check):
    """The answer is a routine (df, start, step_size, num_steps) that returns the last iterate."""

    answer: str

    @property
    def answers(self) -> tuple[str, ...]:
        """The one name."""
        return (self.answer,)

    def questions(self, seed: int) -> list[Question]:
        """Nine calls, on numbers and on arrays."""
        calls = tuple(t.arguments() for t in draw_trials(seed))
        return [Look(self.answer), Call(self.answer, calls)]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        arrived = arrival(self.answer, replies[0], taken, function=True)
        if isinstance(arrived, Verdict):
            return [arrived]
        trials = draw_trials(seed)
        calls = replies[1]
        if not isinstance(calls, Calls) or len(calls.outcomes) != len(trials):
            return [wrong(self.answer, "garbled")]
        return [self._judge(trials, calls.outcomes)]

    def _judge(self, trials: list[Trial], outcomes: Sequence[Outcome]) -> Verdict:
        ends: list[np.ndarray] = []
        problem: Verdict | None = None
        for trial, outcome in zip(trials, outcomes, strict=True):
            end = self._end(trial, outcome)
            if isinstance(end, Verdict):
                problem = end
                break
            ends.append(end)
        right = [
            bool(np.abs(e - t.true()).max() <= t.room) for e, t in zip(ends, trials, strict=False)
        ]
        rows, evidence = self._evidence(trials, ends, right, outcomes)
        if problem is not None:
            if len(ends) >= NUMBERS and all(right) and problem.misconception != "never_returns":
                what = self._array_problem(outcomes[len(ends)], trials[len(ends)])
                return wrong(self.answer, "numbers_only", what=what, rows=rows, evidence=evidence)
            asked = [o.asked for o in outcomes if isinstance(o, Returned)]
            if asked and all(a is not None and a.count == 0 for a in asked):
                return wrong(self.answer, "hard_coded_function", rows=rows, evidence=evidence)
            return problem
        if all(right):
            fact = (
                f"`{self.answer}` makes the steps of gradient descent in all {len(trials)} trials, "
                "with numbers and with arrays."
            )
            return Verdict(self.answer, "right", 1.0, fact, rows=rows, evidence=evidence)
        seen = self._seen(trials, ends, right)
        if all(right[:NUMBERS]):
            fact, hint = explain("numbers_only", name=self.answer, what="it arrives elsewhere")
            hit = self._name(trials, ends, outcomes)
            if hit is None or hit[0] == "wrong_iterates":
                return Verdict(
                    self.answer,
                    "wrong",
                    0.0,
                    f"{fact} {seen}",
                    hint,
                    "numbers_only",
                    rows,
                    evidence,
                )
        else:
            hit = self._name(trials, ends, outcomes)
        name, words = hit if hit is not None else ("wrong_iterates", {})
        fact, hint = explain(name, **{"name": self.answer, **words})
        return Verdict(self.answer, "wrong", 0.0, f"{seen} {fact}", hint, name, rows, evidence)

    # ------------------------------------------------------------------ reading

    def _end(self, trial: Trial, outcome: Outcome) -> np.ndarray | Verdict:
        match outcome:
            case Late(seconds):
                return wrong(self.answer, "never_returns", seconds=seconds)
            case Raised(error):
                called = "a slope function, a start, a step size and a number of steps"
                name = classify(error)
                if name == "called_before_grad":  # no `grad` is near: the start was called
                    name = "wrong_arguments"
                return wrong(self.answer, name, what=name_error(error), called=called)
            case Garbled():
                return wrong(self.answer, "garbled")
        assert isinstance(outcome, Returned)
        value = outcome.value
        if value.kind == "nothing":
            return wrong(self.answer, "returns_nothing")
        point = read_point(value, trial.start.size)
        if isinstance(point, np.ndarray):
            return point.reshape(trial.start.shape)
        numbers = read_numbers(value)
        if isinstance(numbers, np.ndarray) and numbers.size > trial.start.size:
            return wrong(self.answer, "history_returned", count=len(numbers))
        if value.length > 256:
            return wrong(self.answer, "history_returned", count=value.length)
        if isinstance(numbers, Problem) and numbers.misconception == "function_not_called":
            return wrong(self.answer, "wrong_shape", what="it returns a function")
        if value.kind == "text":
            return wrong(self.answer, "text_answer", what=name_value(value))
        came, wanted = name_value(value), "a number" if trial.start.ndim == 0 else "an array"
        return wrong(
            self.answer, "wrong_shape", what=f"it returns {came} for a start that is {wanted}"
        )

    def _array_problem(self, outcome: Outcome, trial: Trial) -> str:
        if isinstance(outcome, Raised):
            return f"it stops with {name_error(outcome.error)}"
        if isinstance(outcome, Returned):
            came = name_value(outcome.value)
            return f"it returns {came} for a start with {trial.start.size} numbers"
        return "it gives nothing that can be read"

    # ------------------------------------------------------------------ naming

    def _name(
        self, trials: list[Trial], ends: list[np.ndarray], outcomes: Sequence[Outcome]
    ) -> Hit | None:
        def far(a: np.ndarray, b: np.ndarray) -> bool:
            """Both ran away, however far."""
            return not (np.abs(a) < 1e30).all() and not (np.abs(b) < 1e30).all()

        def same(a: np.ndarray, b: np.ndarray, t: Trial) -> bool:
            return bool(
                a.shape == b.shape and np.abs(a - b).max() <= 5 * t.room + 1e-4 * np.abs(b).max()
            )

        for hit, predict in _loops():
            predictions = [predict(t) for t in trials]
            told = any(not same(p, t.true(), t) for p, t in zip(predictions, trials, strict=True))
            if told and all(
                same(e, p, t) or far(e, p)
                for e, p, t in zip(ends, predictions, trials, strict=True)
            ):
                return (hit, {"place": "What it returns"})
        if not all(np.isfinite(e).all() for e in ends):
            worst = next(e for e in ends if not np.isfinite(e).all())
            return ("diverged", {"place": place(worst)})
        counts = [o.asked.count for o in outcomes if isinstance(o, Returned) and o.asked]
        if len(counts) == len(trials) and not any(counts):
            return ("hard_coded_function", {})
        if all(
            same(e, t.true(t.num_steps - 1), t) and n == t.num_steps
            for e, t, n in zip(ends, trials, counts, strict=False)
        ):
            return ("previous_iterate", {})
        for shift in (-1, 1, -2, 2):
            if all(
                same(e, t.true(max(t.num_steps + shift, 0)), t)
                for e, t in zip(ends, trials, strict=True)
            ):
                steps = trials[1].num_steps
                return ("off_by_one_steps", {"steps": steps + shift, "num_steps": steps})
        first = trials[1]
        settled = [
            np.abs(t.df(e)).max() <= 0.1 * np.abs(t.df(t.true())).max()
            for e, t in zip(ends[:NUMBERS], trials, strict=False)
        ]
        if all(settled):  # each at the bottom of its own valley, however many steps were asked
            return ("ignores_num_steps", {})
        if all(same(e, ends[0], t) for e, t in zip(ends[:NUMBERS], trials, strict=False)):
            return ("hard_coded_start", {})
        if same(ends[1], ends[3], first):
            return ("hard_coded_start", {})
        if same(ends[1], ends[2], first):
            return ("hard_coded_step", {})
        if same(ends[0], ends[1], first) or same(ends[3], ends[5], first):
            return ("ignores_num_steps", {})
        decimals = self._decimals(ends)
        if decimals:
            return ("rounded_in_loop", {})
        for t, e in zip(trials, ends, strict=True):
            done = [k for k in range(t.num_steps) if same(e, t.true(k), t)]
            if done and not same(e, t.true(), t):
                return ("stops_early", {"steps": done[0], "num_steps": t.num_steps})
        return ("wrong_iterates", {})

    def _decimals(self, ends: list[np.ndarray]) -> bool:
        flat = np.concatenate([np.ravel(e) for e in ends])
        return any((np.abs(flat - np.round(flat, d)) <= 1e-6).all() for d in range(5))

    # ------------------------------------------------------------------ evidence

    def _seen(self, trials: list[Trial], ends: list[np.ndarray], right: list[bool]) -> str:
        t, e = next((t, e) for t, e, r in zip(trials, ends, right, strict=True) if not r)
        steps = "1 step" if t.num_steps == 1 else f"{t.num_steps} steps"
        return (
            f"From {place(t.start)}, {steps} of {number(t.step_size)} lead to {place(t.true())}; "
            f"yours arrives at {place(e)}."
        )

    def _evidence(
        self,
        trials: list[Trial],
        ends: list[np.ndarray],
        right: list[bool],
        outcomes: Sequence[Outcome],
    ) -> tuple[tuple[Row, ...], dict[str, Any]]:
        rows = tuple(
            Row(
                tuple(map(float, np.ravel(t.start))),
                tuple(map(float, np.ravel(e))),
                tuple(map(float, np.ravel(t.true()))),
                r,
            )
            for t, e, r in zip(trials, ends, right, strict=False)
        )
        shown = [
            {
                "slope": t.df.slope,
                "cubic": t.df.cubic,
                "centre": t.df.centre,
                "start": np.ravel(t.start).tolist(),
                "step_size": t.step_size,
                "num_steps": t.num_steps,
                "end": np.ravel(e).tolist(),
                "asked": _asked(outcome, t.start.size),
            }
            for t, e, outcome in zip(trials, ends, outcomes, strict=False)
        ]
        return rows, {"kind": "descent", "trials": shown}


def _asked(outcome: Outcome, size: int) -> list[Any]:
    """The first places at which the routine asked for the slope, as far as they can be read."""
    asked = outcome.asked if isinstance(outcome, Returned) else None
    places: list[Any] = []
    for value in asked.places[:16] if asked is not None else ():
        point = read_point(value, size)
        if not isinstance(point, np.ndarray) or not np.isfinite(point).all():
            break
        places.append(rounded(point))
    return places


def _loops() -> Iterator[tuple[str, Callable[[Trial], np.ndarray]]]:
    """Where a loop with one mistake ends."""
    yield "start_returned", lambda t: t.start
    yield "one_step_only", lambda t: t.true(1)
    yield "ascent", lambda t: t.walk(lambda u: u + t.step_size * t.df(u), t.num_steps)
    yield "stale_gradient", lambda t: t.start - t.num_steps * t.step_size * t.df(t.start)
    yield "assignment_minus", lambda t: t.walk(lambda u: -t.step_size * t.df(u), t.num_steps)
    yield "no_step_size", lambda t: t.walk(lambda u: u - t.df(u), t.num_steps)
    yield (
        "squared_gradient",
        lambda t: t.walk(lambda u: u - t.step_size * t.df(u) ** 2, t.num_steps),
    )
    yield (
        "sign_of_gradient",
        lambda t: t.walk(lambda u: u - t.step_size * np.sign(t.df(u)), t.num_steps),
    )
    yield "returns_slope_or_value", lambda t: t.df(t.true())
    yield "returns_slope_or_value", lambda t: t.df(t.true(t.num_steps - 1))
