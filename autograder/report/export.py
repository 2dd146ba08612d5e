"""The data of a report for programs: JSON with everything, CSV with a line for each mark.

The fields are described in docs/instructor.md; a change of their meaning changes `VERSION`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

from ..printable import for_spreadsheet
from .data import ClassData, Exercise, Mark, Paper
from .statistics import exercise_statistics, mistakes, spread

__all__ = ["COLUMNS", "VERSION", "as_csv", "as_json"]

VERSION = 2

COLUMNS = (
    "student",
    "state",
    "late_seconds",
    "notebook",
    "exercise",
    "points",
    "score",
    "outcome",
    "misconceptions",
    "by_hand",
    "overruled",
    "isolation",
)


def as_json(data: ClassData) -> str:
    """The report as a JSON object."""
    scores = spread([paper.score for paper in data.marked])
    content = {
        "version": VERSION,
        "assignment": data.assignment,
        "made": data.made.isoformat(),
        "due": data.due.isoformat() if data.due else None,
        "anonymous": data.anonymous,
        "points": data.points,
        "marks": dataclasses.asdict(scores) if scores else None,
        "exercises": [
            {
                **_exercise(s.exercise),
                "counts": s.counts,
                "mean_share": s.mean,
                "discrimination": s.discrimination,
            }
            for s in exercise_statistics(data)
        ],
        "mistakes": [
            {
                "notebook": m.exercise.notebook,
                "exercise": m.exercise.name,
                "misconception": m.name,
                "students": m.students,
            }
            for m in mistakes(data)
        ],
        "students": [_paper(paper) for paper in data.papers],
        "faults": [dataclasses.asdict(fault) for fault in data.faults],
        "last_run": dataclasses.asdict(data.run) if data.run else None,
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _exercise(exercise: Exercise) -> dict[str, Any]:
    return {
        "notebook": exercise.notebook,
        "exercise": exercise.name,
        "points": exercise.points,
        "by_hand": exercise.by_hand,
    }


def _paper(paper: Paper) -> dict[str, Any]:
    return {
        "student": paper.student,
        "name": paper.name,
        "state": paper.state,
        "came": paper.came.isoformat() if paper.came else None,
        "late_seconds": paper.late,
        "unchanged_since": paper.unchanged_since.isoformat() if paper.unchanged_since else None,
        "raw_score": paper.raw,
        "penalty": paper.penalty,
        "score": paper.score,
        "notebooks_not_handed_in": paper.not_handed_in,
        "feedback": dict(paper.pages),
        "marks": [_mark(mark) for mark in paper.marks],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "notebook": mark.exercise.notebook,
        "exercise": mark.exercise.name,
        "score": mark.score,
        "outcome": mark.outcome,
        "misconceptions": mark.mistakes,
        "overruled": mark.overruled,
        "isolation": mark.isolation,
        "answers": [dataclasses.asdict(answer) for answer in mark.answers],
    }


def as_csv(data: ClassData) -> str:
    """A line for each mark, and one for each student without any; see `COLUMNS`."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    for paper in data.papers:
        head = (paper.student, paper.state, f"{paper.late:g}")
        if not paper.marks:
            lines.writerow(map(for_spreadsheet, (*head, *[""] * (len(COLUMNS) - len(head)))))
        for mark in paper.marks:
            about = mark.exercise
            lines.writerow(
                for_spreadsheet(text)
                for text in (
                    *head,
                    about.notebook,
                    about.name,
                    f"{about.points:g}",
                    repr(mark.score),
                    mark.outcome,
                    " ".join(mark.mistakes),
                    _yes(about.by_hand),
                    _yes(mark.overruled),
                    mark.isolation or "",
                )
            )
    return out.getvalue()


def _yes(value: bool) -> str:
    return "yes" if value else "no"
