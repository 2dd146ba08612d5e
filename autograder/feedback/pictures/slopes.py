"""A derivative: the curve with the answer's slopes as tangents, or the surface with its arrows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...checks.evidence import Curve, DerivativeEvidence, Surface
from ...checks.verdict import Row, Verdict
from ...checks.wording import derivative, number, place
from ..palette import BLACK, BLUE, GREEN, VERMILION
from .canvas import sheet, spread
from .contours import contours
from .picture import Picture

__all__ = ["draw"]


def draw(verdict: Verdict) -> Picture | None:
    """Tangents for a function of one number, arrows for one of two; None for others."""
    evidence = verdict.evidence
    assert isinstance(evidence, DerivativeEvidence)
    if evidence.curve is not None:
        return _tangents(verdict, evidence, evidence.curve)
    if evidence.surface is not None and evidence.axes:
        return _arrows(verdict, evidence.axes, evidence.surface)
    return None


def _finite(row: Row) -> bool:
    return row.yours is not None and all(math.isfinite(x) and abs(x) < 1e12 for x in row.yours)


def _tangents(verdict: Verdict, evidence: DerivativeEvidence, ground: Curve) -> Picture:
    curve, (low, high) = ground.heights, ground.window
    xs = np.linspace(low, high, len(curve))
    heights, order = evidence.heights, evidence.order
    of = "the function" if order == 1 else f"the function's {derivative(order - 1)}"
    bottom, top = spread(curve, heights)
    with sheet() as paper:
        axes = paper.axes
        axes.set(xlim=(low, high), ylim=(bottom, top), xlabel="x")
        axes.plot(xs, curve, color=BLUE, label=of)
        # Tangents are equally long on paper, however steep; all of each is to be seen.
        across = high - low
        steep = [(row.yours[0], h) for row, h in zip(verdict.rows, heights, strict=False)
                 if _finite(row) and row.yours is not None]  # fmt: skip
        for _ in range(3):  # a taller window makes the same slope flatter on paper
            shape = axes.bbox.height / axes.bbox.width * across / ((top - bottom) or 1.0)
            rise = [(h, abs(s) * 0.09 * across / math.hypot(1.0, s * shape)) for s, h in steep]
            bottom = min([bottom, *(h - r for h, r in rise)])
            top = max([top, *(h + r for h, r in rise)])
        axes.set_ylim(bottom, top)
        shape = axes.bbox.height / axes.bbox.width * across / ((top - bottom) or 1.0)
        seen = set()
        for row, height in zip(verdict.rows, heights, strict=False):
            if not _finite(row) or row.yours is None:
                continue
            slope, x = row.yours[0], row.place[0]
            half = 0.085 * across / math.hypot(1.0, slope * shape)
            colour, line, mark = (GREEN, "-", "o") if row.right else (VERMILION, (0, (3, 1.2)), "X")
            word = "your slope, right" if row.right else "your slope, differs"
            axes.plot(
                [x - half, x + half],
                [height - slope * half, height + slope * half],
                color=colour,
                linestyle=line,
                linewidth=2.2,
                zorder=3,
            )
            axes.plot(x, height, color=colour, marker=mark, markersize=7, zorder=4)
            if row.right not in seen:
                seen.add(row.right)
                axes.plot([], [], color=colour, linestyle=line, marker=mark, label=word)
        paper.legend()
        return paper.finish(_alt_tangents(verdict, of, low, high))


def _alt_tangents(verdict: Verdict, of: str, low: float, high: float) -> str:
    lines = [
        f"at x = {number(row.place[0])} slope {number(row.yours[0])}, "
        f"{'right' if row.right else 'differs'}"
        for row in verdict.rows
        if row.yours is not None
    ]
    return (
        f"The curve of {of} from x = {number(low)} to {number(high)}, with the slopes that "
        f"{verdict.answer} gives drawn as tangents: {'; '.join(lines)}."
    )


def _arrows(verdict: Verdict, chosen: tuple[int, ...], ground: Surface) -> Picture:
    rows = [r for r in verdict.rows if _finite(r)]
    with sheet(height=430) as paper:
        axes = paper.axes
        (low, high), (bottom, top) = contours(paper, ground)
        longest = max(
            [1e-12]
            + [
                float(np.hypot(*_vector(v, chosen)))
                for r in rows
                for v in (r.yours, r.reference)
                if v
            ]
        )
        scale = 0.15 * min(high - low, top - bottom) / longest
        drawn: dict[str, Any] = {}
        true = "the true gradient" if len(chosen) > 1 else "the true partial derivative"
        for row in rows:
            if row.reference is not None and not row.right:
                drawn[true] = _arrow(
                    axes, row.place, scale * _vector(row.reference, chosen), BLACK, "-", 1.2
                )
            colour, line = (GREEN, "-") if row.right else (VERMILION, (0, (2.5, 1.2)))
            word = "yours, right" if row.right else "yours, differs"
            assert row.yours is not None
            _arrow(axes, row.place, scale * _vector(row.yours, chosen), colour, line, 2.4)
            mark = "o" if row.right else "X"
            (dot,) = axes.plot(
                row.place[0],
                row.place[1],
                color=colour,
                marker=mark,
                markersize=8,
                markeredgecolor="white",
                linestyle="none",
                zorder=5,
            )
            drawn[word] = dot
        for name, handle in drawn.items():
            handle.set_label(name)
        paper.legend(list(drawn.values()))
        lines = [
            f"at {place(r.place)} {place(r.yours or ())}, {'right' if r.right else 'differs'}"
            for r in rows
        ]
        return paper.finish(
            f"Contours of the function from x = {number(low)} to {number(high)} and y = "
            f"{number(bottom)} to {number(top)}, with what {verdict.answer} gives drawn as arrows: "
            f"{'; '.join(lines)}."
        )


def _vector(entries: tuple[float, ...], chosen: tuple[int, ...]) -> np.ndarray:
    """A gradient in the plane; along the other axis a partial derivative is 0."""
    out = np.zeros(2)
    out[list(chosen[: len(entries)])] = entries[: len(chosen)]
    return out


def _arrow(
    axes: Any, start: tuple[float, ...], way: np.ndarray, colour: str, line: Any, width: float
) -> Any:
    """An arrow by its shaft and its head; returns the shaft, for the legend."""
    tip = np.asarray(start) + way
    (shaft,) = axes.plot(
        [start[0], tip[0]],
        [start[1], tip[1]],
        color=colour,
        linestyle=line,
        linewidth=width,
        zorder=4,
    )
    if np.hypot(*way) > 0:
        axes.annotate(
            "",
            xy=tip,
            xytext=tip - 1e-3 * way,
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "linewidth": width,
                "mutation_scale": 11,
            },
            zorder=4,
        )
    return shaft
