"""What an answer earns that knows nothing: 0, 1 or a billion everywhere, or a label by chance.

All that it earns is truly right, so marking has no hole; the exercise has. The source notebook is
run as marking runs it, and its checks judge answers that are made up here: nothing of a student's
has a part in it, and so nothing needs the sandbox.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import RubricError
from .findings import Finding, fine, warning, wrong

__all__ = ["guesses"]

_CONSTANTS = {"0": 0.0, "1": 1.0, "1e9": 1e9}
_LARGEST_PLACE = 6  # as many coordinates as a check finds out by itself (checks/layout.py)
_MOST_LABELS = 64  # beyond, a label by chance is none
_CURE = (
    "ask about a function for which that is not the answer: move its minimum off 0, say, or ask "
    "for more labels; or leave it, if the points are few: it is no fault"
)


def guesses(source: Path) -> Iterator[Finding]:
    """For each assignment, which of its exercises give points for nothing.

    Args:
        source: the folder with a folder of notebooks for each assignment.
    """
    from ..marking.rubric import read_rubric

    for folder in sorted({path.parent for path in source.glob("*/*.ipynb")}):
        subject, earned, total = f"{folder.name}, guessed", 0.0, 0.0
        for path in sorted(folder.glob("*.ipynb")):
            try:
                rubric = read_rubric(path)
            except RubricError as error:
                yield wrong(subject, str(error).rstrip("."), f"mend {path}")
                continue
            total += rubric.points
            for exercise in rubric.exercises.values():
                found = {
                    guess: share * exercise.points for guess, share in _shares(exercise).items()
                }
                if not found:
                    continue
                best = max(found.values())
                earned += best
                says = ", ".join(f"{guess} earns {points:g}" for guess, points in found.items())
                says = f"{exercise.cell} of {path.stem}: {says} of {exercise.points:g} points"
                yield warning(subject, says, _CURE)
        if earned == 0 and total:
            yield fine(subject, f"0, 1, 1e9 and labels by chance earn nothing of {total:g} points")


def _shares(exercise: Any) -> dict[str, float]:
    """What each guess earns of an exercise's points, 0 to 1; without those that earn nothing."""
    from ..answers.local import judge

    earned: dict[str, float] = {}
    for check in exercise.checks:
        best: dict[str, float] = {}
        for guess, namespace in _answers(check):
            verdicts = judge(check, namespace, seed=0, taken=exercise.taken)
            share = sum(verdict.share for verdict in verdicts) / len(exercise.answers)
            best[guess] = max(best.get(guess, 0.0), share)
        for guess, share in best.items():
            earned[guess] = earned.get(guess, 0.0) + share
    return {guess: share for guess, share in earned.items() if share > 0}


def _answers(check: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Made-up answers to a check, by what they are called in a finding."""
    from ..checks.axis import AxisMinimum
    from ..checks.labels import Curvature

    if isinstance(check, Curvature):
        words = list(itertools.product((check.positive, check.negative), repeat=len(check.at)))
        if len(words) <= _MOST_LABELS:
            for each in words:
                answer = dict(zip(check.at, each, strict=True))
                yield f"one of {len(words)} ways to label", {check.answer: answer}
        return
    for name, constant in _CONSTANTS.items():
        for form in _forms(constant):
            if isinstance(check, AxisMinimum):
                for label in check.labels:
                    yield f"{name} everywhere", {check.answer: form, check.axis: label}
            else:
                yield f"{name} everywhere", dict.fromkeys(check.answers, form)


def _forms(constant: float) -> Iterator[Any]:
    """A number, a place, a function that returns it, whatever it is called with."""
    import numpy as np

    yield constant
    for size in range(2, _LARGEST_PLACE + 1):
        yield (constant,) * size
    yield lambda *arguments, **more: constant
    yield lambda *arguments, **more: np.full(np.shape(arguments[0]), constant)
    yield lambda *arguments, **more: (constant,) * len(arguments)
