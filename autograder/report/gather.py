"""Gradebook, autograded copies and the last run, put together."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Mapping
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from ..access import require_readable
from ..checks.verdict import Verdict
from ..marking.journal import Journal, Marked
from ..marking.last_run import LAST_RUN
from ..marking.results import state_folder
from ..marking.student import why_refused
from ..nbgrader.rights import folders_of
from .copies import Copy, Record, read_copy, read_verdict
from .data import FAULTS, ClassData, Exercise, Fault, Mark, Outcome, Paper
from .gradebook import Grade, Rows, Submitted, read_gradebook
from .lastrun import read_last_run
from .lessons import lessons

__all__ = ["gather"]

_NEAR = 1e-9


def gather(course: CourseDirectory, assignment: str) -> ClassData:
    """All that a report tells of one assignment; nothing is written.

    Raises:
        ReportError: there is no gradebook, or it has no such assignment.
        CourseError: the gradebook, or what was handed in and marked, cannot be read.
    """
    for step in (course.submitted_directory, course.autograded_directory):
        require_readable(*folders_of(course, step))
    rows = read_gradebook(course.db_url, assignment)
    state = state_folder(course.root, assignment)
    last_run, journal = state / LAST_RUN, Journal(course.root, assignment)
    run, unmarked = read_last_run(last_run)
    handed_in = _folders(course, assignment)
    faults = [
        Fault(student, "", "not marked", words)
        for student, words in unmarked.items()
        if not journal.marked_since(student, last_run)
    ]
    faults += (Fault(student, "", "interrupted") for student in _interrupted(state / "begun"))
    copies: dict[str, dict[str, Copy]] = {}
    for student, submitted in rows.submitted.items():
        if _is_marked(submitted):
            folder = Path(course.format_path(course.autograded_directory, student, assignment))
            copies[student] = {
                name: read_copy(folder / f"{name}.ipynb", student, name) for name in rows.notebooks
            }
            faults += (fault for copy in copies[student].values() for fault in copy.faults)
    exercises = _exercises(rows, copies)
    papers = []
    for student in sorted({*rows.students, *rows.submitted, *handed_in}):
        pages = _pages(course, assignment, student, rows.notebooks)
        name = rows.students.get(student, "")
        found = rows.submitted.get(student)
        if found is None or student not in copies:
            is_in = student in handed_in or found is not None
            papers.append(Paper(student, name, "not marked" if is_in else "missing", pages=pages))
            continue
        marks = tuple(_mark(e, found, copies[student]) for e in exercises)
        faults += _disagreements(student, exercises, found, copies[student])
        absent = tuple(n for n, copy in copies[student].items() if not copy.handed_in)
        late, penalty = _late(rows.due, found), found.penalty
        papers.append(
            Paper(
                student,
                name,
                "marked",
                found.came,
                late,
                _unchanged_since(journal.marked(student), found),
                penalty,
                marks,
                absent,
                pages,
            )
        )

    def verdict_of(student: str, exercise: Exercise, misconception: str) -> Verdict | None:
        folder = Path(course.format_path(course.autograded_directory, student, assignment))
        return read_verdict(folder / f"{exercise.notebook}.ipynb", exercise.cell, misconception)

    order = {kind: place for place, kind in enumerate(FAULTS)}
    return ClassData(
        assignment=assignment,
        made=datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None),
        due=rows.due,
        exercises=exercises,
        papers=tuple(papers),
        faults=tuple(sorted(faults, key=lambda f: (order[f.kind], f.student, f.notebook))),
        run=run,
        lessons=lessons(papers, verdict_of),
    )


def _is_marked(submitted: Submitted) -> bool:
    grades = submitted.grades.values()
    return any(g.auto is not None or g.manual is not None or g.waits for g in grades)


def _exercises(rows: Rows, copies: Mapping[str, Mapping[str, Copy]]) -> tuple[Exercise, ...]:
    """In the order of the longest copy of each notebook; the gradebook keeps none."""
    found: list[Exercise] = []
    for notebook in rows.notebooks:
        here = [cell for name, cell in rows.cells if name == notebook]
        orders = [of[notebook].order for of in copies.values()]
        order = max(orders, key=lambda cells: len({*cells} & {*here}), default=())
        place = {cell: number for number, cell in enumerate(order)}
        here.sort(key=lambda cell: (place.get(cell, math.inf), cell))
        found += (Exercise(notebook, cell, *rows.cells[notebook, cell]) for cell in here)
    return tuple(found)


def _mark(exercise: Exercise, submitted: Submitted, copies: Mapping[str, Copy]) -> Mark:
    key = exercise.notebook, exercise.cell
    grade = submitted.grades.get(key)
    copy = copies[exercise.notebook]
    record = copy.records.get(exercise.cell)
    if grade is None:  # the exercise is younger than the marking
        return Mark(exercise, 0.0, "unjudged")
    return Mark(
        exercise=exercise,
        score=grade.score,
        outcome=_outcome(exercise, grade, record, copy, key in submitted.untouched),
        answers=record.answers if record is not None else (),
        overruled=_overruled(grade),
        isolation=record.isolation if record is not None else None,
    )


def _overruled(grade: Grade) -> bool:
    """Whether a person changed what the machine gave; some only confirm it."""
    return None not in (grade.auto, grade.manual) and grade.auto != grade.manual


def _outcome(
    exercise: Exercise, grade: Grade, record: Record | None, copy: Copy, untouched: bool
) -> Outcome:
    if grade.waits or (grade.auto is None and grade.manual is None):
        return "unjudged"
    if grade.auto is not None and not _overruled(grade):
        if not copy.handed_in:
            return "unanswered"
        if record is not None:
            return _of_record(record)
    if untouched and grade.score <= _NEAR:
        return "unanswered"
    if grade.score >= exercise.points - _NEAR:
        return "right"
    return "partly" if grade.score > _NEAR else "wrong"


def _of_record(record: Record) -> Outcome:
    outcomes = {answer.outcome for answer in record.answers}
    if not outcomes or "unjudged" in outcomes:
        return "unjudged"
    if all(answer.misconception == "not_answered" for answer in record.answers):
        return "unanswered"
    if outcomes == {"right"}:
        return "right"
    return "wrong" if outcomes == {"wrong"} else "partly"


def _disagreements(
    student: str,
    exercises: tuple[Exercise, ...],
    submitted: Submitted,
    copies: Mapping[str, Copy],
) -> list[Fault]:
    """Where the machine's score in the gradebook is not the one in the copy."""
    faults = []
    for exercise in exercises:
        record = copies[exercise.notebook].records.get(exercise.cell)
        grade = submitted.grades.get((exercise.notebook, exercise.cell))
        if record is None or grade is None or grade.auto is None:
            continue
        if not math.isclose(record.score, grade.auto, abs_tol=_NEAR):
            words = (
                f"{exercise.name}: {grade.auto:g} in the gradebook, {record.score:g} in the copy"
            )
            faults.append(Fault(student, exercise.notebook, "disagreement", words))
    return faults


def _late(due: datetime.datetime | None, submitted: Submitted) -> float:
    if due is None or submitted.came is None:
        return 0.0
    grace = submitted.extension or datetime.timedelta()
    return max(0.0, (submitted.came - due - grace).total_seconds())


def _unchanged_since(marked: Marked, submitted: Submitted) -> datetime.datetime | None:
    """When the work that counts was first handed in, where it came once more later on."""
    try:
        first = datetime.datetime.fromisoformat(marked.since)
    except ValueError:
        return None
    if first.tzinfo is not None:
        first = first.astimezone(datetime.UTC).replace(tzinfo=None)
    return first if submitted.came is not None and first < submitted.came else None


def _interrupted(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    except OSError:
        return []


def _folders(course: CourseDirectory, assignment: str) -> set[str]:
    """The students who have a folder of this assignment among the submissions."""
    # Whatever the course's directory_structure is: the folder in which the students' differ.
    top = course.format_path(course.submitted_directory, "\0", assignment).split("\0")[0]
    try:
        names = os.listdir(top)
    except OSError:
        return set()
    # One that nobody can be called is not marked, but is not passed over either.
    return {
        ascii(name) if why_refused(name) else name
        for name in names
        if not name.startswith(".")
        and os.path.isdir(course.format_path(course.submitted_directory, name, assignment))
    }


def _pages(
    course: CourseDirectory, assignment: str, student: str, notebooks: tuple[str, ...]
) -> dict[str, str]:
    folder = course.format_path(course.feedback_directory, student, assignment)
    try:
        there = set(os.listdir(folder))
    except OSError:
        return {}
    place = os.path.relpath(folder, course.root)
    return {n: os.path.join(place, f"{n}.html") for n in notebooks if f"{n}.html" in there}
