"""A walk replayed over its picture: a dot that goes from iterate to iterate, again and again.

CSS within the SVG moves it: no script, so that it moves wherever an `img` does, in a notebook, on a
feedback page, in the report and in a README. Who asks the system for less motion sees the whole
path and no dot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...checks.evidence import thinned
from ..palette import PAPER

__all__ = ["replayed"]

_MOST = 30  # iterates that can be told apart in a few seconds
_STEP, _LONGEST_STEP = 0.3, 0.8  # seconds from one to the next
_MOVING = 2.0  # seconds that a short walk takes as well, as far as the longest step allows
_REST = 1.5  # seconds to fade away at the end
_GONE = 0.2  # where all have left the picture, and there is no end to see
_SEEN = 0.5  # pixels: of a walk that goes on by less, the eye sees the end
_STYLE = (
    "@keyframes {name}{{{frames}}}"
    ".{name}{{animation:{name} {seconds:.3g}s cubic-bezier(.4,0,.6,1) infinite}}"
)
_CALM = "@media (prefers-reduced-motion:reduce){.walker{animation:none;display:none}}"


def replayed(
    svg: bytes, size: tuple[float, float], walks: Sequence[tuple[np.ndarray, str]]
) -> bytes:
    """The picture with a dot for each walk; all begin together, and wait for the longest.

    Args:
        svg: the picture.
        size: its width and height.
        walks: of each, its iterates (k, 2) in the picture's own coordinates, and its colour.
    """
    shown = [
        (thinned(_to_its_end(points), _MOST), colour) for points, colour in walks if len(points) > 1
    ]
    if not shown:
        return svg
    moves = max(len(points) for points, _ in shown) - 1
    step = max(_STEP, min(_LONGEST_STEP, _MOVING / moves))
    gone = all((points[-1] < 0).any() or (points[-1] > size).any() for points, _ in shown)
    seconds = step * moves + (_GONE if gone else _REST)
    styles, dots = [_CALM], []
    for number, (points, colour) in enumerate(shown):
        name = f"walk{number}"
        frames = "".join(
            f"{_percent(step * k / seconds)}{{transform:translate({x:.1f}px,{y:.1f}px)}}"
            for k, (x, y) in enumerate(points)
        )
        x, y = points[-1]
        there = f"transform:translate({x:.1f}px,{y:.1f}px)"
        frames += f"{_percent(step * moves / seconds)}{{{there};opacity:1}}"
        frames += f"100%{{{there};opacity:0}}"
        styles.append(_STYLE.format(name=name, frames=frames, seconds=seconds))
        dots.append(
            f'<circle class="walker {name}" r="5.5" fill="{colour}" stroke="{PAPER}" '
            'stroke-width="1.5"/>'
        )
    more = f"<style>{''.join(styles)}</style>{''.join(dots)}"
    head, end, tail = svg.rpartition(b"</svg>")
    return head + more.encode() + end + tail


def _to_its_end(points: np.ndarray) -> np.ndarray:
    """Without the last iterates, between which nothing moves that could be seen."""
    moved = np.flatnonzero(np.abs(points - points[-1]).max(axis=-1) > _SEEN)
    return points[: moved[-1] + 2] if len(moved) else points[:2]


def _percent(part: float) -> str:
    return f"{100 * part:.4g}%"
