"""Which mistake does a broken loop make? A label, found from the loop itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from .base import Check, arrival, right, wrong
from .evidence import MistakeEvidence
from .hunting import Routine, named_walk, scene_of, slip_of, walk_of
from .misconceptions.slips import SLIPS, Slip
from .questions import Reply
from .reading import read_label
from .scenery import rounded
from .trials import Trial
from .verdict import Verdict
from .wording import name_value, place

__all__ = ["NamedMistake"]


@dataclass(frozen=True)
class NamedMistake(Check):
    """The answer is the label (`misconceptions.slips`) of the mistake that a broken loop makes.

    Args:
        loop: a routine (df, start, step_size, num_steps) that returns a place.

    Raises:
        CheckError: on making it, if the loop makes no mistake, or none that has a label.
    """

    answer: str
    loop: Routine = field(compare=False)  # not `of`: a routine has no slope to be asked for
    _slip: Slip = field(init=False, repr=False)
    _scene: Trial = field(init=False, repr=False, compare=False)
    _walk: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the mistake, and where it shows."""
        object.__setattr__(self, "_slip", slip_of(self.loop))
        object.__setattr__(self, "_scene", scene_of(self.loop))
        object.__setattr__(self, "_walk", walk_of(self.loop, self._scene))

    @property
    def given(self) -> tuple[str, ...]:
        """The broken loop."""
        return (getattr(self.loop, "__name__", ""),)

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict."""
        value = arrival(self.answer, replies[0], {*taken, *self.given}, function=False)
        if isinstance(value, Verdict):
            return [value]
        labels = [slip.label for slip in SLIPS]
        label = read_label(value, labels)
        if label is None:
            came = name_value(value)
            what = came[0].upper() + came[1:]
            known = ", ".join(f'"{known}"' for known in labels)
            return [wrong(self.answer, "unknown_label", what=what, labels=known)]
        if label == self._slip.label:
            fact = f"`{self.answer}`: “{label}” is the mistake of this loop."
            return [right(self.answer, fact, evidence=self._evidence(None))]
        other = next(slip for slip in SLIPS if slip.label == label)
        evidence = self._evidence(other)
        words = {
            "label": label,
            "looks": other.looks,
            "start": place(self._scene.start),
            "steps": self._scene.num_steps,
            "there": place(evidence.named[-1]),
            "here": place(evidence.walk[-1]),
        }
        return [wrong(self.answer, "another_mistake", **words, evidence=evidence)]

    def _evidence(self, other: Slip | None) -> MistakeEvidence:
        named = () if other is None else named_walk(other, self._scene)
        return MistakeEvidence(
            walk=tuple(map(rounded, self._walk)),
            named=tuple(map(rounded, named)),
            label=self._slip.label if other is None else other.label,
            bottom=rounded(np.ravel(self._scene.df.centre)),
        )
