"""The report as one HTML page that needs nothing else: no network, no other file, no script even.

Whatever is not ours (ids, names, words of faults) is escaped by Jinja; nothing on the page was
written as HTML by anyone else. The page's own policy forbids it to load anything.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from ..checks.misconceptions.catalogue import CATALOGUE
from ..feedback.palette import TINTS, css_variables
from ..feedback.pictures import draw
from ..feedback.pictures.picture import Picture
from ..feedback.sentences import as_text
from ..feedback.templates import environment
from ..isolation import Isolation
from ..printable import printable
from .data import FAULTS, OUTCOMES, ClassData, Exercise, Fault, Paper
from .figures import COLOURS, WORDS, marks_picture, outcomes_picture
from .statistics import (
    UNNAMED,
    Mistake,
    exercise_statistics,
    histogram,
    mistakes,
    spread,
)

__all__ = ["render"]

_HERE = Path(__file__).parent
_SLOWEST = 10
_EXPOSED = {
    Isolation.UNSANDBOXED: "Student code could then read what the grader can read.",
    Isolation.LOCKED: (
        "Student code could then read and write nothing of the grader's, but see that it is there."
    ),
}
_SPARE = re.compile(r" ?\{(?:ask|way)\} ?")  # a sentence, or the end of one, that not all have
_PLACEHOLDER = re.compile(r"\{[^}]*\}")

PARTS = {
    "read": "reading submissions",
    "kernel": "starting and ending kernels",
    "cells": "running students' cells",
    "questions": "asking the answers",
    "judging": "judging the replies",
    "keep": "keeping the results",
}


def render(data: ClassData, course: str | os.PathLike[str], page: str | os.PathLike[str]) -> str:
    """The page.

    Args:
        data: the class.
        course: the course directory, from which the data's links go.
        page: where the page will be; its own links go from there.
    """
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    found, statistics = mistakes(data), exercise_statistics(data)
    scores = [paper.score for paper in data.marked]
    bars = histogram(scores, data.points)
    pages = environment(_HERE)
    pages.filters |= {
        "number": _number,
        "percent": _percent,
        "duration": _duration,
        "moment": _moment,
        "stamp": _stamp,
        "source": _source,
        "plain": lambda text: printable(as_text(text)),
    }
    return pages.get_template("page.html.jinja").render(
        data=data,
        style=css_variables() + (_HERE / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=digest,
        spread=spread(scores) if data.points or any(scores) else None,
        bars=bars,
        marks_picture=marks_picture(bars, data.points),
        outcomes_picture=outcomes_picture(statistics),
        statistics=statistics,
        outcomes=[(o, WORDS[o], COLOURS[o]) for o in OUTCOMES],
        lessons=[
            (lesson, draw(lesson.example) if lesson.example else None) for lesson in data.lessons
        ],
        mistake_map=_Map(found),
        by_exercise=_by_exercise(found),
        describe=_describe,
        link=_linker(data, course, page),
        late=[p for p in data.papers if p.late > 0],
        missing=[p for p in data.papers if p.state == "missing"],
        waiting=[p for p in data.papers if p.state == "not marked"],
        incomplete=[p for p in data.marked if p.not_handed_in],
        to_read=_to_read(data),
        faults=_fault_groups(data.faults),
        grave=sum(fault.kind != "mended" for fault in data.faults),
        fault_words=FAULTS,
        could=_EXPOSED,
        exposed=[(i, papers) for i in _EXPOSED if (papers := _marked(data, i))],
        parts=_parts(data),
        slowest=_slowest(data),
        has_pages=any(paper.pages for paper in data.papers),
    )


# ------------------------------------------------------------------------------------ the words


def _number(value: float) -> str:
    return f"{round(value, 2):g}".replace("-", "−")


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 60 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * 24 * 60 * 60:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"


def _moment(when: datetime.datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _stamp(text: str) -> str:
    """A time that came as text, which may be none."""
    try:
        return _moment(datetime.datetime.fromisoformat(text).astimezone(datetime.UTC))
    except (ValueError, OverflowError):
        return text


def _source(picture: Picture) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg).decode("ascii")


def _describe(name: str) -> dict[str, str]:
    """A mistake in words; those of the catalogue have gaps, which a check fills for one answer."""
    if name == UNNAMED:
        return {
            "title": "no known mistake",
            "seen": "Not right, for a reason that no hypothesis of the catalogue explains.",
            "hint": "",
        }
    entry = CATALOGUE.get(name)
    seen, hint = (entry.seen, entry.hint) if entry is not None else ("", "")
    texts = (as_text(_PLACEHOLDER.sub("…", _SPARE.sub("", text))) for text in (seen, hint))
    return {"title": name.replace("_", " "), **dict(zip(("seen", "hint"), texts, strict=True))}


# ------------------------------------------------------------------------------------ the links


def _linker(
    data: ClassData, course: str | os.PathLike[str], page: str | os.PathLike[str]
) -> Callable[[str, str], str]:
    """From a student and a notebook to the address of the feedback page, or "" without one."""
    start = os.path.dirname(os.path.abspath(page))
    pages: dict[tuple[str, str], str] = {}
    for paper in data.papers:
        for notebook, place in paper.pages.items():
            path = os.path.relpath(os.path.join(os.path.abspath(course), place), start)
            pages[paper.student, notebook] = quote(path.replace(os.sep, "/"))
    return lambda student, notebook: pages.get((student, notebook), "")


# ------------------------------------------------------------------------------------ the parts


class _Map:
    """The misconception map: a row a mistake, a column an exercise, in each field a count."""

    def __init__(self, found: tuple[Mistake, ...]) -> None:
        self._counts = {(m.name, m.exercise): len(m.students) for m in found}
        self.exercises = list(dict.fromkeys(m.exercise for m in found))
        totals: Counter[str] = Counter()
        for mistake in found:
            totals[mistake.name] += len(mistake.students)
        self.rows = sorted(totals, key=lambda n: (n == UNNAMED, -totals[n], n))
        self.totals = totals
        self._most = max(self._counts.values(), default=1)
        self._places = {exercise: i for i, exercise in enumerate(self.exercises)}

    def count(self, name: str, exercise: Exercise) -> int:
        return self._counts.get((name, exercise), 0)

    def tint(self, name: str, exercise: Exercise) -> int:
        part = self.count(name, exercise) / self._most
        return TINTS[min(int(part * len(TINTS)), len(TINTS) - 1)]

    def anchor(self, name: str, exercise: Exercise) -> str:
        return f"mistake-{self._places[exercise]}-{name}"


def _by_exercise(found: tuple[Mistake, ...]) -> list[tuple[Exercise, list[Mistake]]]:
    groups: defaultdict[Exercise, list[Mistake]] = defaultdict(list)
    for mistake in found:
        groups[mistake.exercise].append(mistake)
    return list(groups.items())


def _fault_groups(faults: tuple[Fault, ...]) -> list[tuple[str, list[Fault]]]:
    groups: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        groups[fault.kind].append(fault)
    return list(groups.items())


def _to_read(data: ClassData) -> dict[str, int]:
    """How many exercises of each student wait for a person."""
    waits = {p.student: sum(m.outcome == "unjudged" for m in p.marks) for p in data.marked}
    return {student: number for student, number in waits.items() if number}


def _marked(data: ClassData, isolation: Isolation) -> list[tuple[Paper, list[str]]]:
    """Who was marked in this way, and in which notebooks."""
    found = []
    for paper in data.marked:
        names = dict.fromkeys(m.exercise.notebook for m in paper.marks if m.isolation is isolation)
        if names:
            found.append((paper, list(names)))
    return found


def _parts(data: ClassData) -> list[tuple[str, float, float]]:
    """Where the time of marking went: words, seconds, share."""
    if data.run is None:
        return []
    whole = sum(data.run.parts.values()) or 1.0
    parts = sorted(data.run.parts.items(), key=lambda item: -item[1])
    return [(PARTS.get(name, name), seconds, seconds / whole) for name, seconds in parts]


def _slowest(data: ClassData) -> list[tuple[str, float]]:
    if data.run is None:
        return []
    return sorted(data.run.submissions.items(), key=lambda item: (-item[1], item[0]))[:_SLOWEST]
