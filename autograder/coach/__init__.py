"""Practice without points: guess first, questions on the last notebook, knobs to turn.

    my_guess = ...  # "left" or "right"?
    coach.predict_side(my_guess, of=g, start=-1.0, step_size=0.15, on=(-1.7, 4.5))

predict (a guess, then the picture); knobs (a walk with sliders); retrieval (two questions on the
notebook before); level (a loop that stops by itself); by_hand (a function of one's own); card (what
all of them share). None of it is marked: a verb returns nothing and raises nothing, whatever it is
handed, and in marking it says one line and is done (`card.practised`).
"""

from __future__ import annotations

from .by_hand import derivative
from .knobs import walk
from .level import stops_when_level
from .predict import predict_divergence, predict_end, predict_side
from .retrieval import recall

__all__ = [
    "derivative",
    "predict_divergence",
    "predict_end",
    "predict_side",
    "recall",
    "stops_when_level",
    "walk",
]
