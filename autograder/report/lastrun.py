"""What `autograder grade` left of its last run, if it did; read with care, since it may be odd."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from ..isolation import Isolation
from ..marking.last_run import record_of
from .data import Run

__all__ = ["read_last_run"]


def read_last_run(path: Path) -> tuple[Run | None, dict[str, str]]:
    """The last run, and why some students could not be marked in it; (None, {}) if unknown."""
    raw = record_of(path)
    try:
        return _run(raw), raw["faults"]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None, {}


def _run(raw: dict[str, Any]) -> Run:
    parts: defaultdict[str, float] = defaultdict(float)
    for about in raw["submissions"].values():
        for part, seconds in about["parts"].items():
            parts[str(part)] += float(seconds)
    return Run(
        began=str(raw["began"]),
        seconds=float(raw["seconds"]),
        workers=int(raw["workers"]),
        isolation=Isolation.of(raw) or Isolation.SANDBOXED,
        way=str(raw["way"]),
        marked=int(raw["marked"]),
        reused=int(raw["reused"]),
        unchanged=int(raw["unchanged"]),
        parts=dict(parts),
        submissions={str(s): float(a["seconds"]) for s, a in raw["submissions"].items()},
    )
