"""The numbers of a report: counts, shares, the spread of marks, and how exercises discriminate."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .data import OUTCOMES, ClassData, Exercise, Outcome

__all__ = [
    "UNNAMED",
    "ExerciseStatistics",
    "Histogram",
    "Mistake",
    "Spread",
    "exercise_statistics",
    "histogram",
    "item_rest_correlation",
    "mistakes",
    "spread",
]

UNNAMED = "unnamed"
"""Stands in a list of mistakes for those that are off for a reason without a name."""

_FEWEST = 3  # papers: through two points there is always a line
_MOST_BARS = 20
_WIDTHS = (1, 2, 5, 10, 20, 25, 50, 100)


@dataclass(frozen=True)
class ExerciseStatistics:
    """How a class did in one exercise.

    Attributes:
        exercise: which.
        counts: marked papers by outcome; every outcome has an entry.
        mean: share of the points that the judged papers earned on average, or None.
        discrimination: the item-rest correlation, or None where it is undefined.
    """

    exercise: Exercise
    counts: dict[Outcome, int]
    mean: float | None
    discrimination: float | None


@dataclass(frozen=True)
class Mistake:
    """One misconception in one exercise, and who shows it.

    Attributes:
        exercise: where.
        name: its id in the catalogue, or `UNNAMED`.
        students: ids, in the order of the papers.
    """

    exercise: Exercise
    name: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Spread:
    """The five numbers and the mean of marks."""

    lowest: float
    lower: float
    median: float
    upper: float
    highest: float
    mean: float


@dataclass(frozen=True)
class Histogram:
    """Marks by intervals: `counts[i]` from `edges[i]` up to, not including, `edges[i + 1]`.

    The last interval holds its upper end too.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def item_rest_correlation(item: Sequence[float], rest: Sequence[float]) -> float | None:
    """Pearson's correlation of an item's scores with those of the rest of the test.

    The rest leaves the item out, since a score correlates with a sum that it is part of.
    Source: Henrysson 1963, doi 10.1007/BF02289618.

    Returns:
        From -1 to 1, or None where it is undefined: with fewer than three papers, or where either
        has no variance.
    """
    x, y = np.asarray(item, float), np.asarray(rest, float)
    if x.size < _FEWEST:
        return None
    x, y = x - x.mean(), y - y.mean()
    # Sums of tenths differ by rounding alone: that is no variance.
    sizes = float(np.abs(np.asarray(item)).max()), float(np.abs(np.asarray(rest)).max())
    if any(np.abs(z).max() <= 1e-9 * max(size, 1.0) for z, size in zip((x, y), sizes, strict=True)):
        return None
    return float(np.clip(x @ y / math.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def exercise_statistics(data: ClassData) -> tuple[ExerciseStatistics, ...]:
    """One entry an exercise, over the marked papers."""
    found = []
    for place, exercise in enumerate(data.exercises):
        marks = [paper.marks[place] for paper in data.marked]
        counter = Counter(mark.outcome for mark in marks)
        counts: dict[Outcome, int] = {outcome: counter[outcome] for outcome in OUTCOMES}
        judged = [p for p in data.marked if p.marks[place].outcome != "unjudged"]
        scores = [paper.marks[place].score for paper in judged]
        rests = [paper.raw - score for paper, score in zip(judged, scores, strict=True)]
        share = float(np.mean(scores)) / exercise.points if scores and exercise.points else None
        found.append(
            ExerciseStatistics(exercise, counts, share, item_rest_correlation(scores, rests))
        )
    return tuple(found)


def mistakes(data: ClassData) -> tuple[Mistake, ...]:
    """Every misconception of every exercise; within an exercise the most frequent first.

    A student counts once for a mistake in an exercise, however many answers show it.
    """
    found: list[Mistake] = []
    for place, exercise in enumerate(data.exercises):
        students: defaultdict[str, list[str]] = defaultdict(list)
        for paper in data.marked:
            mark = paper.marks[place]
            for name in mark.mistakes:
                students[name].append(paper.student)
            if mark.unnamed:
                students[UNNAMED].append(paper.student)
        here = [Mistake(exercise, name, tuple(who)) for name, who in students.items()]
        found += sorted(here, key=lambda m: (m.name == UNNAMED, -len(m.students), m.name))
    return tuple(found)


def spread(scores: Sequence[float]) -> Spread | None:
    """The spread of marks; None without any."""
    if not scores:
        return None
    low, lower, median, upper, high = (
        float(x) for x in np.quantile(scores, (0, 0.25, 0.5, 0.75, 1))
    )
    return Spread(low, lower, median, upper, high, float(np.mean(scores)))


def histogram(scores: Sequence[float], points: float) -> Histogram:
    """Marks in intervals of a round width, from 0 to the most that can be earned, or was."""
    top = max([points, *scores], default=1.0) or 1.0
    width = next((w for w in _WIDTHS if top / w <= _MOST_BARS), math.ceil(top / _MOST_BARS))
    edges = [float(width * i) for i in range(math.ceil(top / width) + 1)]
    counts, _ = np.histogram(scores, edges)
    return Histogram(tuple(edges), tuple(int(n) for n in counts))
