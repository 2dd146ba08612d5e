"""Rows and copies put together: the exercises of the page, and what was written to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from ..errors import ReportError
from . import rows
from .copies import Question, Text, copy_of, question, read_copy
from .rows import Row

__all__ = ["Class", "Entry", "Exercise", "gather", "seen"]


@dataclass(frozen=True)
class Entry:
    """A text with its row.

    Attributes:
        number: its place in the exercise, from 1; it says nothing of whose it is.
        row: the gradebook's.
        text: what was written.
        same_as: the number of the first text with the same words, if that is another.
    """

    number: int
    row: Row
    text: Text
    same_as: int | None = None


@dataclass(frozen=True)
class Exercise:
    """An exercise that a person reads.

    Attributes:
        notebook: the name of its notebook.
        cell: the answer's `grade_id`.
        points: the most that it can earn.
        question: what it asks.
        entries: what was written, equal texts one below the other.
        blank: those who wrote nothing.
    """

    notebook: str
    cell: str
    points: float
    question: Question
    entries: Sequence[Entry]
    blank: Sequence[Row]


@dataclass(frozen=True)
class Class:
    """All that the page shows.

    Attributes:
        assignment: the assignment's name.
        exercises: in the order of notebooks and cells.
        without_copy: how many answers have no autograded copy that can be read.
        others: how many answers wait for a person that are not for a person to read.
    """

    assignment: str
    exercises: Sequence[Exercise]
    without_copy: int
    others: int


def seen(row: Row, text: Text) -> str:
    """What a grader had before their eyes: points are given to this, and to nothing else."""
    return f"{text.state}.{row.state}"


def gather(course: CourseDirectory, assignment: str) -> Class:
    """The texts of an assignment; nothing is written.

    Raises:
        ReportError: there is no gradebook, no such assignment, or nothing in it for a person.
        CourseError: the gradebook cannot be read.
    """
    with rows.opened(course.db_url, course.course_id) as gradebook:
        found = rows.read(gradebook, assignment)
        others = rows.others_waiting(gradebook, assignment)
    if not found:
        raise ReportError(
            f"No text of {assignment} has been marked: it has no exercise that a person reads, or "
            "`autograder grade` has not been at it yet."
        )
    copies: dict[Path, dict[str, Text]] = {}
    texts: dict[tuple[str, str], list[tuple[Row, Text]]] = defaultdict(list)
    without_copy = 0
    for row in found:
        path = copy_of(course, row)
        if path not in copies:
            copies[path] = read_copy(path)
        text = copies[path].get(row.cell)
        if text is None:
            without_copy += 1
        else:
            texts[row.notebook, row.cell].append((row, text))
    exercises = [_exercise(course, together) for together in texts.values()]
    exercises.sort(key=lambda e: (e.notebook, e.question.place, e.cell))
    return Class(assignment, exercises, without_copy, others)


def _exercise(course: CourseDirectory, together: Sequence[tuple[Row, Text]]) -> Exercise:
    # In the order of nbgrader's random ids, as in the formgrader: it says nothing of anybody.
    together = sorted(together, key=lambda pair: pair[0].grade)
    row = together[0][0]
    return Exercise(
        notebook=row.notebook,
        cell=row.cell,
        points=row.points,
        question=question(course, row),
        entries=_entries([pair for pair in together if not _is_blank(*pair)]),
        blank=[row for row, text in together if _is_blank(row, text)],
    )


def _is_blank(row: Row, text: Text) -> bool:
    """Whether nothing was written, and nobody has to look at that."""
    return not row.waits and (row.untouched or not text.words)


def _entries(together: Sequence[tuple[Row, Text]]) -> list[Entry]:
    groups: dict[str, list[tuple[Row, Text]]] = defaultdict(list)
    for row, text in together:
        groups[text.words].append((row, text))
    entries: list[Entry] = []
    # Whoever left nothing but blanks comes last.
    for _, group in sorted(groups.items(), key=lambda item: not item[0]):
        first = len(entries) + 1
        for place, (row, text) in enumerate(group):
            entries.append(Entry(first + place, row, text, first if place else None))
    return entries
