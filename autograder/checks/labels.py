"""Labels: a word for each place, computed from the sign of the curvature there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import CheckError
from .base import Check, arrival, right, wrong
from .evidence import LabelsEvidence
from .layout import find_layout, places_of
from .questions import Reply, Value
from .reading import read_label
from .reference import Reference
from .scenery import curve, rounded
from .verdict import Verdict
from .wording import name_value, number

__all__ = ["Curvature"]


@dataclass(frozen=True)
class Curvature(Check):
    """The answer is a dict: for each place of `at`, `positive` or `negative` by the sign of f″.

    Raises:
        CheckError: on making it, if the second derivative at a place is zero or not finite.
    """

    answer: str
    of: Any
    at: Any
    positive: str = "valley"
    negative: str = "hill"
    _reference: Reference = field(init=False, repr=False, compare=False)
    _expected: dict[float, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the labels, as the function stands now."""
        object.__setattr__(self, "at", places_of(self.of, self.at))
        reference = Reference(self.of, find_layout(self.of, self.at), order=2)
        places = np.asarray(self.at, dtype=np.float64)[:, None]
        bends = reference.derivative(places)[:, 0]
        if not np.isfinite([places[:, 0], bends]).all() or (bends == 0).any():
            raise CheckError(f"{self.answer}: the second derivative has no sign at some place.")
        words = {
            x: self.positive if b > 0 else self.negative
            for x, b in zip(self.at, bends, strict=True)
        }
        object.__setattr__(self, "_reference", reference)
        object.__setattr__(self, "_expected", words)

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict: every label must be right."""
        value = arrival(self.answer, replies[0], {*taken, *self.given}, function=False)
        if isinstance(value, Verdict):
            return [value]
        if value.kind != "mapping":
            return [wrong(self.answer, "wrong_kind", what=f"it is {name_value(value)}, not a dict")]
        found = {_key(k): v for k, v in zip(value.items[::2], value.items[1::2], strict=True)}
        if value.items and all(v.kind == "nothing" for v in value.items[1::2]):
            return [wrong(self.answer, "not_answered")]  # the dots that the cell came with
        labels: dict[float, str] = {}
        for x in self._expected:
            near = 1e-6 * max(1.0, abs(x))  # of a place that an author has in float32
            item = next((v for k, v in found.items() if k is not None and abs(k - x) < near), None)
            if item is None or item.kind == "nothing":
                return [wrong(self.answer, "label_missing", place=number(x))]
            label = read_label(item, (self.positive, self.negative))
            if label is None:
                came = name_value(item)
                labels_known = f'"{self.positive}", "{self.negative}"'
                return [
                    wrong(
                        self.answer,
                        "unknown_label",
                        what=came[0].upper() + came[1:],
                        labels=labels_known,
                    )
                ]
            labels[x] = label
        missed = [x for x, word in self._expected.items() if labels[x] != word]
        evidence = self._evidence(labels)
        if not missed:
            fact = f"`{self.answer}`: all {len(labels)} labels are right."
            return [right(self.answer, fact, evidence=evidence)]
        if len(missed) == len(labels) > 1:
            return [wrong(self.answer, "labels_inverted", evidence=evidence)]
        where = number(missed[0])
        return [wrong(self.answer, "wrong_label", place=where, evidence=evidence)]

    def _evidence(self, labels: dict[float, str]) -> LabelsEvidence:
        places = np.asarray(list(labels), dtype=np.float64)
        room = 0.15 * float(np.ptp(places)) + 0.5
        low, high = float(np.min(places)) - room, float(np.max(places)) + room
        return LabelsEvidence(
            places=tuple(map(float, labels)),
            labels=tuple(labels.values()),
            bends=tuple(1 if word == self.positive else -1 for word in labels.values()),
            right=tuple(labels[x] == word for x, word in self._expected.items()),
            heights=rounded(self._reference.value(places[:, None])),
            curve=curve(self._reference, low, high),
        )


def _key(value: Value) -> float | None:
    """A key as a number: 3.0, 3 and "3.0" are the same place."""
    if value.numbers is not None and value.numbers.size == 1:
        return float(value.numbers.reshape(()))
    try:
        return float(value.text) if value.kind == "text" else None
    except ValueError:
        return None
