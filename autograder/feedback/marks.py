"""The sign, word and colour of each outcome: never colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..checks.verdict import Outcome, Verdict
from .palette import COLOURS, INKS

__all__ = ["MARKS", "Mark", "headline"]


class Mark(NamedTuple):
    """How an outcome is shown."""

    sign: str
    word: str
    colour: str  # of the border
    ink: str  # of the word


_SIGNS: dict[Outcome, tuple[str, str]] = {
    "right": ("✓", "right"),
    "partly": ("◐", "partly right"),
    "wrong": ("✗", "not right yet"),
    "unjudged": ("?", "could not be judged"),
    # In practice only.
    "open": ("○", "not started"),
    "stale": ("!", "not what marking will see"),
}
MARKS: dict[str, Mark] = {
    outcome: Mark(sign, word, COLOURS[outcome], INKS[outcome])
    for outcome, (sign, word) in _SIGNS.items()
}


def headline(verdicts: Sequence[Verdict]) -> str:
    """One line for several verdicts: "✗ dquartic: not right yet"."""
    return "; ".join(
        f"{MARKS[v.outcome].sign} {v.answer}: {MARKS[v.outcome].word}" for v in verdicts
    )
