"""A broken descent loop: where it goes, and which mistake it makes.

The loop is an author's, a routine (df, start, step_size, num_steps); nothing but the loop itself
says what is wrong with it. Its mistake is found as in a student's routine, by the hypotheses of
`misconceptions.loops`, and its picture is where it leads in one of the scenes below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import CheckError
from .misconceptions.loops import Hit, loops_with, name_loop, same
from .misconceptions.slips import SLIPS, Slip
from .questions import Slope
from .trials import Trial, draw_trials

__all__ = ["FIELD", "VALLEY", "Routine", "height", "named_walk", "scene_of", "slip_of", "walk_of"]

Routine = Callable[..., Any]
_SEED = 0  # the loop is an author's: any trials will do

# In both, the mistakes that have labels lead to places of their own; with more steps, those that
# run away would shrink the rest of the picture.
VALLEY = Trial(Slope(1.6, 0.0, 1.0), np.array(-2.0), 0.25, 4)
FIELD = Trial(
    Slope((1.6, 0.5), (0.0, 0.0), (1.0, -0.5), 0.1), np.array([-2.0, 1.0]), 0.25, 4, array=True
)


def height(df: Slope, u: Any) -> Any:
    """The function of which `df`, without a cubic part, is the slope; coordinates come first."""
    d = np.stack([x - c for x, c in zip(np.atleast_1d(u), np.atleast_1d(df.centre), strict=True)])
    bends = np.reshape(df.slope, (-1, *[1] * (d.ndim - 1)))
    return 0.5 * (bends * d**2).sum(axis=0) + 0.5 * df.mix * d.sum(axis=0) ** 2


@dataclass
class _Noting:
    """A slope function that notes where it was asked."""

    df: Slope
    asked: list[bytes]

    def __call__(self, x: Any) -> Any:
        self.asked.append(np.asarray(x, dtype=np.float64).tobytes())
        return self.df(np.asarray(x, dtype=np.float64) if np.ndim(x) else float(x))


def _end(loop: Routine, df: Any, trial: Trial) -> np.ndarray:
    start = trial.begin if trial.start.ndim == 0 else trial.begin.copy()
    try:
        with np.errstate(all="ignore"):
            end = np.asarray(loop(df, start, trial.step_size, trial.num_steps), dtype=np.float64)
        return end.reshape(trial.start.shape)
    except OverflowError:
        return np.full(trial.start.shape, np.inf)
    except Exception as exc:
        name = getattr(loop, "__name__", "the loop")
        raise CheckError(
            f"{name} is no routine (df, start, step_size, num_steps) that returns a place, of "
            f"numbers and of arrays: it stops with {type(exc).__name__}: {exc}"
        ) from exc


def walk_of(loop: Routine, trial: Trial) -> np.ndarray:
    """Where the loop is after 0, 1, ... of the trial's steps: (num_steps + 1, entries)."""
    counts = range(trial.num_steps + 1)
    ends = [_end(loop, trial.df, replace(trial, num_steps=n)) for n in counts]
    return np.stack([np.atleast_1d(end) for end in ends])


def named_walk(slip: Slip, trial: Trial) -> np.ndarray:
    """Where a loop with this mistake would be, as `walk_of` has it."""
    trials = draw_trials(_SEED)
    loop = next(f for words, f in loops_with(slip.misconception, trials) if slip.among(words))
    steps = [replace(trial, num_steps=n) for n in range(trial.num_steps + 1)]
    with np.errstate(all="ignore"):
        return np.stack([np.atleast_1d(np.asarray(loop(t), dtype=np.float64)) for t in steps])


def scene_of(loop: Routine) -> Trial:
    """The valley, or the field for a loop whose mistake does not show in a valley."""
    walk, true = walk_of(loop, VALLEY), np.reshape(VALLEY.path(), (-1, 1))
    shows = any(not same(u, v, VALLEY) for u, v in zip(walk, true, strict=True))
    return VALLEY if shows else FIELD


def _hit(loop: Routine) -> Hit | None:
    # Long walks tell how steps are counted, which shorter ones do as well, and take the most time.
    trials = [t for t in draw_trials(_SEED) if t.kind != "long"]
    noting = [_Noting(t.df, []) for t in trials]
    ends = [_end(loop, df, t) for df, t in zip(noting, trials, strict=True)]
    counts = [len(df.asked) for df in noting]
    return name_loop(trials, ends, counts, [len(set(df.asked)) for df in noting])


def slip_of(loop: Routine) -> Slip:
    """The mistake of a loop.

    Raises:
        CheckError: it is no routine, makes no mistake, or one that has no label.
    """
    hit = _hit(loop)
    name = getattr(loop, "__name__", "the loop")
    if hit is None:
        raise CheckError(
            f"{name} makes no mistake that is known: give a loop that makes one of "
            f"{', '.join(repr(s.label) for s in SLIPS)}."
        )
    found = [s for s in SLIPS if s.misconception == hit[0] and s.among(hit[1])]
    if not found:
        raise CheckError(
            f"{name} makes the mistake {hit[0]!r}, for which there is no label: add one to "
            "autograder/checks/misconceptions/slips.py."
        )
    return found[0]
