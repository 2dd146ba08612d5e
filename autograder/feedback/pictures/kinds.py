"""Which kind of evidence is drawn by whom."""

from __future__ import annotations

from collections.abc import Callable

from ...checks.verdict import Verdict
from . import descent, labels, mistake, place, slopes, step
from .picture import Picture

__all__ = ["KINDS"]

KINDS: dict[str, Callable[[Verdict], Picture | None]] = {
    "derivative": slopes.draw,
    "place": place.draw,
    "descent": descent.draw,
    "step": step.draw,
    "labels": labels.draw,
    "mistake": mistake.draw,
}
