"""A place: where the answer landed on the curve or the map, and which way is downhill there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...checks.evidence import Curve, PlaceEvidence, Surface
from ...checks.verdict import Verdict
from ...checks.wording import number, place
from ..palette import BLACK, BLUE, GREEN, GREY, VERMILION
from .canvas import Sheet, sheet, spread
from .contours import contours
from .picture import Picture

__all__ = ["draw"]

AXES = "xyzuvw"


def draw(verdict: Verdict) -> Picture | None:
    """The curve along the coordinate that may move, or the map; None for larger places."""
    evidence = verdict.evidence
    assert isinstance(evidence, PlaceEvidence)
    if evidence.curve is not None:
        return _curve(verdict, evidence, evidence.curve)
    return None if evidence.surface is None else _map(verdict, evidence, evidence.surface)


def _look(verdict: Verdict) -> tuple[str, str, str]:
    """Colour, mark and words of the answer."""
    if verdict.right:
        return GREEN, "o", "your answer, right"
    if verdict.outcome == "partly":
        return VERMILION, "D", "your answer, nearly"
    return VERMILION, "X", "your answer"


def _steepness(slope: float) -> bool:
    """Whether the slope is worth an arrow: in float32, none is exactly 0."""
    return math.isfinite(slope) and abs(slope) > 1e-3


def _curve(verdict: Verdict, evidence: PlaceEvidence, ground: Curve) -> Picture:
    axis, curve, (low, high) = evidence.axis, ground.heights, ground.window
    xs = np.linspace(low, high, len(curve))
    path = [p[axis] for p in evidence.path]
    marks = [p for p in path if low <= p <= high]
    at = evidence.place[axis] if evidence.place is not None else None
    inside = at is not None and low <= at <= high
    if at is not None and inside:
        marks = [*marks, at]
    heights = [float(np.interp(m, xs, curve)) for m in marks]
    bottom, top = spread(curve, heights)
    name, alt_walk = AXES[axis], ""
    with sheet() as paper:
        axes = paper.axes
        label = "the function" if evidence.size == 1 else f"the function along {name}"
        axes.set(xlim=(low, high), ylim=(bottom, top), xlabel=name)
        axes.plot(xs, curve, color=BLUE, label=label)
        if evidence.walk and not path:
            walk = [p[axis] for p in evidence.walk]
            alt_walk = _walked(
                paper, [(p, float(np.interp(p, xs, curve))) for p in walk], verdict, number(walk[0])
            )
        if path:
            on_curve = [(p, float(np.interp(p, xs, curve))) for p in path]
            paper.replay(on_curve, _look(verdict)[0])
            shown = [(p, height) for p, height in on_curve if low <= p <= high]
            axes.plot(
                [p for p, _ in shown],
                [h for _, h in shown],
                color=BLACK,
                marker=".",
                linestyle=":",
                linewidth=1,
                label="your path",
            )
        alt = f"The curve of {label} from {name} = {number(low)} to {number(high)}. {alt_walk}"
        if path:
            alt += f"Your path goes from {number(path[0])} to {number(path[-1])}. "
        if at is not None:
            assert evidence.slope is not None
            slope = evidence.slope[0]
            alt += _mark(paper, verdict, at, slope, heights[-1] if inside else None, name)
        paper.legend(columns=4)
        return paper.finish(alt.strip())


def _walked(paper: Sheet, walk: Sequence[tuple[float, float]], verdict: Verdict, where: str) -> str:
    """Draw the walk that leads to the answer, and replay it; returns the words for it."""
    colour = _look(verdict)[0]
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
        label="gradient descent" if verdict.right else "a walk that ends there",
        zorder=3,
    )
    paper.replay(walk, colour)
    return f"A walk from {where} ends at the answer; it is replayed. "


def _mark(
    paper: Sheet, verdict: Verdict, at: float, slope: float, height: float | None, name: str
) -> str:
    """Mark the answer on the curve; returns the words for it."""
    axes = paper.axes
    colour, mark, word = _look(verdict)
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    if height is None:
        side = "right" if at > high else "left"
        edge = 0.98 if side == "right" else 0.02
        text = f"your answer, {number(at)}, is far out this way"
        axes.annotate(
            text,
            (edge, 0.9),
            xytext=(edge - 0.12 if side == "right" else edge + 0.12, 0.9),
            xycoords="axes fraction",
            ha="right" if side == "right" else "left",
            va="center",
            color=colour,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8},
        )
        return f"Your answer, {number(at)}, lies far outside on the {side}."
    axes.plot(
        at, height, color=colour, marker=mark, markersize=10, linestyle="none", label=word, zorder=4
    )
    words = f"Your answer is at {name} = {number(at)}, height {number(height)}"
    if verdict.right or not _steepness(slope):
        return f"{words}; the ground is level there."
    way = -math.copysign(1.0, slope)
    lift = 0.09 * (top - bottom)
    start = at + way * 0.02 * (high - low)
    above = height + lift if height + 2 * lift < top else height - 1.2 * lift
    axes.annotate(
        "",
        xy=(start + way * 0.1 * (high - low), above),
        xytext=(start, above),
        arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.8},
        zorder=5,
        annotation_clip=False,
    )
    axes.plot([], [], color=BLACK, marker=">" if way > 0 else "<", label="downhill", linewidth=1.8)
    return f"{words}; downhill is to the {'right' if way > 0 else 'left'}."


def _map(verdict: Verdict, evidence: PlaceEvidence, ground: Surface) -> Picture:
    with sheet(height=430) as paper:
        axes = paper.axes
        (low, high), (bottom, top) = contours(paper, ground)
        alt = (
            f"Contours of the function from x = {number(low)} to {number(high)} and y = "
            f"{number(bottom)} to {number(top)}. "
        )
        path = evidence.path
        if evidence.walk and not path:
            alt += _walked(
                paper, [(p[0], p[1]) for p in evidence.walk], verdict, place(evidence.walk[0])
            )
        if path:
            paper.replay([(p[0], p[1]) for p in path], _look(verdict)[0])
            axes.plot(
                [p[0] for p in path],
                [p[1] for p in path],
                color=BLACK,
                marker=".",
                linestyle=":",
                linewidth=1.2,
                label="your path",
            )
            alt += f"Your path goes from {place(path[0])} to {place(path[-1])}. "
        start = evidence.start
        if start is not None and low <= start[0] <= high and bottom <= start[1] <= top:
            axes.plot(
                *start,
                color=GREY,
                marker="s",
                markersize=8,
                markerfacecolor="white",
                markeredgewidth=1.6,
                linestyle="none",
                label="the start",
                zorder=4,
            )
            alt += f"The start is at {place(start)}. "
        if evidence.place is not None and evidence.slope is not None:
            ruler = min(high - low, top - bottom)
            alt += _mark_on_map(paper, verdict, evidence.place, evidence.slope, ruler)
        paper.legend(columns=4)
        return paper.finish(alt.strip())


def _mark_on_map(
    paper: Sheet,
    verdict: Verdict,
    at: tuple[float, ...],
    slopes: tuple[float, ...],
    ruler: float,
) -> str:
    """Mark the answer on the map; returns the words for it."""
    slope = np.asarray(slopes)
    colour, mark, word = _look(verdict)
    paper.axes.plot(
        *at,
        color=colour,
        marker=mark,
        markersize=11,
        markeredgecolor="white",
        linestyle="none",
        label=word,
        zorder=5,
    )
    words = f"Your answer is at {place(at)}"
    size = float(np.hypot(*slope)) if len(slope) == 2 else 0.0
    if verdict.right or not _steepness(size):
        return f"{words}; the ground is level there."
    way = -slope / size
    begin = np.asarray(at) + 0.03 * ruler * way
    paper.axes.annotate(
        "",
        xy=tuple(begin + 0.13 * ruler * way),
        xytext=tuple(begin),
        arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.8},
        zorder=5,
    )
    paper.axes.plot([], [], color=BLACK, marker=">", linewidth=1.8, label="downhill")
    return f"{words}; downhill is along ({number(way[0], 2)}, {number(way[1], 2)})."
