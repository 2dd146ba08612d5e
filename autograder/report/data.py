"""A class as the report sees it: frozen records, of which everything else is made."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..checks.verdict import Verdict
from ..isolation import Isolation

__all__ = [
    "FAULTS",
    "NO_MISTAKES",
    "OUTCOMES",
    "Answer",
    "ClassData",
    "Exercise",
    "Fault",
    "Lesson",
    "Mark",
    "Outcome",
    "Paper",
    "Run",
    "State",
]

Outcome = Literal["right", "partly", "wrong", "unanswered", "unjudged"]
OUTCOMES: tuple[Outcome, ...] = ("right", "partly", "wrong", "unanswered", "unjudged")

State = Literal["marked", "not marked", "missing"]

# Reasons for a verdict that say nothing about what its author thinks.
NO_MISTAKES = frozenset({"not_answered", "unreadable", "ended", "lacking"})

FAULTS = {
    "not marked": "could not be marked; marks from before, if any, still stand",
    "interrupted": "marking was interrupted here, or is still at it: mark again",
    "unreadable": "the file holds no notebook that can be read",
    "lacking": "marking lacks what the code needs: add it, then `autograder grade` again",
    "unclear": "a person is to read what was handed in and give the points",
    "never returned": "an answer had not returned when its time was over",
    "stopped": "a cell was stopped when its time was over",
    "killed": "a cell ended its kernel and was left out",
    "cut short": "the rest of the notebook was not run",
    "no copy": "the gradebook has marks, but there is no autograded copy that can be read",
    "no record": "the autograded copy has a record that cannot be read",
    "disagreement": "gradebook and autograded copy have different marks: mark again",
    "mended": "something was mended before marking",
}
"""The kinds of fault that a person should look at, each in words; the gravest first."""


@dataclass(frozen=True)
class Exercise:
    """One graded cell of the assignment.

    Attributes:
        notebook: the name of its notebook.
        cell: its `grade_id`.
        points: the most that it can earn.
        by_hand: whether a person reads the answer.
    """

    notebook: str
    cell: str
    points: float
    by_hand: bool

    @property
    def name(self) -> str:
        """The exercise's id."""
        return self.cell.removesuffix("_check")


@dataclass(frozen=True)
class Answer:
    """What marking concluded about one answer; see `autograder.checks.verdict.Verdict`."""

    name: str
    outcome: str
    share: float
    misconception: str | None
    fact: str


@dataclass(frozen=True)
class Mark:
    """What one exercise of one submission came to.

    Attributes:
        exercise: which.
        score: the points that the gradebook counts.
        outcome: "unjudged" where a person has yet to look; else what the record says, or, where a
            person overruled it or there is none, what the score says.
        answers: from the record; empty where there is none.
        overruled: whether the score is a person's, and not what the machine gave.
        isolation: how the submission was kept from the machine; None where there is no record.
    """

    exercise: Exercise
    score: float
    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    overruled: bool = False
    isolation: Isolation | None = None

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The misconceptions recognised here, each once, in the order of the answers.

        None where a person found the answer right all the same.
        """
        if self.overruled and self.outcome == "right":
            return ()
        names = (a.misconception for a in self.answers)
        return tuple(dict.fromkeys(n for n in names if n and n not in NO_MISTAKES))

    @property
    def unnamed(self) -> bool:
        """Whether an answer is off for a reason that has no name."""
        if self.overruled and self.outcome == "right":
            return False
        return any(a.outcome in ("wrong", "partly") and not a.misconception for a in self.answers)


@dataclass(frozen=True)
class Paper:
    """What one student handed in, or did not.

    Attributes:
        student: the id.
        name: first and last name as the gradebook has them, or "".
        state: "marked", "not marked" (handed in) or "missing".
        came: when it was handed in, UTC, if that is known.
        late: by how many seconds.
        unchanged_since: when the very same work was handed in before that, UTC.
        penalty: points taken off for it.
        marks: one an exercise, in the order of the exercises; empty unless marked.
        not_handed_in: notebooks of the assignment that are not in the submission.
        pages: from notebook to its feedback page, relative to the course directory.
    """

    student: str
    name: str = ""
    state: State = "missing"
    came: datetime.datetime | None = None
    late: float = 0.0
    unchanged_since: datetime.datetime | None = None
    penalty: float = 0.0
    marks: tuple[Mark, ...] = ()
    not_handed_in: tuple[str, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> float:
        """The points before anything is taken off."""
        return sum(mark.score for mark in self.marks)

    @property
    def score(self) -> float:
        """The points as `nbgrader export` counts them."""
        return max(0.0, self.raw - self.penalty)


@dataclass(frozen=True)
class Fault:
    """Something that a person should look at.

    Attributes:
        student: whose submission.
        notebook: which, or "" for all of it.
        kind: one of `FAULTS`.
        detail: more words, or "". They may hold what students wrote.
    """

    student: str
    notebook: str
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Lesson:
    """A mistake that cost the class much, with an example of nobody in particular.

    Attributes:
        name: the misconception's id.
        points: lost by it, over all students.
        students: how many show it.
        exercises: where, the one that lost most by it first.
        example: somebody's verdict from there, or None where no copy can be read.
    """

    name: str
    points: float
    students: int
    exercises: tuple[Exercise, ...]
    example: Verdict | None


@dataclass(frozen=True)
class Run:
    """What the last `autograder grade` left behind.

    Attributes:
        began: when, as ISO 8601 text, UTC.
        seconds: how long it took.
        workers: how many submissions were marked at once.
        isolation: how submissions were kept from the machine.
        way: how kernels were started.
        marked: submissions that were marked, the reused among them.
        reused: submissions whose results were known.
        unchanged: submissions that were left as they were.
        parts: seconds by part, over all submissions.
        submissions: seconds by student.
    """

    began: str
    seconds: float
    workers: int
    isolation: Isolation
    way: str
    marked: int
    reused: int
    unchanged: int
    parts: Mapping[str, float]
    submissions: Mapping[str, float]


@dataclass(frozen=True)
class ClassData:
    """A class and one assignment.

    Attributes:
        assignment: its name.
        made: when this was read, UTC.
        due: when the assignment was due, UTC, if it was.
        exercises: in the order of the notebooks.
        papers: one a student, in the order of their ids.
        faults: the gravest first.
        run: the last run of `autograder grade`, or None.
        lessons: what to teach next, the dearest mistake first.
        anonymous: whether students go by pseudonyms.
    """

    assignment: str
    made: datetime.datetime
    due: datetime.datetime | None
    exercises: tuple[Exercise, ...]
    papers: tuple[Paper, ...]
    faults: tuple[Fault, ...]
    run: Run | None
    lessons: tuple[Lesson, ...] = ()
    anonymous: bool = False

    @property
    def points(self) -> float:
        """The most that can be earned."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def marked(self) -> tuple[Paper, ...]:
        """The papers that have been marked."""
        return tuple(paper for paper in self.papers if paper.state == "marked")
