"""The walks over a curve or a map: the one that leads to an answer, and those of ours beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ...checks.evidence import PlaceEvidence, Point
from ...checks.verdict import Verdict
from ...checks.wording import place
from ..palette import BLACK, GREEN, VERMILION
from .canvas import Sheet

__all__ = ["AXES", "KINDS", "look", "walked"]

AXES = "xyzuvw"

# By the kind of a replay: whether it is the answer's own, its label, and its words.
KINDS = {
    "on": (False, "it rolls on", "From the answer a walk downhill rolls on, towards {end}."),
    "descent": (False, "gradient descent", "Gradient descent goes from {begin} towards {end}."),
    "up": (True, "uphill", "Only a walk uphill ends at the answer, here from {begin}."),
    "down": (False, "downhill", "A walk downhill from the same start rolls off, towards {end}."),
    "stuck": (True, "along the ridge", "A walk along the ridge from {begin} sticks at the answer."),
    "hair": (
        False,
        "a hair beside",
        "One that starts a hair beside, at {begin}, rolls off, towards {end}.",
    ),
    "in": (True, "walks to it", "A walk from {begin} comes to rest there."),
    "rail": (True, "one moves", "With the other held, a walk goes from {begin} to {end}."),
    "free": (False, "both move", "With both free, a walk from the same start goes towards {end}."),
    "away": (
        True,
        "steps too long",
        "Steps that are too long lead from {begin} and away.",
    ),
}


def look(verdict: Verdict) -> tuple[str, str, str]:
    """Colour, mark and words of the answer."""
    if verdict.right:
        return GREEN, "o", "your answer, right"
    if verdict.outcome == "partly":
        return VERMILION, "D", "your answer, nearly"
    return VERMILION, "X", "your answer"


def walked(
    paper: Sheet,
    verdict: Verdict,
    evidence: PlaceEvidence,
    placed: Callable[[Sequence[Point]], list[tuple[float, float]]],
) -> str:
    """Draw and replay all walks; returns the words for them.

    Args:
        paper: with the ground drawn, and the limits of its axes set.
        verdict: on the place.
        evidence: its walks.
        placed: gives of places of the function those of the picture.
    """
    colour, words, labelled = look(verdict)[0], [], set()
    if evidence.walk:
        label = "gradient descent" if verdict.right else "a walk to it"
        _drawn(paper, placed(evidence.walk), colour, label)
        words.append(f"A walk from {place(evidence.walk[0])} ends at the answer.")
    for replay in evidence.replays:
        if replay.kind not in KINDS:  # of a later version
            continue
        own, label, told = KINDS[replay.kind]
        shown = "" if label in labelled else label
        labelled.add(label)
        _drawn(paper, placed(replay.path), colour if own else BLACK, shown)
        words.append(told.format(begin=place(replay.path[0], 3), end=place(replay.path[-1], 2)))
    many = "The walks are" if len(words) > 1 else "The walk is"
    return f"{' '.join(words)} {many} replayed. " if words else ""


def _drawn(paper: Sheet, walk: list[tuple[float, float]], colour: str, label: str) -> None:
    low, high = paper.axes.get_xlim()
    known = [p for p in walk if low <= p[0] <= high and math.isfinite(p[1])]
    paper.axes.plot(
        [x for x, _ in known],
        [y for _, y in known],
        color=colour,
        marker=".",
        markersize=5,
        linestyle=":",
        linewidth=1,
        label=label or None,
        zorder=3,
    )
    paper.replay(walk, colour)
