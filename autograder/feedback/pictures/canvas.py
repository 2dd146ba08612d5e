"""The paper that all pictures share: size, colours, marks, and how they become SVG.

Matplotlib's `Figure` is used without pyplot and under Matplotlib's own defaults, so that neither a
student's settings nor a student's open figures make a difference, here or there.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ..palette import GREY
from .picture import Picture
from .replay import replayed

__all__ = ["Sheet", "sheet", "spread"]

_POINTS = 72  # of an inch, in which SVG is drawn
INCH = 100  # pixels of a page: with 560 of them for the width, 9 points are 12.5 pixels
_SETTINGS: Any = {
    "font.size": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "lines.linewidth": 1.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "autograder",  # the same picture, byte for byte
}

# Matplotlib writes millionths of a point; hundredths are finer than any screen.
_PATH = re.compile(rb' (?:d|x|y)="[^"]*"')
_DIGITS = re.compile(rb"(\.\d\d)\d+")
# It indents, and has each text in a comment beside its outlines.
_SPARE = re.compile(rb"<!--.*?-->|\s+", re.DOTALL)


def _short(path: re.Match[bytes]) -> bytes:
    return _DIGITS.sub(rb"\1", path.group())


class Sheet:
    """One picture in the making: axes to draw on, and `finish`."""

    def __init__(self, height: int, left: float) -> None:
        self.figure = Figure(figsize=(5.6, height / INCH), facecolor="white")
        FigureCanvasSVG(self.figure)
        self.axes: Axes = self.figure.add_axes(
            (left, 48 / height, 0.975 - left, 1 - (48 + 34) / height)
        )
        self._walks: list[tuple[np.ndarray, str]] = []

    def replay(self, iterates: Sequence[tuple[float, float]], colour: str) -> None:
        """Have a dot walk along these places of the axes, as far as they are numbers.

        Where a walk leaves the picture, the dot leaves it that way.
        """
        points = np.asarray(iterates, dtype=np.float64).reshape(-1, 2)
        lost = np.flatnonzero(~np.isfinite(points).all(axis=1))
        self._walks.append((points[: lost[0]] if len(lost) else points, colour))

    def legend(self, handles: list[Any] | None = None, columns: int = 3) -> None:
        """The legend in a line above the axes, where it covers nothing."""
        more = {} if handles is None else {"handles": handles}
        self.axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=columns,
            frameon=False,
            borderaxespad=0.2,
            handlelength=2.0,
            columnspacing=1.0,
            **more,
        )

    def finish(self, alt: str) -> Picture:
        """The picture; `alt` says what it shows."""
        out = io.BytesIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        self.figure.savefig(out, format="svg", metadata=nothing)
        svg = _SPARE.sub(b" ", _PATH.sub(_short, out.getvalue()))
        walks = [(self._placed(points), colour) for points, colour in self._walks]
        return Picture(replayed(svg, self._size, walks), alt)

    @property
    def _size(self) -> tuple[float, float]:
        width, height = self.figure.get_size_inches() * _POINTS
        return float(width), float(height)

    def _placed(self, points: np.ndarray) -> np.ndarray:
        """Places of the axes in the picture's own coordinates: points of 1/72 inch, downwards.

        What is far outside is put near: a browser's numbers have an end.
        """
        width, height = self._size
        placed = self.axes.transData.transform(points) * _POINTS / self.figure.dpi
        placed = np.clip(placed, (-width, -height), (2 * width, 2 * height))
        return np.stack([placed[:, 0], height - placed[:, 1]], axis=1)


@contextlib.contextmanager
def sheet(height: int = 300, left: float = 0.105) -> Iterator[Sheet]:
    """Paper of so many pixels' height; all drawing and `finish` happen inside."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield Sheet(height, left)


def spread(heights: Iterable[float], marks: Iterable[float]) -> tuple[float, float]:
    """Limits of the vertical axis: all marks, and as much of the curve as leaves them apart."""
    finite = sorted(h for h in heights if math.isfinite(h))
    inside = [m for m in marks if math.isfinite(m)]
    if not finite and not inside:
        return -1.0, 1.0
    finite = finite or inside
    # Steep walls would press everything else together; the bottom of a valley is no wall.
    high = max([finite[int(0.9 * (len(finite) - 1))], *inside])
    tenth = finite[len(finite) // 10]
    wall = tenth - finite[0] > 0.4 * (high - tenth)
    low = min([tenth if wall else finite[0], *inside])
    room = 0.1 * ((high - low) or 1.0)
    return low - room, high + room
