"""What to teach next: the mistakes that cost a class most, each with an example of somebody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..checks.verdict import Verdict
from .data import Exercise, Lesson, Mark, Paper

__all__ = ["MOST", "Cost", "costly", "lessons"]

MOST = 3  # what an hour has room for
_EXAMPLES = 5  # copies that are opened in search of one with a picture


@dataclass(frozen=True)
class Cost:
    """What a mistake took from a class.

    Attributes:
        name: the misconception's id.
        points: lost by it, over all students.
        students: ids of those who show it, each once, in the order of the papers.
        exercises: where, the one that lost most by it first.
    """

    name: str
    points: float
    students: tuple[str, ...]
    exercises: tuple[Exercise, ...]


def _lost(mark: Mark) -> dict[str, float]:
    """The points that each misconception took from one exercise of one student.

    What the exercise did not earn falls on the answers by what each did not; what has no name
    takes its part along.
    """
    missing = mark.exercise.points - mark.score
    short = [1 - answer.share for answer in mark.answers]
    if missing <= 0 or not sum(short) or mark.outcome in ("unjudged", "unanswered"):
        return {}
    found: defaultdict[str, float] = defaultdict(float)
    for answer, part in zip(mark.answers, short, strict=True):
        if answer.misconception in mark.mistakes:
            found[answer.misconception] += missing * part / sum(short)
    return found


def costly(papers: Sequence[Paper], most: int = MOST) -> tuple[Cost, ...]:
    """The mistakes that took most points, the dearest first."""
    points: defaultdict[str, defaultdict[Exercise, float]] = defaultdict(lambda: defaultdict(float))
    students: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for paper in papers:
        for mark in paper.marks:
            for name, lost in _lost(mark).items():
                points[name][mark.exercise] += lost
                students[name][paper.student] = None
    found = [
        Cost(
            name,
            sum(where.values()),
            tuple(students[name]),
            tuple(sorted(where, key=lambda e: (-where[e], e.notebook, e.name))),
        )
        for name, where in points.items()
    ]
    return tuple(sorted(found, key=lambda cost: (-cost.points, cost.name))[:most])


def lessons(
    papers: Sequence[Paper], verdict_of: Callable[[str, Exercise, str], Verdict | None]
) -> tuple[Lesson, ...]:
    """The costliest mistakes, each with somebody's verdict that shows it, one with evidence first.

    Args:
        papers: of all students.
        verdict_of: what a student's copy says of this misconception in this exercise.
    """
    found = []
    for cost in costly(papers):
        where = cost.exercises[0]
        showing = [
            paper.student
            for paper in papers
            for mark in paper.marks
            if mark.exercise == where and cost.name in mark.mistakes
        ]
        examples = [v for s in showing[:_EXAMPLES] if (v := verdict_of(s, where, cost.name))]
        example = next((v for v in examples if v.evidence), examples[0] if examples else None)
        found.append(Lesson(cost.name, cost.points, len(cost.students), cost.exercises, example))
    return tuple(found)
