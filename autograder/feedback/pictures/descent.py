"""A descent routine: the places at which it asked for the slope, beside the true iterates."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...checks.evidence import DescentEvidence, Walk
from ...checks.verdict import Verdict
from ...checks.wording import number, place
from ..palette import BLUE, GREEN, VERMILION
from .canvas import Sheet, sheet
from .picture import Picture

__all__ = ["draw"]

SHOWN = 30  # steps of a trial that can be told apart in a picture
FAR = 8.0  # times the true walk's extent: beyond this an iterate is off the picture


def draw(verdict: Verdict) -> Picture | None:
    """One telling trial: a wrong one, if it can of some steps; else the longest of numbers."""
    assert isinstance(verdict.evidence, DescentEvidence)
    trials = verdict.evidence.trials
    if not verdict.rows:  # no place came back
        return _draw(trials[0], right=_goes_right(trials[0])) if trials else None
    tried = [(t, r.right) for t, r in zip(trials, verdict.rows, strict=False)]
    wrong = [t for t, right in tried if not right]
    if not tried:
        return None
    several = [t for t in wrong if 1 < t.num_steps <= SHOWN] or wrong
    small = [t for t, _ in tried if len(t.start) == 1 and t.num_steps <= SHOWN]
    if not several and not small:
        return None
    trial = several[0] if several else max(small, key=lambda t: t.num_steps)
    return _draw(trial, right=not wrong)


def _true(trial: Walk) -> np.ndarray:
    """The iterates that are due, the start among them; (num_steps + 1, n)."""
    slope, cubic, centre = map(np.asarray, (trial.slope, trial.cubic, trial.centre))
    walk = [np.asarray(trial.start)]
    step = 0.0 * walk[0]
    for _ in range(trial.num_steps):
        d = walk[-1] - centre
        bent = slope * d + cubic * d**3 + trial.mix * d.sum()
        step = trial.beta * step - trial.step_size * bent
        walk.append(walk[-1] + step)
    return np.stack(walk)


def _method(trial: Walk) -> str:
    return "momentum" if trial.beta else "gradient descent"


def _goes_right(trial: Walk) -> bool:
    """Whether the slope was asked for at the places of gradient descent, up to float32."""
    true, asked = _true(trial), np.asarray(trial.asked)
    both = min(len(true), len(asked))
    return bool(np.allclose(asked[:both], true[:both], rtol=1e-3, atol=1e-3))


def _draw(trial: Walk, *, right: bool) -> Picture:
    true = _true(trial)
    asked = np.asarray(trial.asked, dtype=np.float64).reshape(-1, true.shape[1])
    end = np.asarray(trial.end) if trial.end else np.full(true.shape[1], np.nan)
    size = true.shape[1]
    # Of several coordinates the one that went farthest astray tells most.
    k = 0 if size == 1 else int(np.argmax(np.nan_to_num(np.abs(end - true[-1]), nan=np.inf)))
    letter = "x" if size == 1 else f"entry {k} of x"
    steps, colour = len(true) - 1, GREEN if right else VERMILION
    middle, extent = true[:, k].mean(), float(np.ptp(true[:, k])) or 1.0
    with sheet(left=0.125) as paper:
        axes = paper.axes
        axes.plot(
            range(steps + 1),
            true[:, k],
            color=BLUE,
            marker="o",
            markevery=max(1, steps // SHOWN),
            markerfacecolor="white",
            markersize=8,
            label=_method(trial),
        )
        near = [(i, p) for i, p in enumerate(asked[:, k]) if abs(p - middle) <= FAR * extent]
        if near:  # a compiled loop asks for no slope that could be seen
            axes.plot(
                [i for i, _ in near],
                [p for _, p in near],
                color=colour,
                marker="+" if right else "x",
                markersize=8,
                markeredgewidth=1.8,
                linestyle=(0, (3, 1.5)),
                linewidth=1.2,
                label="where yours asked",
                zorder=3,
            )
        axes.set(xlabel="step", ylabel=letter, xlim=(-0.3, max(steps, len(near) - 1) + 0.6))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        paper.replay(list(enumerate(true[:, k])), BLUE)
        paper.replay([*enumerate(asked[:, k]), (steps, float(end[k]))], colour)
        if trial.end:
            near_by = bool(abs(end[k] - middle) <= FAR * extent)
            gone = _end(paper, float(end[k]), steps, colour, near=near_by)
        else:
            gone = _nothing(paper, rises=bool(true[-1, k] > middle))
        paper.legend()
        return paper.finish(_alt(trial, true, asked, end, gone))


def _nothing(paper: Sheet, *, rises: bool) -> str:
    """Say that nothing came of the walk, in the corner that it leaves free."""
    words = "it returned no place"
    axes = paper.axes
    at, side = (0.06, "bottom") if rises else (0.94, "top")
    axes.text(0.98, at, words, transform=axes.transAxes, ha="right", va=side, color=VERMILION)
    return f"{words[0].upper()}{words[1:]}."


def _end(paper: Sheet, end: float, steps: int, colour: str, *, near: bool) -> str:
    """Mark what the routine returned; returns words for an end that is off the picture."""
    axes = paper.axes
    if near and math.isfinite(end):
        axes.plot(
            steps,
            end,
            color=colour,
            marker="s",
            markersize=9,
            linestyle="none",
            label="what yours returned",
            zorder=4,
        )
        return ""
    words = f"it returned {number(end)}, off the picture"
    axes.text(0.98, 0.94, words, transform=axes.transAxes, ha="right", va="top", color=colour)
    return f" ({words})"


def _alt(trial: Walk, true: np.ndarray, asked: np.ndarray, end: np.ndarray, gone: str) -> str:
    iterates = ", ".join(place(u) for u in true[:13])
    text = (
        f"From {place(true[0])}, {len(true) - 1} steps of {number(trial.step_size)}. "
        f"{_method(trial).capitalize()} goes {iterates}. "
    )
    if len(asked):
        text += f"Yours asked for the slope at {', '.join(place(u) for u in asked[:13])}. "
    return f"{text}It returned {place(end)}{gone}." if trial.end else f"{text}{gone}"
