"""The hint ladder: first the fact, then a question that leads on, then where to read again.

Who fails a check for the first time is told what was seen and nothing else: most find the mistake
by that. Each further failing run of the same check climbs a rung, and so does asking with
`hint=True`. The solution stands on no rung. Once the answer is right, or wrong in another way, the
ladder starts anew.

Elsewhere than in practice nobody can ask again: marking and `nbgrader validate` show the fact with
the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..checks.misconceptions.catalogue import ARRIVAL
from ..checks.verdict import Verdict
from .notebook import exercises

__all__ = ["climb"]

AGAIN = "Run this check once more for a question that may help."

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
_NO_LADDER = frozenset({"not_answered", "answer_not_named", "answer_not_run"})

# How often each answer has failed in this session by the mistake that it makes now.
_failures: dict[str, tuple[str | None, int]] = {}


def climb(verdicts: Sequence[Verdict], *, hint: bool = False, see: str = "") -> list[Verdict]:
    """The verdicts of one check, each with as much of a hint as its rung allows.

    Args:
        verdicts: with their whole hints.
        hint: a hint was asked for: one rung more.
        see: the section to read again; by default the one in which the exercise stands.
    """
    return [_on_its_rung(v, hint=hint, see=see) for v in verdicts]


def _on_its_rung(verdict: Verdict, *, hint: bool, see: str) -> Verdict:
    if verdict.right:
        _failures.pop(verdict.answer, None)
        return verdict
    # What is not begun, or not to be seen yet, is no failure; what to do then is no secret.
    if verdict.outcome in ("unjudged", "open", "stale") or verdict.misconception in _NO_LADDER:
        return verdict
    mistake, failures = _failures.get(verdict.answer, (verdict.misconception, 0))
    if mistake != verdict.misconception:
        failures = 0
    _failures[verdict.answer] = verdict.misconception, failures + 1
    rung = failures + int(hint)
    if rung == 0:
        return replace(verdict, hint=AGAIN if verdict.hint else "")
    if rung == 1 or (verdict.misconception in UNTREATED and not see):
        return verdict
    return replace(verdict, hint=f"{verdict.hint} {_where_to_read(verdict.answer, see)}".strip())


def _where_to_read(answer: str, see: str) -> str:
    section = see or next((e.section for e in exercises() if answer in e.names), "")
    if section:
        return f"What you need is in the section “{section}”: read it again."
    return "What you need stands above this exercise: read again from the section's heading on."
