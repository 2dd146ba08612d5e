"""Derivatives and gradients: is this function the derivative of that one?"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, call_problem, wrong
from .carried import around, is_carried, is_trivial
from .evidence import DerivativeEvidence
from .inexact import may_be_inexact, recognise
from .layout import find_layout, places_of
from .misconceptions.derivative import (
    Hit,
    difference_not_divided,
    name_derivative,
    name_shape,
)
from .points import Places, draw_places
from .questions import Call, Look, Outcome, Question, Reply, Returned
from .reading import Problem, read_numbers, read_parts
from .reference import Reference
from .scenery import curve, rounded, surface
from .shapes import Entries, Mask, Points
from .tolerance import RELATIVE, derivative_tolerance
from .verdict import Row, Verdict
from .wording import (
    NOTHING,
    decimals,
    derivative,
    explain,
    name_value,
    number,
    place,
    significant_digits,
)

__all__ = ["Gradient"]


# Of the tolerance. What is nearer at the shown and fresh places is an exact derivative, rounded;
# whatever else there is, noise or a step, is farther off at some of them, and is asked more.
_CLEARLY = 0.25

# How far on either side of a shown place one looks for a kink, twice.
_BESIDE_KINK = (1e-8, 1e-6)

# They may also be how a difference with a step looks.
_VAGUE = ("constant_offset", "constant_factor")


# The types that keep two or three digits, with the part of a number that one rounding may change; a
# formula of some terms rounds some times.
_FEW_BITS = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
_ROUNDINGS = 8


def _few_bits(outcomes: Sequence[Outcome]) -> str:
    """The type with few digits that an answer returns, if it does; else ""."""
    for outcome in outcomes:
        if isinstance(outcome, Returned):
            for value in (outcome.value, *outcome.value.items):
                if value.dtype in _FEW_BITS:
                    return value.dtype
    return ""


def _proportional(student: Entries, truth: Entries) -> bool:
    """Whether the one is a multiple of the other, to float32."""
    ratio = (student * truth).sum() / (truth**2).sum()
    return bool((np.abs(student - ratio * truth) <= 1e-5 * np.abs(student).max()).all())


def _level(ref: Reference, points: Points) -> bool:
    """Whether a difference quotient, forward or central, is off by a constant: whatever its step.

    Its leading error is the step times the next derivative, or its square times the one after.
    """
    if ref.shape != () or ref.layout.size != 1:
        return False
    later = (ref.derivative(points, ref.order + k) for k in (1, 2))
    return any(bool(np.ptp(d) <= 1e-5 * np.abs(d).max()) for d in later)


@dataclass(frozen=True)
class Gradient(Check):
    """The answer is the derivative of `of`: of this order, in these arguments.

    Raises:
        CheckError: on making it, if `of`, `at` or `argnums` do not fit together; on asking, if
            there is no place where the derivative is finite.
    """

    answer: str
    of: Any
    at: Any = None
    order: int = 1
    argnums: int | tuple[int, ...] = 0
    domain: Any = None  # (low, high), of which an author is told here what is none
    follows: str | None = None
    carried: float = 0.0
    _reference: Reference = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bind the reference, as the function stands now."""
        if not (isinstance(self.order, int) and self.order >= 1):
            raise CheckError(f"{self.answer}: order={self.order!r} is not a positive whole number.")
        if self.domain is not None:
            try:
                low, high = map(float, self.domain)
            except (TypeError, ValueError):
                low = high = math.nan
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise CheckError(
                    f"{self.answer}: domain={self.domain!r} is no interval: two numbers, the lower "
                    "end first. All coordinates have the same."
                )
            object.__setattr__(self, "domain", (low, high))
        object.__setattr__(self, "at", places_of(self.of, self.at))
        layout = find_layout(self.of, self.at)
        for at in self.at or ():
            if not np.isfinite(layout.flatten(at)).all():
                raise CheckError(f"{self.answer}: at={at!r} is no place: it is not finite.")
        wanted = (self.argnums,) if isinstance(self.argnums, int) else tuple(self.argnums)
        known = range(len(layout.shapes))
        if not wanted or not all(isinstance(a, int) and a in known for a in wanted):
            raise CheckError(
                f"{self.answer}: argnums={self.argnums!r}, "
                f"but the function takes {len(layout.shapes)} argument(s)."
            )
        if self.follows is not None and (self.order < 2 or layout.size != 1):
            raise CheckError(
                f"{self.answer}: follows={self.follows!r} names what was differentiated to get a "
                "derivative of order 2 or more, of a function of one number; this is none."
            )
        if not 0 <= self.carried < 1:
            raise CheckError(f"{self.answer}: carried={self.carried!r} is no share below 1.")
        if self.carried and self.follows is None:
            raise CheckError(
                f"{self.answer}: carried={self.carried!r} is for an answer that follows from "
                "another: name that with follows=."
            )
        reference = Reference(self.of, layout, self.order, self.argnums)
        object.__setattr__(self, "_reference", reference)

    @property
    def _parts(self) -> list[tuple[int, ...]]:
        """The shape of the gradient with respect to each argument of `argnums`."""
        wanted = (self.argnums,) if isinstance(self.argnums, int) else self.argnums
        return [self._reference.layout.shapes[a] for a in wanted]

    # ------------------------------------------------------------------ asking

    @functools.cached_property
    def _shown(self) -> np.ndarray:
        layout = self._reference.layout
        rows = [layout.flatten(p) for p in self.at or ()]
        return np.stack(rows) if rows else np.zeros((0, layout.size))

    @functools.cached_property
    def _places(self) -> Callable[[int], Places]:
        """The places of a seed; those of the last one are kept from question to verdict."""

        @functools.lru_cache(maxsize=1)
        def draw(seed: int) -> Places:
            return draw_places(self._reference, self._shown, seed, self.domain)

        return draw

    @functools.cached_property
    def _truth(self) -> Callable[[int], tuple[Entries, Entries]]:
        """The derivative at all places of a seed, (p, m**order); and how far off is still right."""

        @functools.lru_cache(maxsize=1)
        def compute(seed: int) -> tuple[Entries, Entries]:
            points = self._places(seed).points
            truth = self._reference.derivative(points)
            self._refuse_no_derivative(truth)
            return truth, derivative_tolerance(self._reference, points, truth)

        return compute

    def _refuse_no_derivative(self, truth: Entries) -> None:
        """Raise CheckError where there is none at a place that the author shows."""
        due = truth[: len(self._shown)]
        sound = np.isfinite(due).all(axis=1)
        if not sound.all():
            sound |= np.isfinite(self._sides[0]).all(axis=1)  # at a kink JAX may have none
        for k in np.flatnonzero(~(sound & np.isfinite(self._heights))):
            raise CheckError(
                f"{self.answer}: at={place(self._shown[k])} is shown, where "
                f"{getattr(self.of, '__name__', 'the function')} is {self._heights[k]:.4g} and "
                f"JAX's derivative {place(due[k])}. Show places where it has one."
            )

    @functools.cached_property
    def _heights(self) -> np.ndarray:
        """The function at the shown places, (s,)."""
        if not len(self._shown):
            return np.zeros(0)
        return self._reference.value(self._shown)

    @functools.cached_property
    def _sides(self) -> tuple[Entries, Entries]:
        """At the shown places (s, n), the least and the largest derivative from either side.

        nan where they are no kink, and what is asked for has one value.
        """
        ref, shown = self._reference, self._shown
        size = math.prod(ref.shape)
        low = np.full((len(shown), size), np.nan)
        if not len(shown) or (size > 1 and self.order > 1):
            return low, low
        high = low.copy()
        for k, j in enumerate(ref.selected):
            unit = np.zeros(ref.layout.size)
            unit[j] = 1.0
            each = []
            for h in _BESIDE_KINK:
                step = h * (1 + np.abs(shown[:, j : j + 1])) * unit
                beside = ref.derivative(np.concatenate([shown - step, shown + step]))[:, k]
                each.append(beside.reshape(2, -1))
            near, far = each
            jump = np.abs(near[1] - near[0])
            # Of what is smooth the jump would be a hundredth, where the steps are.
            kink = (jump > 0.5 * np.abs(far[1] - far[0])) & (jump > 1e-4 * np.abs(near).max(axis=0))
            low[kink, k], high[kink, k] = near.min(axis=0)[kink], near.max(axis=0)[kink]
        return low, high

    def _compared(self, seed: int, student: Entries) -> tuple[Entries, Entries]:
        """The derivative at the places asked, (p, k), with the room around it.

        Where the author shows a kink there is none, and any slope between those of the two sides
        is as good as JAX's: there it is the student's.
        """
        truth, tol = (entries[: len(student)] for entries in self._truth(seed))
        shown = len(self._shown)
        at, due = student[:shown], truth[:shown]
        if (np.abs(at - due) <= tol[:shown]).all():
            return truth, tol
        low, high = self._sides
        room = RELATIVE * np.maximum(np.abs(low), np.abs(high))
        between = (low - room <= at) & (at <= high + room)
        truth = truth.copy()
        truth[:shown] = np.where(between, at, due)
        return truth, np.where(np.isfinite(tol), tol, 0.0)

    def questions(self, seed: int) -> list[Question]:
        """The answer at the shown places and at fresh ones."""
        places = self._places(seed)
        return [Look(self.answer), self._call(places.points[: places.first])]

    @np.errstate(all="ignore")  # as in `judge`: a student's session hears no warning
    def more(self, seed: int, replies: Sequence[Reply]) -> list[Question]:
        """Of numbers that are not clearly right: those beside, and what the answer follows from.

        Neighbours tell noise from a wrong formula; who is right has neither, and a mistake that has
        a name and is far too large for noise, a step or rounding is told without them.
        """
        places = self._places(seed)
        look, calls = replies
        if isinstance(arrival(self.answer, look, (), function=True), Verdict):
            return []
        outcomes = call_problem(self.answer, calls, called="", count=places.first)
        rows = outcomes if isinstance(outcomes, Verdict) else self._rows_of(outcomes)
        size = math.prod(self._reference.shape)
        if isinstance(rows, Verdict) or any(row.size != size for row in rows):
            return []
        student = np.stack([row.ravel() for row in rows])
        truth, tol = self._compared(seed, student)
        clearly = np.abs(student - truth) <= _CLEARLY * tol
        if not np.isfinite(student).all() or clearly.all():
            return []
        asked: list[Question] = []
        if self._told(seed, student) is None:
            asked.append(self._call(places.points[places.first :]))
        if self.follows is not None:
            asked.append(around(self.follows, places.points[places.generic]))
        return asked

    def _told(self, seed: int, student: Entries) -> Hit | None:
        """The mistake that the numbers at the shown and fresh places alone tell, if they do."""
        places = self._places(seed)
        truth, tol = self._compared(seed, student)
        if (np.abs(student - truth) <= tol).all() or may_be_inexact(student, truth):
            return None
        hit = name_derivative(self._reference, places.points[: places.first], student, truth, tol)
        return None if hit is None or hit[0] in _VAGUE else hit

    def _call(self, points: Points) -> Call:
        layout = self._reference.layout
        return Call(self.answer, tuple(layout.arguments(u) for u in points))

    def _called(self) -> str:
        shapes = self._reference.layout.shapes
        if shapes == ((),):
            return "one number"
        if all(s == () for s in shapes):
            return f"{len(shapes)} numbers"
        return " and ".join(
            "a number" if s == () else "one array of " + "×".join(map(str, s)) for s in shapes
        )

    @property
    def unasked(self) -> str:
        """Where the derivative is not finite, nothing is asked: how much that is, and where."""
        places = self._places(0)
        if not len(places.blind):
            return ""
        return (
            f"the derivative of {getattr(self.of, '__name__', 'the function')} is not finite at "
            f"{len(places.blind)} of {places.looked} places that were looked at, such as "
            f"{place(places.blind[0])}; {self.answer} is asked at the others only"
        )

    # ------------------------------------------------------------------ judging

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """Structure, then shape, then finiteness, then value; one verdict."""
        return [self._judge(seed, replies, taken)]

    def _judge(self, seed: int, replies: Sequence[Reply], taken: Collection[str]) -> Verdict:
        look, calls, *more = replies
        beside, earlier = (more, []) if self.follows is None else (more[:-1], more[-1:])
        arrived = arrival(self.answer, look, {*taken, *self.given}, function=True)
        if isinstance(arrived, Verdict):
            return arrived
        places = self._places(seed)
        count, called = places.first, self._called()
        outcomes = call_problem(self.answer, calls, called=called, count=count)
        if beside and not isinstance(outcomes, Verdict):
            count = len(places.points) - places.first
            others = call_problem(self.answer, beside[0], called=called, count=count)
            outcomes = others if isinstance(others, Verdict) else (*outcomes, *others)
        if isinstance(outcomes, Verdict):
            return outcomes
        rows = self._rows_of(outcomes)
        if isinstance(rows, Verdict):
            return rows
        return self._judge_numbers(seed, rows, outcomes, earlier)

    def _rows_of(self, outcomes: Sequence[Outcome]) -> Verdict | list[np.ndarray]:
        """The numbers of each call, or the verdict where there are none in one of them."""
        rows: list[np.ndarray] = []
        for outcome in outcomes:
            assert isinstance(outcome, Returned)  # call_problem has dealt with the others
            numbers = read_numbers(outcome.value)
            if isinstance(numbers, Problem) and not isinstance(self.argnums, int):
                parts = read_parts(outcome.value, self._parts)
                numbers = numbers if parts is None else parts
            if isinstance(numbers, Problem):
                if numbers.misconception == "not_answered":
                    return wrong(self.answer, "returns_nothing")
                came = name_value(outcome.value)
                verdict = wrong(self.answer, numbers.misconception, what=came)
                fact = f"`{self.answer}` returns {came}; the check cannot read numbers in that."
                return replace(verdict, fact=fact)
            rows.append(numbers)
        return rows

    def _judge_numbers(
        self,
        seed: int,
        rows: list[np.ndarray],
        outcomes: Sequence[Any],
        earlier: Sequence[Reply],
    ) -> Verdict:
        places = self._places(seed)
        ref, points = self._reference, places.points[: len(rows)]
        if any(r.shape != ref.shape for r in rows):
            transposed = len(ref.shape) == 1 and all(r.size == ref.shape[0] for r in rows)
            if not transposed:
                return self._wrong_shape(points, rows, outcomes)
        student = np.stack([r.ravel() for r in rows])
        if not np.isfinite(student).all():
            k = int(np.flatnonzero(~np.isfinite(student).all(axis=1))[0])
            what = f"at {place(points[k])} it gives {place(student[k])}"
            return wrong(self.answer, "not_finite", what=what)
        truth, tol = self._compared(seed, student)
        right = (np.abs(student - truth) <= tol).all(axis=1)
        evidence = self._evidence(places)
        table = self._rows(places, student, truth, right)
        if right.all():
            fact = f"`{self.answer}` is right at all {places.first} places tried."
            return Verdict(self.answer, "right", 1.0, fact, rows=table, evidence=evidence)
        told = None
        if len(rows) < len(places.points):
            told = self._told(seed, student)
            if told is None:  # nobody asked for `more`
                return wrong(self.answer, "garbled")
        seen = self._seen(places, student, truth, right)
        low = _few_bits(outcomes)
        if low and told is None and self._told(seed, student[: places.first]) is None:
            # Neither noise nor a formula that is right at some places: it cannot hold more digits.
            fact, hint = explain("low_precision", name=self.answer, dtype=low)
            room = tol + _ROUNDINGS * _FEW_BITS[low] * (np.abs(truth) + np.median(np.abs(truth)))
            near = bool((np.abs(student - truth) <= room).all())
            return Verdict(
                self.answer,
                "partly" if near else "wrong",
                0.5 if near else 0.0,
                f"{fact} {seen}",
                hint,
                "low_precision",
                table,
                evidence,
            )
        g = places.generic
        if any(is_carried(reply, student[g], truth[g]) for reply in earlier):
            share = 0.0 if is_trivial(student, truth) else self.carried
            fact, hint = explain("carried_forward", name=self.answer, earlier=self.follows)
            return Verdict(
                self.answer,
                "partly" if share else "wrong",
                share,
                f"{fact} {seen}",
                hint,
                "carried_forward",
                table,
                evidence,
            )
        return self._name(places, student, truth, tol, right, told, seen, table, evidence)

    def _name(
        self,
        places: Places,
        student: Entries,
        truth: Entries,
        tol: Entries,
        right: Mask,
        told: Hit | None,
        seen: str,
        table: tuple[Row, ...],
        evidence: DerivativeEvidence,
    ) -> Verdict:
        ref, points = self._reference, places.points[: len(student)]
        hit = told or name_derivative(ref, points, student, truth, tol)
        if hit is None or hit[0] in _VAGUE:
            near = recognise(ref, places, student, truth, tol)
            if near is not None and hit is not None and not near.near and _level(ref, points):
                near = None  # with some step, any constant that is off would be one
            # An exact factor is a factor; a difference that is not divided is only nearly one.
            exact = (
                hit is not None and hit[0] == "constant_factor" and _proportional(student, truth)
            )
            undivided = None if exact else difference_not_divided(ref, points, student, truth)
            if near is not None:
                counted = significant_digits if near.significant else decimals
                words = {
                    "step": near.step,
                    "decimals": counted(near.digits),
                    "quantity": self._quantity,
                }
                fact, hint = explain(near.kind, **words)
                outcome, share = ("partly", 0.5) if near.near else ("wrong", 0.0)
                return Verdict(
                    self.answer,
                    outcome,  # type: ignore[arg-type]
                    share,
                    f"{fact} {seen}",
                    hint,
                    near.kind,
                    table,
                    evidence,
                )
            hit = undivided or hit
        if hit is None and places.shown and right[: places.shown].all():
            hit = ("right_only_where_shown", {})
        if hit is None:
            hint = "Work out one of these places by hand and compare step by step."
            return Verdict(self.answer, "wrong", 0.0, seen, hint, None, table, evidence)
        words = {"name": self.answer, "quantity": self._quantity, **hit[1]}
        fact, hint = explain(hit[0], **words)
        return Verdict(self.answer, "wrong", 0.0, f"{fact} {seen}", hint, hit[0], table, evidence)

    def _wrong_shape(
        self, points: Points, rows: list[np.ndarray], outcomes: Sequence[Any]
    ) -> Verdict:
        hit = name_shape(self._reference, points, rows)
        due = self._reference.shape
        wanted = (
            "one number"
            if due == ()
            else (
                f"{due[0]} numbers" if len(due) == 1 else "a matrix of " + "×".join(map(str, due))
            )
        )
        # Of a matrix, the numbers in a row would look like a vector.
        flat = rows[0].ndim < 2
        came = name_value(outcomes[0].value) if flat else f"an array of shape {rows[0].shape}"
        what = f"at {place(points[0])} it gives {came} where {wanted} "
        what += "is expected" if wanted.startswith(("one", "a ")) else "are expected"
        if hit is None:
            return wrong(self.answer, "wrong_shape", what=what)
        fact, hint = explain(hit[0], **{"quantity": self._quantity, **hit[1]})
        return Verdict(
            self.answer, "wrong", 0.0, f"{fact} {what[0].upper()}{what[1:]}.", hint, hit[0]
        )

    # ------------------------------------------------------------------ evidence

    @property
    def _quantity(self) -> str:
        """What the answer should give: the name of it."""
        if self._reference.shape == ():
            return derivative(self.order)
        return "gradient" if self.order == 1 else "Hessian"

    def _seen(self, places: Places, student: Entries, truth: Entries, right: Mask) -> str:
        """The fact at the place that tells most: a fresh one with a large relative error."""
        error = np.abs(student - truth).max(axis=1)
        relative = error / (np.abs(truth).max(axis=1) + 1e-3 * np.abs(truth).max())
        order = [k for k in (*places.generic, *range(places.shown)) if not right[k]]
        # Digits enough to show the difference, and no more.
        k = max(order or np.flatnonzero(~right), key=lambda i: relative[i])
        digits = 4
        while digits < 9 and all(
            number(float(a), digits) == number(float(b), digits)
            for a, b in zip(student[k], truth[k], strict=True)
        ):
            digits += 1

        def show(row: np.ndarray) -> str:
            texts = [number(float(x), digits) for x in row[:6]]
            more = ", …" if row.size > 6 else ""
            return texts[0] if row.size == 1 else "(" + ", ".join(texts) + more + ")"

        letter = "x = " if self._reference.layout.size == 1 else ""
        return (
            f"At {letter}{self._where(places, int(k))} yours is {show(student[k])}, "
            f"the {self._quantity} is {show(truth[k])}."
        )

    @staticmethod
    def _where(places: Places, k: int) -> str:
        """A place in digits enough to tell it from others, in a narrow domain too."""
        asked, digits = places.points[: places.first], 4
        nothing = min(NOTHING, 1e-3 * float(np.abs(asked).max()))
        ends = asked.min(axis=0), asked.max(axis=0)
        while digits < 9 and place(ends[0], digits, nothing) == place(ends[1], digits, nothing):
            digits += 1
        return place(places.points[k], digits, nothing)

    def _rows(
        self, places: Places, student: Entries, truth: Entries, right: Mask
    ) -> tuple[Row, ...]:
        used = range(places.first)
        return tuple(
            Row(
                tuple(map(float, places.points[k])),
                tuple(map(float, student[k])),
                tuple(map(float, truth[k])),
                bool(right[k]),
            )
            for k in used
        )

    def _evidence(self, places: Places) -> DerivativeEvidence:
        """What a picture shows beside the rows: the curve whose slope is asked, or the surface.

        For the second derivative that curve is the first: its slope is what the answer gives.
        """
        ref, size = self._reference, self._reference.layout.size
        asked = places.points[: places.first]
        low, high = asked.min(axis=0), asked.max(axis=0)
        if size == 1:
            room = 0.12 * (high - low) + np.minimum(0.1, high - low)
            heights = ref.all_derivatives(asked, self.order - 1).reshape(len(asked))
            window = (float((low - room)[0]), float((high + room)[0]))
            drawn = curve(ref, *window, order=self.order - 1)
            return DerivativeEvidence(self.order, drawn, rounded(heights))
        if size == 2 and self.order == 1:
            spread = (high - low).max()
            room = 0.2 * spread + min(0.1, spread)  # for the arrows
            axes = tuple(int(k) for k in ref.selected)
            ground = surface(ref, low - room, high + room)
            return DerivativeEvidence(self.order, surface=ground, axes=axes)
        return DerivativeEvidence(self.order)
