"""The same class under pseudonyms, so that a report can be shown in class."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import replace

from ..checks.verdict import Verdict
from .data import ClassData, Fault, Lesson, Mark, Paper, Run

__all__ = ["anonymous"]

_DAY = 24 * 60 * 60


def anonymous(data: ClassData) -> ClassData:
    """The class with pseudonyms, and without whatever else could tell who is who.

    Pseudonyms are drawn by lot for each report and kept nowhere, so nobody can work out from one
    report, or from two, whom they stand for. Gone are names, times, links, and words that students
    may have chosen: facts of verdicts, details of faults. Lateness is in whole days.
    """
    students = {paper.student for paper in data.papers} | {f.student for f in data.faults}
    if data.run is not None:
        students |= {*data.run.submissions}
    order = sorted(students)
    secrets.SystemRandom().shuffle(order)
    digits = len(str(len(order)))
    known = {student: f"Student {i:0{digits}d}" for i, student in enumerate(order, start=1)}
    papers = sorted((_paper(p, known) for p in data.papers), key=lambda p: p.student)
    faults = (Fault(known[f.student], f.notebook, f.kind) for f in data.faults)
    kinds = list(dict.fromkeys(f.kind for f in data.faults))
    return replace(
        data,
        papers=tuple(papers),
        faults=tuple(sorted(faults, key=lambda f: (kinds.index(f.kind), f.student, f.notebook))),
        run=_run(data.run, known) if data.run is not None else None,
        lessons=tuple(replace(one, example=_example(one)) for one in data.lessons),
        anonymous=True,
    )


def _paper(paper: Paper, known: Mapping[str, str]) -> Paper:
    return Paper(
        student=known[paper.student],
        state=paper.state,
        late=float(math.ceil(paper.late / _DAY) * _DAY),
        penalty=paper.penalty,
        marks=tuple(_mark(mark) for mark in paper.marks),
        not_handed_in=paper.not_handed_in,
    )


def _mark(mark: Mark) -> Mark:
    return replace(mark, answers=tuple(replace(answer, fact="") for answer in mark.answers))


def _example(lesson: Lesson) -> Verdict | None:
    """Its numbers, of which the picture is made, without its words."""
    found = lesson.example
    return replace(found, fact="", hint="") if found is not None else None


def _run(run: Run, known: Mapping[str, str]) -> Run:
    submissions = sorted((known[s], seconds) for s, seconds in run.submissions.items())
    return replace(run, submissions=dict(submissions), way=run.way.partition(":")[0])
