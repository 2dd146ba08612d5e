"""A place: where the answer landed on the curve or the map, and which way is downhill there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...checks.evidence import Curve, PlaceEvidence, Point, Surface
from ...checks.verdict import Verdict
from ...checks.wording import number, place
from ..palette import BLACK, BLUE, GREY
from .canvas import Sheet, sheet, spread
from .contours import contours
from .picture import Picture
from .walks import AXES, look, walked

__all__ = ["draw"]


def draw(verdict: Verdict) -> Picture | None:
    """The curve along the coordinate that may move, or the map; None for larger places."""
    evidence = verdict.evidence
    assert isinstance(evidence, PlaceEvidence)
    if evidence.surface is not None:
        return _map(verdict, evidence, evidence.surface)
    return None if evidence.curve is None else _curve(verdict, evidence, evidence.curve)


def _steepness(slope: float) -> bool:
    """Whether the slope is worth an arrow: in float32, none is exactly 0."""
    return math.isfinite(slope) and abs(slope) > 1e-3


def _rolls(verdict: Verdict) -> bool:
    """Whether a walk shows which way is down, which an arrow need not do again."""
    return isinstance(verdict.evidence, PlaceEvidence) and bool(verdict.evidence.replays)


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

        def on(places: Sequence[Point]) -> list[tuple[float, float]]:
            return [(p[axis], float(np.interp(p[axis], xs, curve))) for p in places]

        if not path:
            alt_walk = walked(paper, verdict, evidence, on)
        if path:
            on_curve = on(evidence.path)
            paper.replay(on_curve, look(verdict)[0])
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
            alt += f"Your path, replayed, goes from {number(path[0])} to {number(path[-1])}. "
        if at is not None:
            assert evidence.slope is not None
            slope = evidence.slope[0]
            alt += _mark(paper, verdict, at, slope, heights[-1] if inside else None, name)
        paper.legend(columns=4)
        return paper.finish(alt.strip())


def _mark(
    paper: Sheet, verdict: Verdict, at: float, slope: float, height: float | None, name: str
) -> str:
    """Mark the answer on the curve; returns the words for it."""
    axes = paper.axes
    colour, mark, word = look(verdict)
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
    words = f"{words}; downhill is to the {'right' if way > 0 else 'left'}."
    if _rolls(verdict):
        return words
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
    return words


def _map(verdict: Verdict, evidence: PlaceEvidence, ground: Surface) -> Picture:
    with sheet(height=430) as paper:
        axes = paper.axes
        (low, high), (bottom, top) = contours(paper, ground)
        alt = (
            f"Contours of the function from x = {number(low)} to {number(high)} and y = "
            f"{number(bottom)} to {number(top)}. "
        )
        path = evidence.path
        if not path:
            alt += walked(paper, verdict, evidence, lambda places: [(p[0], p[1]) for p in places])
        if path:
            paper.replay([(p[0], p[1]) for p in path], look(verdict)[0])
            axes.plot(
                [p[0] for p in path],
                [p[1] for p in path],
                color=BLACK,
                marker=".",
                linestyle=":",
                linewidth=1.2,
                label="your path",
            )
            alt += f"Your path, replayed, goes from {place(path[0])} to {place(path[-1])}. "
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
            slope = evidence.slope
            if evidence.curve is not None:  # along one coordinate: downhill is along its rail
                alt += _rail(paper, evidence.place, evidence.axis)
                slope = tuple(slope[0] if k == evidence.axis else 0.0 for k in range(2))
            alt += _mark_on_map(paper, verdict, evidence.place, slope, ruler)
        paper.legend(columns=4)
        return paper.finish(alt.strip())


def _rail(paper: Sheet, at: tuple[float, ...], axis: int) -> str:
    """Draw the line along which alone the place may move; returns the words for it."""
    held = 1 - axis
    line = paper.axes.axhline if axis == 0 else paper.axes.axvline
    line(at[held], color=BLUE, linewidth=3, alpha=0.35, zorder=1, label=f"along {AXES[axis]}")
    return f"A rail along {AXES[axis]} runs through it, at {AXES[held]} = {number(at[held])}. "


def _mark_on_map(
    paper: Sheet,
    verdict: Verdict,
    at: tuple[float, ...],
    slopes: tuple[float, ...],
    ruler: float,
) -> str:
    """Mark the answer on the map; returns the words for it."""
    slope = np.asarray(slopes)
    colour, mark, word = look(verdict)
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
    words = f"{words}; downhill is along ({number(way[0], 2)}, {number(way[1], 2)})."
    if _rolls(verdict):
        return words
    begin = np.asarray(at) + 0.03 * ruler * way
    paper.axes.annotate(
        "",
        xy=tuple(begin + 0.13 * ruler * way),
        xytext=tuple(begin),
        arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.8},
        zorder=5,
    )
    paper.axes.plot([], [], color=BLACK, marker=">", linewidth=1.8, label="downhill")
    return words
