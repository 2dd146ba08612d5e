"""A step size: the first steps of a walk with it, to and fro across the valley."""

from __future__ import annotations

import numpy as np

from ...checks.evidence import StepEvidence
from ...checks.verdict import Verdict
from ...checks.wording import number
from ..palette import BLUE, GREEN, VERMILION
from .canvas import sheet, spread
from .picture import Picture

__all__ = ["draw"]


def draw(verdict: Verdict) -> Picture | None:
    """The walk on the curve, as far as it stays near; None where it was not kept."""
    evidence = verdict.evidence
    assert isinstance(evidence, StepEvidence)
    if evidence.curve is None:
        return None
    curve, walk, (low, high) = evidence.curve.heights, evidence.walk, evidence.curve.window
    xs = np.linspace(low, high, len(curve))
    shown = [x for x in walk if low <= x <= high]
    heights = [float(np.interp(x, xs, curve)) for x in shown]
    bottom, top = spread(curve, [*heights, max(curve)])
    colour, mark, line = (GREEN, "o", "-") if verdict.right else (VERMILION, "X", (0, (3, 1.5)))
    step = evidence.step
    with sheet() as paper:
        axes = paper.axes
        axes.set(xlim=(low, high), ylim=(bottom, top), xlabel="x")
        axes.plot(xs, curve, color=BLUE, label="the function")
        axes.plot(
            shown,
            heights,
            color=colour,
            linestyle=line,
            marker=mark,
            markersize=7,
            linewidth=1.2,
            label=f"steps of {number(step)}",
        )
        # Numbered while they stay apart.
        for k, (x, height) in enumerate(zip(shown, heights, strict=True)):
            if all(abs(x - other) > 0.06 * (high - low) for other in shown[:k]):
                axes.annotate(
                    str(k), (x, height), xytext=(0, 8), textcoords="offset points", ha="center"
                )
        gone = next((k for k, x in enumerate(walk) if not low <= x <= high), None)
        if gone == 1:  # nothing of the walk but its start would be seen
            axes.text(
                0.5,
                0.94,
                f"step 1 leads to {number(walk[1])}, off the picture",
                transform=axes.transAxes,
                ha="center",
                va="top",
                color=colour,
            )
        paper.replay([(x, float(np.interp(x, xs, curve))) for x in walk], colour)
        paper.legend()
        what = "Each step leads farther off" if verdict.right else "The steps do not run away"
        if step <= 0:
            what = "Each step leads uphill" if step else "It never leaves its start"
        return paper.finish(
            f"The curve of the function from x = {number(low)} to {number(high)}, and a walk with "
            f"a step size of {number(step)}: {', '.join(number(x) for x in walk[:8])}. {what}."
        )
