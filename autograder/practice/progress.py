"""How far a student is: `progress()` shows one card for the notebook.

It rests on the checks that were run in this session, and on the notebook's file where that can be
found: the exercises, and how cards stood before the kernel was restarted. What practice cannot
know, it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..checks.verdict import Verdict
from ..feedback import overview, text
from ..feedback.overview import Line
from .notebook import Exercise, exercises, find, kernel
from .remembered import Standing, remembered
from .runs import attach

__all__ = ["footer", "note", "progress"]

# The last verdict on each answer, and which answers were checked together, in the order of first
# runs.
_verdicts: dict[str, Verdict] = {}
_together: dict[tuple[str, ...], None] = {}


def note(verdicts: Sequence[Verdict]) -> None:
    """Remember what the check of one exercise said."""
    _verdicts.update((v.answer, v) for v in verdicts)
    _together[tuple(v.answer for v in verdicts)] = None


def progress() -> None:
    """Show how far you are in this notebook: each exercise, its state, and points so far."""
    known, before, edited = exercises(), *_before()
    lines = [_line(e, before, edited) for e in known] or [
        Line(", ".join(names), _state(names, _verdicts), None, None) for names in _together
    ]
    message = overview.text(lines, whole=bool(known))
    if kernel() is None:
        text.say(message)
        return
    from IPython.display import display

    html = overview.html(lines, whole=bool(known))
    display({"text/plain": message, "text/html": html}, raw=True)


def footer(known: Sequence[Exercise], names: Sequence[str]) -> str:
    """What stands below a card, as HTML: points so far, and what to do next.

    Args:
        known: the exercises of the notebook; without them there is nothing to say.
        names: the answers on the card.
    """
    if not known:
        return ""
    here = max((i for i, e in enumerate(known) if {*names} & {*e.names}), default=-1)
    order = [*known[here + 1 :], *known[: here + 1]]  # what was left out comes in the end
    due = (
        e for e in order if (e.untouched if e.by_hand else _state(e.names, _verdicts) != "right")
    )
    after = next(due, None)
    lines = [_line(e) for e in known]
    return (
        overview.footer(lines, after.title, after.anchor) if after else overview.footer(lines, "")
    )


def _before() -> tuple[dict[str, Standing], set[str]]:
    """How answers stood before the restart, and which answer cells are not as released."""
    try:
        file = find()
        cells = file.cells if file is not None else ()
        edited = {cell.name for cell in cells if cell.role == "answer" and cell.edited}
        return remembered(file, attach()), edited
    except Exception:  # noqa: BLE001 - a file may be anything: then nothing is remembered
        return {}, set()


def _line(
    exercise: Exercise, before: Mapping[str, Standing] | None = None, edited: Collection[str] = ()
) -> Line:
    title, points, anchor = exercise.title, exercise.points, exercise.anchor
    if exercise.by_hand:
        return Line(title, "person", None, points, anchor)
    known: Mapping[str, Verdict | Standing] = _verdicts
    remembers = before is not None and not any(n in _verdicts for n in exercise.names)
    if before and remembers:
        known = before
    judged = [known[n] for n in exercise.names if n in known]
    if remembers and not judged and exercise.exercise_id in edited:
        return Line(title, "unchecked", None, points, anchor)
    earned = points * sum(v.share for v in judged) / max(len(exercise.names), 1)
    again = bool(judged) and remembers
    state = _state(exercise.names, known)
    return Line(title, state, earned if judged else None, points, anchor, before=again)


def _state(names: Sequence[str], known: Mapping[str, Verdict | Standing]) -> overview.State:
    """Of an exercise with these answers: that of its only one, or of all of them together."""
    outcome: overview.State
    judged = [known[n] for n in names if n in known]
    outcomes = {v.outcome for v in judged}
    if not judged or outcomes == {"open"}:
        return "open"
    for outcome in ("unjudged", "stale"):
        if outcome in outcomes:
            return outcome
    if outcomes == {"right"} and len(judged) == len(names):
        return "right"
    return "partly" if any(v.share for v in judged) else "wrong"
