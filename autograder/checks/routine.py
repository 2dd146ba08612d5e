"""A descent routine, judged by what it does on slopes and starts drawn afresh."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from .base import Check, arrival, right, unanswered, wrong
from .evidence import DescentEvidence, Walk
from .misconceptions.loops import Guesses, Hit, name_loop, of_steps, same
from .misconceptions.raised import classify
from .questions import (
    Asked,
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
    Value,
)
from .reading import BESIDE, Problem, read_numbers, read_path, read_point
from .scenery import rounded
from .trials import KEYWORDS, NUMBERS, Trial, draw_trials
from .verdict import Row, Verdict
from .wording import explain, name_error, name_value, number, place

__all__ = ["DescentRoutine", "Tried"]

SECONDS = 30.0  # for all trials; half a second a step is honest, if slow
PATIENCE = 1.0  # seconds for some hundred steps: who needs longer is not asked for a thousand
LOW = ("float16", "bfloat16")


@dataclass(frozen=True)
class Tried:
    """What came of a trial: an end, or the verdict where there is none; nothing if not counted."""

    trial: Trial
    outcome: Outcome
    end: Any = None
    problem: Verdict | None = None
    beside: str = ""

    @property
    def right(self) -> bool:
        """Whether it is where the steps lead."""
        return self.end is not None and bool(
            np.abs(self.end - self.trial.true()).max() <= self.trial.room
        )

    @property
    def counted(self) -> bool:
        """Whether it says something of the routine."""
        return self.end is not None or self.problem is not None

    @property
    def asked(self) -> Asked | None:
        """Where the slope was asked, as far as that is known."""
        return None if isinstance(self.outcome, Garbled) else self.outcome.asked


@dataclass(frozen=True)
class DescentRoutine(Check):
    """The answer is a routine (df, start, step_size, num_steps) that returns the last iterate."""

    answer: str

    _handed: ClassVar[str] = "a slope function, a start, a step size and a number of steps"

    @property
    def _keywords(self) -> tuple[str, ...]:
        return KEYWORDS

    def _trials(self, seed: int) -> list[Trial]:
        return draw_trials(seed)

    def _own(self) -> Guesses:
        """Mistakes of another method than gradient descent."""
        return iter(())

    def questions(self, seed: int) -> list[Question]:
        """One call a trial."""
        calls = tuple(t.arguments() for t in self._trials(seed))
        return [Look(self.answer), Call(self.answer, calls, SECONDS, self._keywords, PATIENCE)]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        arrived = arrival(self.answer, replies[0], taken, function=True)
        if isinstance(arrived, Verdict):
            return [arrived]
        trials = self._trials(seed)
        calls = replies[1]
        if not isinstance(calls, Calls) or len(calls.outcomes) != len(trials):
            return [wrong(self.answer, "garbled")]
        index = _index_of_place(trials, calls.outcomes)
        tried = [self._try(t, o, index) for t, o in zip(trials, calls.outcomes, strict=True)]
        return [self._judge(_excused(tried))]

    def _judge(self, tried: list[Tried]) -> Verdict:
        counted = [r for r in tried if r.counted]
        rows, evidence = self._evidence([r for r in counted if r.end is not None])
        seen: dict[str, Any] = {"rows": rows, "evidence": evidence}
        if all(r.right for r in counted):
            fact = self._praise(len(counted))
            beside = next((r.beside for r in reversed(tried) if r.beside), "")
            if beside:
                fact += f" It returns {beside} beside the place; the place alone is enough."
            return right(self.answer, fact, **seen)
        problems = [(r, r.problem) for r in counted if r.problem is not None]
        if problems:
            return self._judge_problems(tried, problems, seen)
        return self._wrong_walks(tried, "", seen)

    def _praise(self, count: int) -> str:
        return (
            f"`{self.answer}` makes the steps of gradient descent in all {count} trials, with "
            "numbers and with arrays: few and many, short ones and such that overshoot."
        )

    def _wrong_walks(self, tried: list[Tried], more: str, seen: dict[str, Any]) -> Verdict:
        """A routine that comes back with places, and not the right ones."""
        walks = [r for r in tried if r.counted and r.problem is None]
        hit = self._name(walks)
        # By their place among all: arrays follow the numbers, whatever was left out.
        alone = all(r.right for r in tried[:NUMBERS] if r.counted and r.problem is None)
        if alone and hit[0] in ("wrong_iterates", "wrong_ball", "overshoot_avoided"):
            hit = ("numbers_only", {"what": "it arrives elsewhere"})
        fact, hint = explain(hit[0], **{"name": self.answer, "what": "", **hit[1]})
        fact = f"{fact} {self._seen(walks)}{more}"
        return Verdict(self.answer, "wrong", 0.0, fact, hint, hit[0], **seen)

    def _judge_problems(
        self, tried: list[Tried], problems: list[tuple[Tried, Verdict]], seen: dict[str, Any]
    ) -> Verdict:
        """A routine that does not come back with a place each time."""
        first, told = problems[0]
        if told.misconception == "never_returns":
            return told
        # Of several, the longest walk tells most: a pair of numbers may be a path of one step.
        _, told = max(problems, key=lambda p: p[0].trial.num_steps * (p[0].trial.kind == "gentle"))
        others = [r for r in tried if r.counted and r.problem is None]
        fine = bool(others) and all(r.right for r in others)
        failed = [r for r, _ in problems]
        what = self._what(first)
        if fine and all(r.trial.array for r in failed):
            if told.misconception == "formatted_array":
                return self._partly(
                    "formatted_array", what=what.removeprefix("it stops with "), **seen
                )
            return wrong(self.answer, "numbers_only", what=what, **seen)
        raised = all(isinstance(r.outcome, Raised) for r in failed)
        gentle = [r for r in tried if r.trial.kind == "gentle" and not r.trial.start.ndim]
        numbers = all(r.problem is not None for r in gentle)
        if fine and raised and numbers and not any(r.trial.start.ndim for r in failed):
            return self._partly("arrays_only", what=what, **seen)
        name = _OF_KINDS.get(frozenset(r.trial.kind for r in failed)) if fine else None
        if name is not None:
            return wrong(self.answer, name, what=f": {what}", **seen)
        empty = all(isinstance(r.outcome, Raised) or _is_nothing(r.outcome) for r in failed)
        if others and not fine and empty and all(r.trial.num_steps == 0 for r in failed):
            # Its walks tell more: where no step is made, a list of places may be too short.
            return self._wrong_walks(tried, f" With num_steps = 0, {what}.", seen)
        # Without a step there is nothing to ask the slope for.
        made = [r for r in tried if isinstance(r.outcome, Returned) and r.trial.num_steps]
        asked = [r.asked for r in made]
        telling = ("not_answered", "generator_returned", "history_returned", "dict_returned")
        if told.misconception in telling:
            return replace(told, evidence=self._walked(tried))
        if asked and all(a is not None and a.count == 0 for a in asked):
            return wrong(self.answer, "hard_coded_function", **seen)
        if told.misconception == "returns_nothing":
            return replace(told, evidence=self._walked(tried))
        if raised and others:
            return replace(told, fact=f"{told.fact} So it does {_called(failed)}.")
        return told

    def _partly(self, name: str, *, what: str, rows: Any, evidence: Any) -> Verdict:
        fact, hint = explain(name, name=self.answer, what=what)
        return Verdict(self.answer, "partly", 0.5, fact, hint, name, rows, evidence)

    # ------------------------------------------------------------------ reading

    def _try(self, trial: Trial, outcome: Outcome, index: int | None = None) -> Tried:
        """What came of a trial; `index`: of the place, in a tuple with a history."""
        match outcome:
            case Late(seconds):
                late = wrong(self.answer, "never_returns", seconds=seconds)
                return Tried(trial, outcome, problem=late)
            case Raised(error) if "OverflowError" in error.kinds:  # Python's 1e200 ** 2
                return Tried(trial, outcome, np.full(trial.start.shape, np.inf))
            case Raised(error):
                called = self._handed
                name = classify(error)
                # No `grad` is near: the start was called.
                if name in ("called_before_grad", "no_function_called"):
                    name = "wrong_arguments"
                if name == "non_scalar_output":
                    name = "df_differentiated"
                what = name_error(error)
                if name == "df_differentiated":
                    what = f" and stops with {what}"
                raised = wrong(self.answer, name, what=what, called=called)
                return Tried(trial, outcome, problem=raised)
            case Garbled():
                return Tried(trial, outcome, problem=wrong(self.answer, "garbled"))
        value = outcome.value if index is None else outcome.value.items[index]
        read = read_point(value, trial.start.size)
        point, beside = (read, "") if isinstance(read, np.ndarray) else (None, "")
        if point is None:
            point, beside = _with_count(outcome.value, trial.start.size)
        if point is None:
            return Tried(trial, outcome, problem=self._unread(outcome.value, trial))
        return Tried(trial, outcome, point.reshape(trial.start.shape), beside=beside)

    def _unread(self, value: Value, trial: Trial) -> Verdict:
        """Why a returned value is no place."""
        if value.kind == "nothing":
            return unanswered(self.answer, value)
        if value.type == "generator":
            return wrong(self.answer, "generator_returned")
        if value.kind == "mapping":
            keys = [
                k.text or (name_value(k) if k.kind == "truth" else place(k.numbers))
                for k in value.items[::2]
                if k.text or k.numbers is not None
            ]
            return wrong(
                self.answer, "dict_returned", what="a dict with " + ", ".join(map(repr, keys))
            )
        if value.kind == "text":
            verdict = wrong(self.answer, "text_answer", what=name_value(value))
            fact = f"`{self.answer}` returns {name_value(value)}, which cannot be computed with."
            return replace(verdict, fact=fact)
        numbers = read_numbers(value)
        if isinstance(numbers, Problem) and numbers.misconception == "function_not_called":
            return wrong(self.answer, "wrong_shape", what="it returns a function")
        beside = value.kind == "sequence" and value.type != "list" and value.length <= BESIDE
        if beside and trial.num_steps + 1 != value.length:
            what = f"a {value.type} of {value.length} things"
            return wrong(self.answer, "extra_returned", what=what)
        if isinstance(numbers, np.ndarray) and numbers.size > trial.start.size:
            return wrong(self.answer, "history_returned", count=len(numbers))
        if value.length > 256:
            return wrong(self.answer, "history_returned", count=value.length)
        came, wanted = name_value(value), "an array" if trial.array else "a number"
        return wrong(
            self.answer, "wrong_shape", what=f"it returns {came} for a start that is {wanted}"
        )

    def _what(self, tried: Tried) -> str:
        """In words, what it does in a trial that gives no place."""
        if isinstance(tried.outcome, Raised):
            return f"it stops with {name_error(tried.outcome.error)}"
        if isinstance(tried.outcome, Returned):
            size = tried.trial.start.size
            start = f" for a start with {size} numbers" if size > 1 else ""
            nothing = _is_nothing(tried.outcome)
            came = "nothing (None)" if nothing else name_value(tried.outcome.value)
            return f"it returns {came}{start}"
        return "it gives nothing that can be read"

    # ------------------------------------------------------------------ naming

    def _name(self, tried: list[Tried]) -> Hit:
        trials = [r.trial for r in tried]
        ends = [r.end for r in tried if r.end is not None]
        wronged = [r for r in tried if not r.right]
        again = next((r for r in tried if r.trial.kind == "again"), None)
        if again is not None and not same(again.end, ends[1], again.trial):
            return ("remembers_calls", {})
        low = next((t for r in wronged if (t := _precision(r.outcome)) in LOW), None)
        if low is not None:
            return ("low_precision", {"dtype": low})
        counts = [r.asked.count if r.asked else None for r in tried]
        seen = [len({p.tobytes() for p in _places(r, 64, r.trial.start.size)}) for r in tried]
        hit = name_loop(trials, ends, counts, seen, self._own())
        if hit is not None:
            return hit
        if not all(np.isfinite(e).all() for e in ends):
            worst = next(e for e in ends if not np.isfinite(e).all())
            return ("diverged", {"place": place(worst)})
        if not any(counts):
            return ("hard_coded_function", {})
        kinds = frozenset(r.trial.kind for r in wronged)
        if kinds in _OF_KINDS:
            return (_OF_KINDS[kinds], {})
        return self._by_comparison(tried, ends) or ("wrong_iterates", {})

    def _by_comparison(self, tried: list[Tried], ends: list[np.ndarray]) -> Hit | None:
        """What two trials that differ in one argument say, or the places that were asked."""
        trials = [r.trial for r in tried]
        first = trials[1]
        near = [k for k, t in enumerate(trials[:NUMBERS]) if t.kind == "gentle"]
        settled = [
            np.abs(trials[k].df(ends[k])).max()
            <= 0.1 * np.abs(trials[k].df(trials[k].true())).max()
            for k in near
        ]
        if all(settled):  # each at the bottom of its own valley, however many steps were asked
            return ("ignores_num_steps", {})
        if all(abs(ends[k] - np.round(ends[k])) <= 1e-6 for k in near):
            return ("whole_numbers", {})
        if same(ends[1], ends[3], first):
            return ("hard_coded_start", {})
        if same(ends[1], ends[2], first):
            return ("hard_coded_step", {})
        if same(ends[0], ends[1], first) or same(ends[3], ends[5], first):
            return ("ignores_num_steps", {})
        flat = np.concatenate([np.ravel(e) for e in ends])
        if any(
            (np.abs(flat - np.round(flat, d)) <= 1e-6 * (1 + abs(flat))).all() for d in range(5)
        ):
            return ("rounded_in_loop", {})
        wronged = [r for r in tried if not r.right]
        done = [_steps_made(r) for r in wronged]
        if None not in done:
            words = {"steps": done[0], "num_steps": wronged[0].trial.num_steps}
            return ("stops_early", words)
        for r in wronged:
            t = r.trial
            if t.start.ndim or not 1 < t.num_steps < 30 or not r.asked:
                continue
            asked = [a[0] for a in _places(r, 64, 1)]
            true = [float(u) for u in t.path()]
            if len(asked) in (t.num_steps, t.num_steps + 1):
                if all(same(a, u, t) for a, u in zip(asked, true, strict=False)):
                    return ("returned_elsewhere", {})
                found = of_steps(t, [*asked[: t.num_steps], float(r.end)])
                if found is not None:
                    return found
        return None

    # ------------------------------------------------------------------ evidence

    def _seen(self, tried: list[Tried]) -> str:
        """One trial in words: the first that went wrong."""
        r = next(r for r in tried if not r.right)
        t = r.trial
        steps = f"{t.num_steps} steps" if t.num_steps != 1 else "1 step"
        leads = "leads" if t.num_steps == 1 else "lead"
        beta = f", with beta {number(t.beta)}," if t.beta else ""
        digits = 4
        while digits < 9 and place(t.true(), digits) == place(r.end, digits):
            digits += 1
        return (
            f"From {place(t.start)}, {steps} of {number(t.step_size)}{beta} {leads} to "
            f"{place(t.true(), digits)}; yours arrives at {place(r.end, digits)}."
        )

    def _evidence(self, tried: list[Tried]) -> tuple[tuple[Row, ...], DescentEvidence]:
        rows = tuple(
            Row(
                tuple(map(float, np.ravel(r.trial.start))),
                tuple(map(float, np.ravel(r.end))),
                tuple(map(float, np.ravel(r.trial.true()))),
                r.right,
            )
            for r in tried
        )
        wrong = [r for r in tried if not r.right]
        # Of one trial a picture is drawn (feedback/pictures/descent.py): of these, one.
        several = [r for r in wrong or tried if 1 < r.trial.num_steps <= _FEW]
        numbers = [r for r in several if r.trial.start.size == 1]
        longest = sorted(numbers, key=lambda r: -r.trial.num_steps)
        drawn = [*wrong[:1], *several[:1], *longest[:1]]
        trials = tuple(
            _walk_of(r, rounded(np.ravel(r.end)), shown=any(r is d for d in drawn)) for r in tried
        )
        return rows, DescentEvidence(trials)

    def _walked(self, tried: list[Tried]) -> DescentEvidence | None:
        """Of a routine that gives no place: the longest of its walks that can be drawn."""
        walks = [
            r
            for r in tried
            if r.trial.start.size == 1
            and 1 < r.trial.num_steps <= _FEW
            and r.trial.kind == "gentle"
            and len(_places(r, _KEPT, 1)) > 1
        ]
        if not walks:
            return None
        longest = max(walks, key=lambda r: r.trial.num_steps)
        return DescentEvidence((_walk_of(longest, (), shown=True),))


def _walk_of(r: Tried, end: tuple[float, ...], *, shown: bool) -> Walk:
    """The record of a trial; with the places at which the slope was asked for where it is drawn."""
    t = r.trial
    return Walk(
        slope=rounded(np.ravel(t.df.slope)),
        cubic=rounded(np.ravel(t.df.cubic)),
        centre=rounded(np.ravel(t.df.centre)),
        mix=float(t.df.mix),
        start=rounded(np.ravel(t.start)),
        step_size=float(f"{t.step_size:.9g}"),
        num_steps=t.num_steps,
        beta=t.beta,
        end=end,
        asked=tuple(map(rounded, _places(r, _KEPT, t.start.size))) if shown else (),
    )


_KEPT = 16  # places of one trial in a verdict, which lives in notebooks
_FEW = 30  # steps that can be told apart in a picture

# What is wrong if only trials of these kinds go wrong.
_OF_KINDS: dict[frozenset[str], str] = {
    frozenset(kinds): name
    for name, *groups in (
        ("zero_steps", {"none"}),
        ("negative_step", {"uphill"}),
        ("overshoot_avoided", {"overshoot"}, {"overshoot", "uphill"}),
        (
            "far_start",
            {"far"},
            {"far", "overshoot"},
            {"far", "overshoot", "uphill"},
            {"far", "uphill"},
        ),
    )
    for kinds in groups
}


def _excused(tried: list[Tried]) -> list[Tried]:
    """The trials without those that say nothing of the routine.

    A long walk that was cut off by the clock or by Python's limit of recursion, if it was on the
    right way as far as it got; and a negative step that the routine refused before it did anything.
    """
    short = [r for r in tried if r.trial.kind not in ("long", "uphill")]
    fine = all(r.right for r in short)
    if not fine and all(isinstance(r.outcome, Returned) for r in short):
        return [replace(r, problem=None) if r.trial.kind == "long" else r for r in tried]
    if not fine:
        return tried
    out = []
    for r in tried:
        o = r.outcome
        deep = isinstance(o, Raised) and "RecursionError" in o.error.kinds
        cut = r.trial.kind == "long" and (deep or isinstance(o, Late)) and _on_the_way(r)
        refused = (
            r.trial.kind == "uphill"
            and isinstance(o, Raised)
            and bool({"ValueError", "AssertionError"} & set(o.error.kinds))
            and not (o.asked and o.asked.count)
        )
        out.append(replace(r, problem=None) if cut or refused else r)
    return out


def _is_nothing(outcome: Outcome) -> bool:
    return isinstance(outcome, Returned) and outcome.value.kind == "nothing"


def _called(failed: Sequence[Tried]) -> str:
    """In words, how it was called where it stopped."""
    trials = [r.trial for r in failed]
    if all(t.num_steps == 0 for t in trials):
        return "with num_steps = 0"
    if all(t.step_size < 0 for t in trials):
        return "with a negative step_size"
    t = trials[0]
    steps = "1 step" if t.num_steps == 1 else f"{t.num_steps} steps"
    return f"from {place(t.start)}, with {steps} of {number(t.step_size)}"


def _steps_made(r: Tried) -> int | None:
    """After how many steps, but not all, gradient descent is where the routine ended; or None."""
    for k, u in enumerate(r.trial.path()[:-1]):
        if same(r.end, u, r.trial):
            return k
    return None


def _on_the_way(r: Tried) -> bool:
    """Whether a walk that was cut off asked for the slope where gradient descent does."""
    asked = _places(r, 64, r.trial.start.size)
    if not asked:
        return r.asked is None  # it was not begun
    true = r.trial.path(len(asked))
    return all(
        same(a.reshape(r.trial.start.shape), u, r.trial) for a, u in zip(asked, true, strict=False)
    )


def _places(r: Tried, most: int, size: int) -> list[np.ndarray]:
    """The first places at which the routine asked for the slope, as far as they can be read."""
    places: list[np.ndarray] = []
    for value in r.asked.places[:most] if r.asked is not None else ():
        point = read_point(value, size)
        if not isinstance(point, np.ndarray) or not np.isfinite(point).all():
            break
        places.append(point)
    return places


def _index_of_place(trials: Sequence[Trial], outcomes: Sequence[Outcome]) -> int | None:
    """Which entry of the tuples that came back is the place, if all else in them is a history.

    One trial may not tell: after one step from a pair of numbers, the values before and after it
    are a pair, too. Only the place has as many numbers as the start in all of them.
    """
    came = [(t, o.value) for t, o in zip(trials, outcomes, strict=True) if isinstance(o, Returned)]
    lengths = {len(v.items) if v.kind == "sequence" else 0 for _, v in came}
    (length,) = lengths if len(lengths) == 1 else (0,)
    if not 2 <= length <= BESIDE:
        return None

    def is_place(k: int) -> bool:
        read = [(read_numbers(v.items[k]), t.start.size) for t, v in came]
        return all(isinstance(p, np.ndarray) and p.size == size for p, size in read)

    def all_of(kind: Callable[[Value], bool], k: int) -> bool:
        return all(kind(v.items[k]) for _, v in came)

    places = [k for k in range(length) if is_place(k)]
    others = [k for k in range(length) if k not in places and not all_of(_is_count, k)]
    kept = bool(others) and all(all_of(_is_history, k) for k in others)
    return places[0] if len(places) == 1 and kept else None


def _is_history(item: Value) -> bool:
    """Whether it may hold one thing a step: values, step sizes, slopes, places."""
    listed = item.kind in ("sequence", "mapping")
    return listed or (item.numbers is not None and item.numbers.ndim > 0)


def _with_count(value: Value, size: int) -> tuple[np.ndarray | None, str]:
    """The place in a tuple of it, a count of steps and perhaps a history; and what is beside it."""
    if value.kind != "sequence" or not 2 <= value.length <= BESIDE or value.type == "list":
        return None, ""
    places, counts = [], 0
    for item in value.items:
        point = read_point(item, size)
        if _is_count(item):
            counts += 1
        elif isinstance(point, np.ndarray):
            places.append(point)
        elif item.kind not in ("mapping", "sequence") and read_path(item, size) is None:
            return None, ""
    return (places[0], "a count") if len(places) == 1 and counts else (None, "")


def _is_count(value: Value) -> bool:
    whole = value.type == "int" or value.dtype.startswith(("int", "uint"))
    return whole and value.numbers is not None and value.numbers.size == 1


def _precision(outcome: Outcome) -> str:
    """The dtype of what was returned."""
    if not isinstance(outcome, Returned):
        return ""
    return outcome.value.dtype or next((i.dtype for i in outcome.value.items if i.dtype), "")
