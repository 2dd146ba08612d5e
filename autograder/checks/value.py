"""Any value: a number, several numbers, or a label, compared with what the author computes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, right, wrong
from .layout import is_number
from .questions import Reply, Value
from .reading import Problem, read_numbers
from .verdict import Verdict
from .wording import name_value, place

__all__ = ["ExactValue"]


@dataclass(frozen=True)
class ExactValue(Check):
    """The answer equals `expected`, which the author's line computes.

    Args:
        expected: a number, anything that NumPy makes an array of numbers, a truth value, or a text
            (compared without regard to case and outer blanks).
        within: largest difference of each number; by default 1e-4 of its size, which is what a
            short computation in float32 keeps, with 1e-6 for zeros.
    """

    answer: str
    expected: Any
    within: float | None = None

    def __post_init__(self) -> None:
        """Raise CheckError for what cannot be compared."""
        if isinstance(self.expected, str):
            return
        try:
            expected = np.asarray(self.expected, dtype=np.float64)
        except (TypeError, ValueError) as exc:
            raise CheckError(
                f"{self.answer}: {self.expected!r} is neither numbers nor a text."
            ) from exc
        if not np.isfinite(expected).all():
            raise CheckError(f"{self.answer}: the expected value is not finite.")
        distance = is_number(self.within) and 0 <= float(self.within or 0) < math.inf
        if self.within is not None and not distance:
            raise CheckError(f"{self.answer}: within={self.within!r} is no distance.")

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict: kind, then shape, then value."""
        value = arrival(self.answer, replies[0], taken, function=False)
        return [value if isinstance(value, Verdict) else self._judge(value)]

    def _judge(self, value: Value) -> Verdict:
        if isinstance(self.expected, str):
            if value.kind != "text":
                what = f"it is {name_value(value)}, not a text"
                return wrong(self.answer, "wrong_kind", what=what)
            if value.text.strip().casefold() == self.expected.strip().casefold():
                return right(self.answer)
            return wrong(self.answer, "different_value", what=repr(value.text[:40]))
        if np.ndim(self.expected) == 0 and np.asarray(self.expected).dtype == bool:
            if value.kind == "truth" and value.numbers is not None and value.numbers.size == 1:
                if bool(value.numbers.reshape(())) == bool(self.expected):
                    return right(self.answer)
                return wrong(self.answer, "different_value", what=name_value(value))
            what = f"it is {name_value(value)}, not True or False"
            return wrong(self.answer, "wrong_kind", what=what)
        if np.asarray(self.expected).dtype == bool:
            truths = _truths(value)
            if truths is None:
                what = f"it is {name_value(value)}, not a list of True and False"
                return wrong(self.answer, "wrong_kind", what=what)
            if truths == np.asarray(self.expected).ravel().tolist():
                return right(self.answer)
            return wrong(self.answer, "different_value", what=", ".join(map(str, truths)))
        found = read_numbers(value)
        if isinstance(found, Problem):
            return wrong(self.answer, found.misconception, what=found.fact.removeprefix("it is "))
        due = np.asarray(self.expected, dtype=np.float64).squeeze()
        if found.shape != due.shape:
            what = f"it has shape {found.shape} where {due.shape} is due"
            return wrong(self.answer, "wrong_shape", what=what)
        if not np.isfinite(found).all():
            return wrong(self.answer, "not_finite", what=place(found))
        # Room for what should be 0; beside a number that is tiny itself, for less than that.
        nothing = 1e-6 * min(1.0, 1e3 * float(np.abs(due).max())) if due.any() else 1e-6
        room = 1e-4 * np.abs(due) + nothing if self.within is None else self.within
        if (np.abs(found - due) <= room).all():
            return right(self.answer)
        return wrong(self.answer, "different_value", what=place(found))


def _truths(value: Value) -> list[bool] | None:
    """What of an array or a list is True, in order; None if anything in it is something else."""
    if value.kind == "truth" and value.numbers is not None:
        return [bool(x) for x in value.numbers.ravel()]
    if value.kind != "sequence" or len(value.items) != value.length:
        return None
    parts = [_truths(item) for item in value.items]
    return None if None in parts else [x for part in parts for x in part or ()]
