"""A broken descent loop: where it goes, beside where gradient descent does."""

from __future__ import annotations

import numpy as np

from ..checks.hunting import FIELD, VALLEY, Routine, height, scene_of, walk_of
from ..checks.trials import Trial
from ..checks.wording import number, place
from .panels import Panels
from .picture import Picture

__all__ = ["hunt"]


def hunt(loop: Routine) -> Picture:
    """Where a loop is after 0, 1, 2, ... steps, and where gradient descent would be.

    In a valley; on a map where the mistake does not show in a valley. The picture knows its own
    words: `draw.hunt(loop).show()`.

    Args:
        loop: a routine (df, start, step_size, num_steps) that returns a place.
    """
    trial = scene_of(loop)
    walk, true = walk_of(loop, trial), np.reshape(trial.path(), (-1, trial.start.size))
    picture = _on_map(walk, true) if trial is FIELD else _in_valley(walk, true)
    picture.words = _told(trial, walk, true)
    return picture


def _in_valley(walk: np.ndarray, true: np.ndarray) -> Picture:
    places, due = walk[:, 0].tolist(), true[:, 0].tolist()
    low, high = min(*places, *due), max(*places, *due)
    room = 0.15 * (high - low)
    made = Panels(2, size=(9.5, 3.6), shared=False)
    valley = made[0].curve(
        lambda x: height(VALLEY.df, np.asarray(x)[None]),
        on=(low - room, high + room),
        title="Where the broken loop goes",
        y="height",
    )
    valley.walk(places, arrows=True)
    counts = range(len(places))
    made[1].track(counts, due, label="gradient descent").track(counts, places, label="this loop")
    made[1].name("The same walk, step by step", "steps", "x")
    made[1].axes.set_xticks(counts)
    return made[1]


def _on_map(walk: np.ndarray, true: np.ndarray) -> Picture:
    seen = np.concatenate([walk, true, [FIELD.df.centre]])
    low, high = seen.min(axis=0) - 0.8, seen.max(axis=0) + 0.8
    picture = Panels(1, size=(6.4, 4.8))[0]
    on = ((float(low[0]), float(high[0])), (float(low[1]), float(high[1])))
    picture.contours(lambda x, y: height(FIELD.df, np.stack([x, y])), on,
                     title="Where the broken loop goes")  # fmt: skip
    picture.walk(true, label="gradient descent").walk(walk, label="this loop")
    return picture.star(FIELD.df.centre, label="bottom")


def _told(trial: Trial, walk: np.ndarray, true: np.ndarray) -> str:
    return (
        f"A valley, its bottom at {place(trial.df.centre)}. With a step size of "
        f"{number(trial.step_size)}, after 0, 1, 2, ... steps the broken loop is at "
        f"{', '.join(place(u) for u in walk)}; gradient descent is at "
        f"{', '.join(place(u) for u in true)}."
    )
