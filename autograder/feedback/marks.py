"""The sign, word and colour of each outcome: never colour alone.

Colours are those of the Okabe-Ito palette, darkened where text is set in them (contrast of at least
4.5 to 1 on white).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..checks.verdict import Verdict

__all__ = ["MARKS", "Mark", "headline"]


class Mark(NamedTuple):
    """How an outcome is shown."""

    sign: str
    word: str
    colour: str  # of the border
    ink: str  # of the word


MARKS = {
    "right": Mark("✓", "right", "#009E73", "#00694D"),
    "partly": Mark("◐", "partly right", "#E69F00", "#7A5400"),
    "wrong": Mark("✗", "not right yet", "#D55E00", "#A34700"),
    "unjudged": Mark("?", "could not be judged", "#767676", "#5E5E5E"),
    # In practice only.
    "open": Mark("○", "not started", "#767676", "#5E5E5E"),
    "stale": Mark("!", "not what marking will see", "#E69F00", "#7A5400"),
}


def headline(verdicts: Sequence[Verdict]) -> str:
    """One line for several verdicts: "✗ dquartic: not right yet"."""
    return "; ".join(
        f"{MARKS[v.outcome].sign} {v.answer}: {MARKS[v.outcome].word}" for v in verdicts
    )
