"""What a check said before the kernel was restarted, read from the notebook's file.

A card carries a stamp: an HTML comment with the outcome of each answer and the answer's version
(`runs.py`). After a restart the versions are worked out from the saved cells as marking will run
them. Where an answer comes out with the version that was stamped, the card still stands; where it
does not, or nobody can know, nothing is remembered.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..answers.source import sketch
from ..checks.verdict import Verdict
from .notebook import Cell, File
from .runs import Log, Run, Versions

__all__ = ["Standing", "remembered", "stamp"]

_VERSION = 1
_STAMP = re.compile(r"<!--autograder-stands:([A-Za-z0-9+/=]{1,20000})-->")
_NAME = re.compile(r"[\"']([^\W\d]\w*)[\"']")
_TOLD = ("right", "partly", "wrong")


class Standing(NamedTuple):
    """How an answer stood: a verdict's `outcome` and `share`."""

    outcome: str
    share: float


def stamp(verdicts: Sequence[Verdict], log: Log | None) -> str:
    """An HTML comment from which `remembered` reads these verdicts again; "" if it could not."""
    if log is None or log.current is None:
        return ""
    # An answer may be judged beside another, as a second minimum is: all that the cell names count.
    named = {*_NAME.findall(log.current.source), *(v.answer for v in verdicts)} & set(log.versions)
    told = {
        "version": _VERSION,
        "check": log.current.sketch.digest,
        "functions": sorted(log.callables),
        "made_from": {name: log.versions.of(name) for name in sorted(named)},
        "answers": {
            v.answer: [v.outcome, v.share]
            for v in verdicts
            if v.outcome in _TOLD and v.answer in named
        },
    }
    if not told["answers"]:
        return ""
    text = base64.b64encode(json.dumps(told).encode()).decode("ascii")
    made = f"<!--autograder-stands:{text}-->"
    return made if _STAMP.fullmatch(made) else ""


def remembered(file: File | None, log: Log | None) -> dict[str, Standing]:
    """How answers stood on the saved cards, as far as what they were made from is unchanged.

    Args:
        file: the notebook's; None where it was not found, of which nothing is known.
        log: of this session: an answer that it has set otherwise is not remembered.
    """
    found: dict[str, Standing] = {}
    if file is None:
        return found
    runs = [_as_it_stands(cell, file, log) for cell in file.cells]
    for index, cell in enumerate(file.cells):
        told = _read(cell)
        if told is None or told["check"] != runs[index].sketch.digest:
            continue
        versions = _after(runs[:index], file.cells, frozenset(map(str, told["functions"])))
        now = log.versions if log is not None else Versions()
        same = all(
            version == versions.of(name) and (name not in now or version == now.of(name))
            for name, version in told["made_from"].items()
        )
        for name, (outcome, share) in told["answers"].items() if same else ():
            if told["made_from"].get(name) and outcome in _TOLD and 0 <= share <= 1:
                found[name] = Standing(outcome, float(share))
    return found


def _read(cell: Cell) -> dict[str, Any] | None:
    """The stamp of a check's saved card; None where there is none that can be read."""
    stamps = _STAMP.findall(cell.shown) if cell.role == "check" else []
    try:
        told = json.loads(base64.b64decode(stamps[-1], validate=True)) if stamps else None
        if told is None or told["version"] != _VERSION:
            return None
        sound = (
            all(
                isinstance(o, str) and isinstance(s, int | float)
                for o, s in told["answers"].values()
            )
            and isinstance(told["functions"], list)
            and isinstance(told["made_from"], dict)
        )
        return told if sound and told["check"] else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _as_it_stands(cell: Cell, file: File, log: Log | None) -> Run:
    """A cell as a run: with its saved text, or a newer one of this session that is not saved."""
    source = cell.source
    for run in log.runs if log is not None and cell.cell_id else ():
        if run.cell == cell.cell_id and run.began > file.saved:
            source = run.source
    made = Run(0, cell.cell_id, source, 0.0, "unknown")
    made.bound = sketch(source).stores
    return made


def _after(runs: Sequence[Run], cells: Sequence[Cell], functions: frozenset[str]) -> Versions:
    """The versions of all names after these cells, run in their order."""
    versions = Versions()
    for run in _counting(runs, cells):
        versions.after(run, versions.read_by(run), functions & run.bound)
    return versions


def _counting(runs: Sequence[Run], cells: Sequence[Cell]) -> Iterator[Run]:
    for run, cell in zip(runs, cells, strict=False):
        if cell.role != "check" and run.sketch.sound and not run.sketch.asks:
            yield run
