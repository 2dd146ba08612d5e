"""A minimum along one axis: the place, and which coordinate was moved."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .base import Check, arrival, right, wrong
from .evidence import PlaceEvidence
from .landscape import REACH, Landscape
from .minimum import read_place
from .place import NAMES, judge_place
from .questions import Reply
from .reading import read_label
from .replays import along_the_rail, shown_moving
from .scenery import map_around
from .shapes import Point
from .verdict import Verdict
from .wording import name_value, place

__all__ = ["AxisMinimum"]


@dataclass(frozen=True)
class AxisMinimum(Check):
    """`answer` is a place, and a minimum of `of` along the coordinate that `axis` names.

    The other coordinates are held wherever the student chose. The mark is for the place: the label
    only says how to read it, so it earns what the place earns, and if it is wrong it is told so.
    """

    answer: str
    axis: str
    of: Any
    within: float | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        """The place and the label."""
        return (self.answer, self.axis)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the label may be."""
        return tuple(NAMES[: len(self._along)])

    @functools.cached_property
    def _along(self) -> list[Landscape]:
        """The landscape with only the k-th coordinate free, for each k."""
        whole = Landscape(self.of)
        whole.refuse_constant(self.answer)
        size = whole.layout.size
        return [Landscape(self.of, free=[k]) for k in range(size)]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """The verdict on the place, and the verdict on the label."""
        taken = {*taken, *self.given, *self.answers}
        label = self._label(replies[1], taken)
        u = read_place(self.answer, replies[0], taken, len(self._along))
        if isinstance(u, Verdict):
            point, good = u, []
        else:
            each = [judge_place(self.answer, along, u, self.within) for along in self._along]
            good = [k for k, v in enumerate(each) if v.right]
            point = self._on_its_rail(u, self._point(u, each, good, label))
        return [point, self._verdict_on_label(label, u, good)]

    def _label(self, reply: Reply, taken: Collection[str]) -> int | Verdict:
        """Which coordinate the label names."""
        value = arrival(self.axis, reply, taken, function=False)
        if isinstance(value, Verdict):
            return value
        label = read_label(value, self.labels)
        if label is not None:
            return self.labels.index(label)
        known = ", ".join(f'"{name}"' for name in self.labels)
        what = f"`{self.axis}`, {name_value(value)},"
        return wrong(self.axis, "unknown_label", what=what, labels=known)

    def _point(
        self, u: Point, each: list[Verdict], good: list[int], label: int | Verdict
    ) -> Verdict:
        if good:
            best = each[label] if label in good else each[good[0]]
            along = NAMES[label if label in good else good[0]]
            fact = f"`{self.answer}` = {place(u)} is a minimum along {along}."
            return right(self.answer, fact, rows=best.rows, evidence=best.evidence)
        if isinstance(label, int):
            return each[label]
        # without a label, speak of the axis along which it is nearest to being flat
        slopes = [abs(v.rows[0].yours[0]) if v.rows and v.rows[0].yours else np.inf for v in each]
        return each[int(np.argmin(slopes))]

    def _on_its_rail(self, u: Point, verdict: Verdict) -> Verdict:
        """With the map, on which the place walks along one coordinate alone."""
        evidence = verdict.evidence
        if not isinstance(evidence, PlaceEvidence) or len(u) != 2 or evidence.curve is None:
            return verdict
        along = self._along[evidence.axis]
        ground = map_around(along.reference, u)
        if ground is None:
            return verdict
        if verdict.misconception == "maximum_found":
            verdict = shown_moving(verdict, along, None, REACH)
        elif along.reference.traceable:
            walks = along_the_rail(along, u, right=verdict.right)
            verdict = replace(verdict, evidence=replace(evidence, replays=walks))
        assert isinstance(verdict.evidence, PlaceEvidence)
        return replace(verdict, evidence=replace(verdict.evidence, surface=ground))

    def _verdict_on_label(
        self, label: int | Verdict, u: Point | Verdict, good: list[int]
    ) -> Verdict:
        if isinstance(u, Verdict) or not good:
            if isinstance(label, Verdict):
                return label
            return wrong(self.axis, "waits_for_point", other=self.answer)
        if label in good:
            fact = f"`{self.axis}` is right: along {NAMES[label]}."
            return right(self.axis, fact)
        if isinstance(label, int):
            label = wrong(
                self.axis,
                "wrong_axis_label",
                place=place(u),
                right_axis=NAMES[good[0]],
                given_axis=NAMES[label],
            )
        free = "The points are for the place, so this costs none."
        return replace(label, outcome="partly", share=1.0, fact=f"{label.fact} {free}")
