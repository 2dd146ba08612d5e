"""What marking left in an autograded notebook: records, and signs of trouble.

Read as plain JSON: nbformat's validation would take longer than all else together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cells import nbgrader_of
from ..checks.verdict import Verdict
from ..isolation import Isolation
from ..marking.record import read_record
from ..marking.requests import asked
from .data import Answer, Fault

__all__ = ["Copy", "Record", "read_copy", "read_verdict"]

# What marking writes in place of a cell's outcome. A student's code can raise an error of that
# name: then a person looks in vain, and no mark is any different.
_TROUBLES = {"CellTimeoutError": "stopped", "KernelLost": "killed", "NotRun": "cut short"}
_NOT_A_COPY = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_MAX_NOTES = 3


@dataclass(frozen=True)
class Record:
    """What marking concluded in one test cell."""

    score: float
    answers: tuple[Answer, ...]
    isolation: Isolation | None


@dataclass(frozen=True)
class Copy:
    """One autograded notebook.

    Attributes:
        order: the graded cells, as they stand in the notebook.
        records: by test cell.
        handed_in: whether there was a notebook to mark.
        faults: what a person should look at.
    """

    order: tuple[str, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)
    handed_in: bool = True
    faults: tuple[Fault, ...] = ()


def read_copy(path: Path, student: str, notebook: str) -> Copy:
    """Read an autograded notebook; one that cannot be read is a fault."""
    try:
        raw = json.loads(path.read_bytes())
        cells = [cell for cell in raw["cells"] if isinstance(cell, dict)]
        about = raw.get("metadata", {}).get("autograder", {})
    except (OSError, *_NOT_A_COPY) as exc:
        return Copy(faults=(Fault(student, notebook, "no copy", type(exc).__name__),))
    order: list[str] = []
    records: dict[str, Record] = {}
    faults = list(_notes(about, student, notebook))
    for cell in cells:
        grade_id = _graded(cell)
        if grade_id is not None:
            order.append(grade_id)
            faults += (Fault(student, notebook, "lacking", reason) for reason in asked(cell))
        try:
            record = _record(cell)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            faults.append(Fault(student, notebook, "no record", f"{grade_id}: {exc}"))
            continue
        if record is None:
            faults += (Fault(student, notebook, kind) for kind in _troubles(cell))
        elif grade_id is not None:
            records[grade_id] = record
            late = [a.name for a in record.answers if a.misconception == "never_returns"]
            faults += (Fault(student, notebook, "never returned", name) for name in late)
    handed_in = not (about.get("unreadable") and not about.get("review"))
    return Copy(tuple(order), records, handed_in, tuple(dict.fromkeys(faults)))


def read_verdict(path: Path, grade_id: str, misconception: str) -> Verdict | None:
    """The whole verdict, evidence and all, that names a mistake in one test cell; None without."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        cell = next(c for c in cells if _graded(c) == grade_id)
        verdicts = (read_record(cell) or {})["verdicts"]
        return next(v for v in verdicts if v.misconception == misconception)
    except (OSError, StopIteration, *_NOT_A_COPY):
        return None


def _graded(cell: Mapping[str, Any]) -> str | None:
    about = nbgrader_of(cell)
    graded = about.get("grade") or about.get("task")
    return str(about["grade_id"]) if graded and "grade_id" in about else None


def _record(cell: Mapping[str, Any]) -> Record | None:
    if cell.get("cell_type") != "code":
        return None
    found = read_record(cell)
    if found is None:
        return None
    answers = tuple(
        Answer(v.answer, v.outcome, v.share, v.misconception, v.fact) for v in found["verdicts"]
    )
    return Record(float(found["score"]), answers, Isolation.of(found))


def _troubles(cell: Mapping[str, Any]) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        if output.get("output_type") == "error" and output.get("ename") in _TROUBLES:
            yield _TROUBLES[output["ename"]]


def _notes(about: Mapping[str, Any], student: str, notebook: str) -> Iterator[Fault]:
    if about.get("unreadable"):
        if about.get("review"):
            yield Fault(student, notebook, "unreadable", str(about["unreadable"]))
        return
    for reason in about.get("ask", {}).values():
        yield Fault(student, notebook, "unclear", str(reason))
    notes = [str(note) for note in about.get("notes", ())]
    if notes:
        more = f" (and {len(notes) - _MAX_NOTES} more)" if len(notes) > _MAX_NOTES else ""
        yield Fault(student, notebook, "mended", " ".join(notes[:_MAX_NOTES]) + more)
