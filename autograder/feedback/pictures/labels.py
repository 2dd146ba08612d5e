"""Labels of a curve's bend: at each place a small bow, bent as the answer says."""

from __future__ import annotations

import numpy as np

from ...checks.evidence import LabelsEvidence
from ...checks.verdict import Verdict
from ...checks.wording import number
from ..palette import BLUE, GREEN, VERMILION
from .canvas import sheet, spread
from .picture import Picture

__all__ = ["draw"]


def draw(verdict: Verdict) -> Picture | None:
    """The curve with a bow at each place: up for a valley, down for a hill."""
    evidence = verdict.evidence
    assert isinstance(evidence, LabelsEvidence)
    curve, (low, high) = evidence.curve.heights, evidence.curve.window
    places, heights = evidence.places, evidence.heights
    bottom, top = spread(curve, heights)
    bow = np.linspace(-1, 1, 21)
    with sheet() as paper:
        axes = paper.axes
        axes.set(xlim=(low, high), ylim=(bottom - 0.12 * (top - bottom), top), xlabel="x")
        axes.plot(np.linspace(low, high, len(curve)), curve, color=BLUE, label="the function")
        for x, height, bend, word, right in zip(
            places, heights, evidence.bends, evidence.labels, evidence.right, strict=True
        ):
            colour, line = (GREEN, "-") if right else (VERMILION, (0, (2, 1)))
            axes.plot(
                x + 0.045 * (high - low) * bow,
                height + float(bend) * 0.09 * (top - bottom) * bow**2,
                color=colour,
                linestyle=line,
                linewidth=2.6,
                zorder=3,
            )
            axes.plot(x, height, color=colour, marker="o" if right else "X", markersize=7, zorder=4)
            axes.annotate(
                f"{word} {'✓' if right else '✗'}",
                (x, height),
                xytext=(0, -18 if float(bend) > 0 else 10),
                textcoords="offset points",
                ha="center",
                color=colour,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
            )
        paper.legend()
        lines = [
            f"at x = {number(x)} {word}, {'right' if right else 'off'}"
            for x, word, right in zip(places, evidence.labels, evidence.right, strict=True)
        ]
        return paper.finish(
            f"The curve of the function from x = {number(low)} to {number(high)}, with your labels "
            f"drawn as bows: {'; '.join(lines)}."
        )
