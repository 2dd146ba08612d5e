"""Hints to be opened by a click, one inside the other: a question, a trial of one's own, a section.

Most find a mistake by what was seen, so nothing else lies open. Who wants more opens a hint, and in
it the next; nobody counts. The solution is in none.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..checks.evidence import (
    DerivativeEvidence,
    DescentEvidence,
    LabelsEvidence,
    PlaceEvidence,
    StepEvidence,
)
from ..checks.misconceptions.catalogue import ARRIVAL
from ..checks.verdict import Verdict

__all__ = ["hints", "is_told_at_once"]

# Slips of the pen and of Python, which no section of a notebook treats: what to do is in the hint.
UNTREATED = frozenset(ARRIVAL) | {
    "ambiguous_name",
    "answer_not_named",
    "answer_not_run",
    "asks_for_input",
    "bracket_not_closed",
    "breakpoint_left",
    "caret_for_power",
    "copied_character",
    "copied_minus",
    "copied_operator",
    "copied_quotes",
    "copied_space",
    "keyword_as_name",
    "magic_not_first",
    "quote_not_closed",
    "raised",
    "superscript",
    "undefined_name",
}

# No riddles: what to do is told at once.
_NO_RIDDLE = frozenset({"not_answered", "answer_not_named", "answer_not_run"})


def is_told_at_once(verdict: Verdict) -> bool:
    """Whether what to do is no hint: of what is not begun, or not to be seen yet."""
    return verdict.outcome in ("unjudged", "open", "stale") or verdict.misconception in _NO_RIDDLE


def hints(verdict: Verdict, sections: Mapping[str, str]) -> list[tuple[str, str]]:
    """The hints on an answer that is not right, each to be opened in the one before.

    Each is what it is called, and its sentences.

    Args:
        verdict: on the answer.
        sections: the title of the section to read again, by answer, where that is known.
    """
    if verdict.right:
        return []
    found = [("a hint", verdict.hint)] if verdict.hint else []
    if verdict.misconception in UNTREATED:
        return found
    trial = _trial(verdict)
    section = sections.get(verdict.answer, "")
    where = (
        f"What you need is in the section “{section}”: read it again."
        if section
        else "What you need stands above this exercise: read again from the section's heading on."
    )
    more = [("another hint" if found else "a hint", trial)] if trial else []
    return [*found, *more, ("where to read", where)]


def _trial(verdict: Verdict) -> str:
    """What to try on paper; it holds of every mistake of its kind, or is not said."""
    if verdict.outcome != "wrong":  # an approximation is what it should be compared with
        return ""
    match verdict.evidence:
        case DerivativeEvidence(order=order) if verdict.rows and order <= 2:
            what = "function" if order == 1 else "first derivative"
            return (
                "Take one place from the numbers, and move one coordinate by 0.001. What the "
                f"{what} changes by, divided by 0.001, is nearly the slope that is wanted. Which "
                "part of yours gives something else?"
            )
        case PlaceEvidence(start=start, walk=walk) if start is not None and walk:
            return (
                "Do the first step on paper: *start − step size × slope at the start*. Print "
                "where your loop is after one step: is it there?"
            )
        case PlaceEvidence(slope=slope) if slope is not None and any(abs(s) > 0.01 for s in slope):
            return (
                "Compare the function at your place with its values a little to each side. Where "
                "is it lower?"
            )
        case DescentEvidence():
            return (
                "Take the first of the numbers, and do one step on paper: *start − step size × "
                "slope at the start*. What does your routine return for one step?"
            )
        case StepEvidence(step=step) if step > 0:
            return (
                "Do three steps on paper with your step size. Is each place farther from the "
                "minimum than the one before?"
            )
        case LabelsEvidence(right=right) if not all(right):
            return (
                "Take a label that is off, and work out the second derivative there. Is it "
                "positive or negative?"
            )
    return ""
