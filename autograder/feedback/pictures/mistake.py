"""A broken loop's walk, and beside it one with the mistake that a student named."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...checks.evidence import MistakeEvidence
from ...checks.verdict import Verdict
from ...checks.wording import place
from ..palette import BLUE, GREEN, VERMILION
from .canvas import sheet, spread
from .picture import Picture

__all__ = ["draw"]

_NAMED = (0, (3, 1.5))


def draw(verdict: Verdict) -> Picture:
    """Of one number, its place after each step; of two, the walk on the map."""
    evidence = verdict.evidence
    assert isinstance(evidence, MistakeEvidence)
    walk = np.asarray(evidence.walk, dtype=np.float64)
    named = np.asarray(evidence.named, dtype=np.float64).reshape(-1, walk.shape[1])
    on_map = walk.shape[1] == 2
    with sheet(left=0.125) as paper:
        axes = paper.axes

        def points(path: np.ndarray) -> np.ndarray:
            return path if on_map else np.column_stack([np.arange(len(path)), path[:, 0]])

        if on_map:
            axes.set(xlabel="x", ylabel="y")
            axes.plot(*evidence.bottom, color=GREEN, marker="*", markersize=13, linestyle="none",
                      label="bottom")  # fmt: skip
        else:
            axes.set(xlabel="steps", ylabel="x")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.axhline(evidence.bottom[0], color=GREEN, linestyle=":", label="bottom")
            # A walk that runs away would leave the other a line.
            own = [*walk[:, 0], evidence.bottom[0]]
            near = named[np.abs(named[:, 0] - own[-1]) <= 4 * np.ptp(own), 0]
            axes.set_ylim(*spread([*own, *near], [*own, *near]))
        shown = points(walk)
        axes.plot(*shown.T, color=BLUE, marker="o", markersize=7, label="this loop")
        paper.replay([(float(x), float(y)) for x, y in shown], BLUE)
        if len(named):
            label = f"with “{evidence.label}”"
            other = points(named)
            axes.plot(
                *other.T, color=VERMILION, marker="x", markersize=8, linestyle=_NAMED, label=label
            )
            paper.replay([(float(x), float(y)) for x, y in other], VERMILION)
        paper.legend()
        return paper.finish(_alt(evidence))


def _alt(evidence: MistakeEvidence) -> str:
    said = f"The bottom is at {place(evidence.bottom)}. After 0, 1, 2, ... steps this loop is at "
    said += f"{', '.join(place(u) for u in evidence.walk)}."
    if evidence.named:
        said += f" With the mistake “{evidence.label}” it would be at "
        said += f"{', '.join(place(u) for u in evidence.named)}."
    return said
