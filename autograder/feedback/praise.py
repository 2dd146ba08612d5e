"""What a right answer shows that its student has learnt, in a line: by kind, not by exercise."""

from __future__ import annotations

from ..checks.evidence import (
    DerivativeEvidence,
    DescentEvidence,
    LabelsEvidence,
    MistakeEvidence,
    PlaceEvidence,
    StepEvidence,
)
from ..checks.verdict import Verdict

__all__ = ["praise"]


def praise(verdict: Verdict) -> str:
    """A sentence on a right answer, or "" where nothing is known that would be true of it."""
    if not verdict.right:
        return ""
    match verdict.evidence:
        case DerivativeEvidence(order=1, surface=None):
            return "You have turned a function into its slope, at any place."
        case DerivativeEvidence(order=2, surface=None):
            return "You have the slope of the slope: its sign tells a valley from a hill."
        case DerivativeEvidence(order=1, axes=(_, _)):
            return "You have one slope per coordinate: together they are the gradient."
        case DerivativeEvidence(order=1, axes=(_,)):
            return "You have moved one coordinate and held the other: a partial derivative."
        case PlaceEvidence(size=size, curve=curve) if size > 1 and curve is not None:
            return "You have gone downhill along one coordinate while the other was held."
        case PlaceEvidence() if any(
            words in verdict.fact for words in (" a corner", " all around")
        ):
            return "You have found it where no slope is zero: in a corner."
        case PlaceEvidence(size=1) if " a minimum" in verdict.fact:
            return "You have found ground that is level, and that rises to both sides."
        case PlaceEvidence() if " a maximum" in verdict.fact:
            return "You have found a top: level ground that falls to every side."
        case PlaceEvidence() if " a minimum" in verdict.fact:
            return "You have found ground that is level along every coordinate, and is no saddle."
        case DescentEvidence(trials) if any(walk.beta for walk in trials):
            return "You have a routine whose steps keep their momentum, which crosses long valleys."
        case DescentEvidence():
            return "You have a routine that walks down any function whose slope it is given."
        case StepEvidence():
            return "You have made descent diverge: each step overshoots by more than the last."
        case MistakeEvidence():
            return "You can tell from a walk what is wrong with its loop."
        case LabelsEvidence():
            return "You can tell from the sign of the second derivative how a curve bends."
    return ""
