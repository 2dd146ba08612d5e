"""Predict, then see: a guess is made before the picture is drawn, and then compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import draw
from ..answers.local import ask
from ..checks.landscape import Descent, Landscape
from ..checks.questions import Found, Look, Value
from ..checks.reading import read_label, read_numbers
from ..checks.wording import number, place
from .card import Unfit, practised, tell
from .knobs import Interval, draw_walk, grows, inside

__all__ = ["predict_divergence", "predict_end", "predict_side"]

_KINDS = ("minimum", "saddle", "maximum")
_MOST_STEPS = 10_000
_STILL = 1e-3  # of a coordinate: what a slope that is zero but for rounding moves it


def _guessed(guess: Any, choices: Sequence[str]) -> str:
    """Which of the choices, texts or numbers in digits, was guessed; "?" to be told.

    Raises:
        Unfit: none of them yet; the message asks for one.
    """
    (reply,) = ask([Look("guess")], {"guess": guess})
    value = reply.value if isinstance(reply, Found) else Value("other", "")
    *most, last = (c if c[0].isdigit() else f'"{c}"' for c in choices)
    how = f"{', '.join(most)} or {last}"
    if value.kind == "text" and value.text.strip() == "?":
        return "?"
    found = read_label(value, choices)
    numbers = read_numbers(value)
    if found is None and isinstance(numbers, np.ndarray) and numbers.size == 1:
        guessed = float(numbers.reshape(()))
        found = next((c for c in choices if c[0].isdigit() and float(c) == guessed), None)
    if found is not None:
        return found
    if value.kind == "nothing":
        raise Unfit(
            f"What do you think? Write {how} in place of the dots, and run this cell again. "
            'With no idea at all, write "?" and look.'
        )
    raise Unfit(f"Your guess is none of these: {how}. Choose one, and run this cell again.")


def _compare(guess: str, truth: str, *, said: str, why: str) -> None:
    """Tell how the guess and what happened go together.

    Args:
        guess: one of the choices, or "?".
        truth: the one that came true, or what else happened.
        said: what happened, as a clause: "the walk went right".
        why: the reason, as a clause.
    """
    if guess == "?":
        tell(f"{said[0].upper()}{said[1:]}: {why}.")
    elif guess == truth:
        tell(f"✓ You said *{guess}*, and so it is: {why}.")
    else:
        tell(f"You said *{guess}*; {said}: {why}.")


def _walked(
    of: Callable[..., Any], start: Any, step_size: float, num_steps: int
) -> tuple[Landscape, np.ndarray]:
    """The ground, and the walk on it in float64, (num_steps + 1, n)."""
    try:
        first = np.asarray(start, dtype=np.float64)
        size, count = float(step_size), int(num_steps)
    except (TypeError, ValueError) as problem:
        raise Unfit("Start, step size and number of steps must be numbers.") from problem
    if not (np.isfinite(first).all() and math.isfinite(size) and 0 < count <= _MOST_STEPS):
        raise Unfit(f"The number of steps goes from 1 to {_MOST_STEPS}, and no number is infinite.")
    landscape = Landscape(of, first if first.ndim else float(first))
    path = landscape.iterates(Descent(tuple(first.ravel().tolist()), size, count))
    if path is None:
        raise Unfit("JAX cannot differentiate this function: is it written with `jnp`?")
    return landscape, path


@practised
def predict_side(
    guess: Any,
    *,
    of: Callable[[Any], Any],
    start: float,
    step_size: float,
    num_steps: int = 1,
    on: Interval,
) -> None:
    """Does a walk go left or right? The guess first, then the picture, and why.

    Args:
        guess: "left" or "right"; `...` while there is none, "?" to be told.
        of: a function of one number that JAX can differentiate.
        start: where the walk begins.
        step_size: of the walk.
        num_steps: 1 asks for the first step, more for the side on which the walk ends.
        on: the interval that is drawn, in the units of x.
    """
    guessed = _guessed(guess, ("left", "right"))
    landscape, path = _walked(of, start, step_size, num_steps)
    x, end = float(path[0, 0]), float(path[-1, 0])
    slope = float(landscape.slope(path[0])[0])
    draw_walk(of, path[:, 0].tolist(), on)
    if grows(landscape, path):
        said, why, truth = "the walk ran away", "each step overshot by more than the last", ""
    elif end == x:
        said, truth = "the walk stays where it is", ""
        why = f"at {number(x)} the slope is 0, and nothing tells it which way is down"
    else:
        truth = "left" if end < x else "right"
        sign = "positive" if slope > 0 else "negative"
        said = f"the walk went *{truth}*"
        why = f"at {number(x)} the slope is {number(slope)}, {sign}, and a step goes against it"
        if (end < x) != (slope > 0):
            why = "its steps were so long that they crossed to the other side"
        elif num_steps > 1:
            why += "; a walk feels the ground under its feet, and nothing of the other valley"
    _compare(guessed, truth, said=said, why=why)


@practised
def predict_divergence(
    guess: Any,
    *,
    of: Callable[[Any], Any],
    step_sizes: Sequence[float],
    start: float,
    num_steps: int = 6,
    on: Interval,
) -> None:
    """Which of these step sizes diverges? The guess first, then a picture for each, and why.

    Args:
        guess: one of the step sizes; `...` while there is none, "?" to be told.
        of: a function of one number that JAX can differentiate.
        step_sizes: two or more, of which one diverges.
        start: where the walks begin.
        num_steps: of each walk.
        on: the interval that is drawn, in the units of x.
    """
    guessed = _guessed(guess, [f"{size:g}" for size in step_sizes])
    panels, diverging, bend = draw.panels(len(step_sizes)), [], 0.0
    for panel, size in zip(panels, step_sizes, strict=True):
        landscape, path = _walked(of, start, size, num_steps)
        bend = float(landscape.hessian(path[0])[0, 0])
        shown = inside(path[:, 0].tolist(), on)
        panel.curve(of, on=on, title=f"step size {size:g}", y="height").walk(shown, end=False)
        if grows(landscape, path):
            diverging.append(size)
    sizes = ", ".join(f"{size:g}" for size in step_sizes)
    panels.show(f"Side by side, walks of {num_steps} steps with step sizes {sizes}, and where each "
                "of them goes.")  # fmt: skip
    if len(diverging) != 1:
        raise Unfit(f"Of these step sizes, {len(diverging)} diverge; choose them so that 1 does.")
    factor = {size: number(1 - size * bend) for size in step_sizes}
    why = (
        f"where it starts, the second derivative is {number(bend)}, so one step of "
        f"{diverging[0]:g} multiplies the distance by {factor[diverging[0]]}, and overshoots by "
        "more than it gains"
    )
    chosen = next((size for size in step_sizes if f"{size:g}" == guessed), diverging[0])
    if chosen != diverging[0]:
        why += f"; a step of {chosen:g} multiplies it by {factor[chosen]}, and comes nearer"
    truth = f"{diverging[0]:g}"
    _compare(guessed, truth, said=f"it is *{truth}* that diverges", why=why)


@practised
def predict_end(
    guess: Any,
    *,
    of: Callable[[Any], Any],
    start: Sequence[float],
    step_size: float,
    num_steps: int,
    on: tuple[Interval, Interval],
) -> None:
    """Does a walk on a map end in a minimum, on a saddle or on a maximum? Guess, see, and why.

    Args:
        guess: "minimum", "saddle" or "maximum"; `...` while there is none, "?" to be told.
        of: a function of one pair that JAX can differentiate.
        start: the pair where the walk begins.
        step_size: of the walk.
        num_steps: of the walk.
        on: the intervals of x and y that are drawn.
    """
    guessed = _guessed(guess, _KINDS)
    landscape, path = _walked(of, start, step_size, num_steps)

    def heights(x: Any, y: Any) -> Any:
        # Place by place, as arrays: `u.sum()` takes neither a tuple nor a whole grid at once.
        places = np.stack([np.ravel(x), np.ravel(y)], axis=1)
        return landscape.reference.value(places).reshape(np.shape(x))

    picture = draw.contours(heights, on=on, shades=True, title=f"A walk of {num_steps} steps")
    (left, right), (low, high) = on
    shown = [u for u in path.tolist() if left <= u[0] <= right and low <= u[1] <= high]
    if shown:
        picture.walk(shown, label="the walk").star(shown[-1], label="its end")
    ends = f"from {place(path[0])} to {place(path[-1])}"
    picture.show(f"The map, dark where it is low, and on it a walk {ends}.")
    found = None
    if np.isfinite(path[-1]).all() and not grows(landscape, path):
        found = landscape.nearest_stationary(path[-1], 0.1)
    if found is None:
        _compare(guessed, "", said="the walk has not arrived", why="where it stands is not level")
        return
    moved = np.abs(path - path[0]).max(axis=0)
    still = [axis for axis, distance in zip("xy", moved, strict=True) if distance < _STILL]
    where = "on a *saddle*" if found.kind == "saddle" else f"in a *{found.kind}*"
    why = "the slope led it down along both axes"
    if len(still) == 1:
        why = f"along {still[0]} the slope was 0 all the way, so it moved along the other axis only"
    elif still:
        why = "the slope was 0 along both axes, so it never moved"
    _compare(guessed, found.kind, said=f"the walk ended {where}", why=why)
