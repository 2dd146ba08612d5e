"""The labels of a bug hunt: what a loop's mistake is called, and what its walk looks like.

A label stands for a misconception of the catalogue, whose hypothesis (`loops`) says where such a
loop goes. The words in `looks` complete "If it were that mistake, ...".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["SLIPS", "Slip"]


def _any(words: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Slip:
    """A mistake of a descent loop, as a student names it.

    Attributes:
        label: what a student writes.
        misconception: its id in the catalogue.
        looks: what a walk with it looks like.
        among: which loops of that misconception, by the words that are told of each.
    """

    label: str
    misconception: str
    looks: str
    among: Callable[[dict[str, Any]], bool] = _any


SLIPS = (
    Slip(
        "uphill",
        "ascent",
        "each step would lead away from the bottom, and be longer than the one before",
    ),
    Slip(
        "slope once",
        "stale_gradient",
        "all steps would be equally long, and the walk would run through the bottom and out again",
    ),
    Slip(
        "from the start",
        "steps_from_start",
        "the walk would come back to the start for each step, and never get far from there",
    ),
    Slip(
        "step added",
        "step_added",
        "the walk would go on moving even where the ground is level",
    ),
    Slip(
        "one too few",
        "off_by_one_steps",
        "the walk would be right but late: after two steps it would be where one step leads",
        lambda words: words["steps"] == words["num_steps"] - 1,
    ),
    Slip(
        "one too many",
        "off_by_one_steps",
        "the walk would be right but early: with no step at all it would have left the start",
        lambda words: words["steps"] == words["num_steps"] + 1,
    ),
    Slip("never moves", "start_returned", "the walk would stay at the start"),
    Slip(
        "only one step",
        "one_step_only",
        "the walk would stay where the first step leads, however many steps it is asked for",
    ),
    Slip(
        "slope squared",
        "squared_gradient",
        "all steps would go to the same side, since a square has no sign",
    ),
    Slip(
        "no step size",
        "no_step_size",
        "each step would be as long as the slope is large, and here that is beyond the bottom",
    ),
    Slip(
        "coordinates swapped",
        "coordinates_swapped",
        "a walk of one number would be right, and on a map each coordinate would move by the slope "
        "of the other",
    ),
)
