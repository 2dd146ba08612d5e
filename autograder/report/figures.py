"""The pictures of a report, in Okabe and Ito's colours, told apart by more than colour."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

from ..feedback import palette
from ..feedback.pictures.canvas import sheet
from ..feedback.pictures.picture import Picture
from .data import OUTCOMES, Outcome
from .statistics import ExerciseStatistics, Histogram

__all__ = ["COLOURS", "WORDS", "marks_picture", "outcomes_picture"]

COLOURS: dict[Outcome, str] = {
    "right": palette.COLOURS["right"],
    "partly": palette.COLOURS["partly"],
    "wrong": palette.COLOURS["wrong"],
    "unanswered": palette.PALE,
    "unjudged": palette.PAPER,
}
WORDS: dict[Outcome, str] = {
    "right": "right",
    "partly": "partly right",
    "wrong": "wrong",
    "unanswered": "not answered",
    "unjudged": "not judged",
}
_HATCHES: dict[Outcome, str] = {
    "right": "",
    "partly": "//",
    "wrong": "xx",
    "unanswered": "",
    "unjudged": "..",
}
_ROW = 21  # pixels


def marks_picture(found: Histogram, points: float) -> Picture:
    """How many papers have how many points."""
    with sheet(height=260) as paper:
        width = found.edges[1] - found.edges[0]
        starts = found.edges[:-1]
        bars = paper.axes.bar(
            starts, found.counts, width, align="edge", color=palette.BLUE, edgecolor="white"
        )
        paper.axes.bar_label(bars, [str(n) if n else "" for n in found.counts], fontsize=8)
        paper.axes.set_xlim(0, found.edges[-1])
        paper.axes.set_xticks(_ticks(found.edges))
        paper.axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        paper.axes.margins(y=0.12)
        paper.axes.set_xlabel(f"points (of {points:g})")
        paper.axes.set_ylabel("students")
        return paper.finish(_marks_words(found))


def _ticks(edges: Sequence[float]) -> Sequence[float]:
    return edges[:: 1 if len(edges) <= 12 else 2]


def _marks_words(found: Histogram) -> str:
    total = sum(found.counts)
    if not total:
        return "A bar chart of the marks, which is empty: nothing is marked yet."
    peak = max(range(len(found.counts)), key=found.counts.__getitem__)
    return (
        f"A bar chart of the points of {total} marked submissions. The highest bar: "
        f"{found.counts[peak]} with {found.edges[peak]:g} to {found.edges[peak + 1]:g} points. "
        "The table below has the numbers."
    )


def outcomes_picture(found: Sequence[ExerciseStatistics]) -> Picture:
    """One bar an exercise, divided by outcome."""
    with sheet(height=34 + 48 + _ROW * max(len(found), 1), left=0.34) as paper:
        names = [s.exercise.name for s in found]
        rows = range(len(found))
        left = [0.0] * len(found)
        for outcome in OUTCOMES:
            shares = [100 * s.counts[outcome] / max(sum(s.counts.values()), 1) for s in found]
            paper.axes.barh(
                rows,
                shares,
                0.78,
                left=left,
                color=COLOURS[outcome],
                hatch=_HATCHES[outcome],
                edgecolor=palette.EDGE,
                linewidth=0.5,
                label=WORDS[outcome],
            )
            left = [a + b for a, b in zip(left, shares, strict=True)]
        paper.axes.set_yticks(rows, names)
        paper.axes.set_ylim(len(found) - 0.4, -0.6)  # the first exercise on top
        paper.axes.set_xlim(0, 100)
        paper.axes.set_xlabel("% of the marked submissions")
        handles, _ = paper.axes.get_legend_handles_labels()
        paper.figure.legend(
            handles=handles, loc="upper left", ncols=len(handles), frameon=False, fontsize=8,
            handlelength=1.6, columnspacing=1.1, bbox_to_anchor=(0.0, 1.0),
        )  # fmt: skip
        return paper.finish(_outcomes_words(found))


def _outcomes_words(found: Sequence[ExerciseStatistics]) -> str:
    words = (
        "A bar for each exercise, divided into right, partly right, wrong, not answered and not "
        "judged."
    )
    judged = [s for s in found if sum(s.counts.values()) > s.counts["unjudged"]]
    if not judged:
        return f"{words} Nothing is judged yet."

    def share(s: ExerciseStatistics) -> float:
        return s.counts["right"] / (sum(s.counts.values()) - s.counts["unjudged"])

    best, worst = max(judged, key=share), min(judged, key=share)
    return (
        f"{words} Most often right: {best.exercise.name} ({share(best):.0%}); least often: "
        f"{worst.exercise.name} ({share(worst):.0%}). The table below has the numbers."
    )
