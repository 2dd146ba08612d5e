"""What the arrays of this room hold, by shape and dtype: one name each, which tests execute.

Letters are the same number within one function: p places of n coordinates; k entries that an answer
has at a place; m distances along a line, or directions. Under pytest jaxtyping and beartype look at
each call (tests/conftest.py). A student's session has neither, and there they are plain arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

try:
    from jaxtyping import Bool, Float, Int, Shaped
except ImportError:
    if not TYPE_CHECKING:

        class Shaped:
            """An array of any shape."""

            def __class_getitem__(cls, about: Any) -> Any:
                return about[0]

        Bool = Float = Int = Shaped

__all__ = [
    "Batch",
    "Batched",
    "Bool",
    "Certain",
    "Clusters",
    "Curvatures",
    "Directions",
    "Distances",
    "Entries",
    "Float",
    "Hessian",
    "Indices",
    "Int",
    "Lines",
    "Mask",
    "OtherPoints",
    "Others",
    "Path",
    "Point",
    "Points",
    "Right",
    "Shaped",
    "Slope",
    "Slopes",
    "Steps",
    "Tensor",
    "Truths",
    "Values",
]

Point = Float[np.ndarray, "n"]
"""A place: all coordinates of all arguments, flat."""
Points = Float[np.ndarray, "p n"]
"""Places."""
Path = Float[np.ndarray, "steps n"]
"""The iterates of a walk, the start among them."""
OtherPoints = Float[np.ndarray, "others n"]
"""Places beside those."""
Batch = Shaped[np.ndarray, "p n"]
"""Places in either precision."""
Batched = Shaped[np.ndarray, "p ..."]
"""What a function gives for a batch."""
Values = Float[np.ndarray, "p"]
"""A number at each place."""
Entries = Float[np.ndarray, "p k"]
"""What a derivative is at each place, its entries flat."""
Tensor = Float[np.ndarray, "p *order"]
"""A derivative at each place, with an axis of n for each order."""
Truths = Bool[np.ndarray, "p decisions"]
"""What a function decides at each place."""
Right = Bool[np.ndarray, "p k"]
"""Which entries are right."""
Mask = Bool[np.ndarray, "p"]
"""Which places."""
Others = Int[np.ndarray, "picked"]
"""Further places by their number."""
Clusters = Int[np.ndarray, "clusters 5"]
"""Places with four neighbours each, by their number."""
Indices = Int[np.ndarray, "chosen"]
"""Places, or coordinates, by their number."""
Slope = Float[np.ndarray, "k"]
"""The gradient at one place, in the coordinates that may move."""
Slopes = Float[np.ndarray, "p k"]
"""The same at each place."""
Hessian = Float[np.ndarray, "k k"]
"""The Hessian at one place, in the coordinates that may move."""
Distances = Float[np.ndarray, "m"]
"""Distances along a line, or a number for each."""
Directions = Float[np.ndarray, "k m"]
"""Directions, a column each."""
Steps = Float[np.ndarray, "m k"]
"""Ways to go, a row each, in the coordinates that may move."""
Curvatures = Float[np.ndarray, "m"]
"""A curvature for each direction."""
Certain = Bool[np.ndarray, "m"]
"""Which directions."""
Lines = Float[np.ndarray, "m n"]
"""The places at distances along a line."""
