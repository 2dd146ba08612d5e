"""Practice without points: guess first, questions on the last notebook, knobs to turn.

    my_guess = ...  # "left" or "right"?
    coach.predict_side(my_guess, of=g, start=-1.0, step_size=0.15, on=(-1.7, 4.5))

guesses (what was guessed) → predict; recall (two questions with fresh numbers); walk (three knobs);
level (a loop that stops by itself); derivative (a function of one's own). None of it is marked:
a verb returns nothing and raises nothing, whatever it is handed, and in marking it says one line
and is done (`card.practised`).
"""

from __future__ import annotations

from .derivative import derivative
from .level import stops_when_level
from .predict import predict_divergence, predict_end, predict_side
from .recall import recall
from .walk import walk

__all__ = [
    "derivative",
    "predict_divergence",
    "predict_end",
    "predict_side",
    "recall",
    "stops_when_level",
    "walk",
]
