"""A walk to play with: start, step size and number of steps, with sliders where they can be had.

Sliders are ipywidgets', which is used where it is installed and never asked for. Without it, and
wherever nobody moves a slider, the same numbers give the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import draw
from ..checks.landscape import Landscape
from ..checks.wording import number
from ..draw.output import keep
from ..practice.notebook import kernel
from .card import Unfit, calm, is_practice

__all__ = ["Interval", "draw_walk", "grows", "inside", "walk"]

Interval = tuple[float, float]

MOST_STEPS = 200
_ARROWS = 12  # steps; more of them hide one another
_SIZES = (-3.0, 0.5)  # of the steps, as powers of ten
_WORDS = "Where a notebook can show them, three sliders stand here."


def walk(
    of: Callable[[Any], Any], start: float, step_size: float, num_steps: int, *, on: Interval
) -> None:
    """Gradient descent on a function of one number, drawn; sliders above it change the numbers.

    Args:
        of: a function of one number that JAX can differentiate.
        start: where the walk begins.
        step_size: of the walk.
        num_steps: of the walk; at most 200 are made.
        on: the interval that is drawn, in the units of x.
    """
    with calm():
        knobs = _read(start, step_size, num_steps)
        picture, words = _picture(of, knobs, on)
        widgets = _ipywidgets() if kernel() is not None and is_practice() else None
        if widgets is None:
            picture.show(words)
            return
        shown: list[Any] = []

        def again(*moved: float) -> None:
            drawn, said = _picture(of, _read(*moved), on)
            keep(drawn.axes.figure, said, shown[0])

        _show_sliders(widgets, knobs, on, again)
        shown.append(keep(picture.axes.figure, words))


def _read(start: Any, step_size: Any, num_steps: Any) -> tuple[float, float, int]:
    """The three numbers; raises Unfit for what are none."""
    try:
        x, size, count = float(start), float(step_size), int(num_steps)
    except (TypeError, ValueError, OverflowError) as problem:
        raise Unfit("Start, step size and number of steps must be numbers.") from problem
    if not (math.isfinite(x) and math.isfinite(size)):
        raise Unfit("The start and the step size must be finite numbers.")
    return x, size, min(max(count, 0), MOST_STEPS)


def _picture(
    of: Callable[[Any], Any], knobs: tuple[float, float, int], on: Interval
) -> tuple[Any, str]:
    """The picture of a walk, and what it shows in words."""
    import jax

    start, step_size, num_steps = knobs
    slope, path = jax.grad(of), [start]
    while len(path) <= num_steps and math.isfinite(path[-1]):
        path.append(path[-1] - step_size * float(slope(path[-1])))
    count, size, first = f"{num_steps} steps", number(step_size), number(start)
    stays = len(inside(path, on)) == len(path)
    end = f"It ends at {number(path[-1])}." if stays else "It leaves the picture."
    gone = "" if stays else ": it leaves the picture"
    picture = _drawn(of, path, on, f"start {first}, step size {size}, {count}{gone}")
    return picture, f"On the curve, {count} of gradient descent of size {size} from {first}. {end}"


def _drawn(
    of: Callable[[Any], Any], path: Sequence[float], on: Interval, title: str
) -> draw.Picture:
    shown = inside(path, on)
    picture = draw.curve(of, on=on, title=title)
    picture.axes.set_xlim(*on)
    bottom, top = picture.axes.get_ylim()
    picture.axes.set_ylim(bottom - 0.08 * (top - bottom), top)
    if shown:
        picture.walk(shown, arrows=len(shown) <= _ARROWS)
    return picture


def draw_walk(of: Callable[[Any], Any], path: Sequence[float], on: Interval) -> None:
    """The curve and a walk on it, as far as it stays in the picture."""
    steps = "1 step" if len(path) == 2 else f"{len(path) - 1} steps"
    picture = _drawn(of, path, on, f"{steps} from {number(path[0])}")
    ends = f"from {number(path[0])} to {number(path[-1])}"
    picture.show(f"The curve, and on it a walk of {steps}, {ends}.")


def inside(path: Sequence[float], on: Interval) -> list[float]:
    """The iterates of a walk before the first that is outside of an interval."""
    low, high = min(on), max(on)
    out = next((k for k, x in enumerate(path) if not low <= x <= high), len(path))
    return list(path[:out])


def grows(landscape: Landscape, path: np.ndarray) -> bool:
    """Whether a walk (k, n) ends higher and on steeper ground than it began, or on none."""
    if not np.isfinite(path).all():
        return True
    first, last = (float(np.abs(landscape.slope(u)).max()) for u in (path[0], path[-1]))
    if last <= max(first, 1e-6):
        return False
    # Beside a hilltop, a walk that goes well comes to steeper ground, and downhill.
    return not landscape.value(path[-1]) <= landscape.value(path[0])


def _ipywidgets() -> Any:
    """The package where it is there, else None."""
    try:
        import ipywidgets  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except Exception:  # noqa: BLE001 - half an installation is none
        return None
    return ipywidgets


def _show_sliders(
    widgets: Any, knobs: tuple[float, float, int], on: Interval, again: Callable[..., None]
) -> None:
    """Three sliders, which draw again when one is let go."""
    from IPython.display import display

    start, step_size, num_steps = knobs
    wide: Any = {
        "continuous_update": False,  # a picture takes a moment
        "style": {"description_width": "9em"},
        "layout": {"width": "30em"},
    }
    low, high = min(*on, start), max(*on, start)
    size = min(max(step_size, 10.0 ** _SIZES[0]), 10.0 ** _SIZES[1])
    sliders = [
        widgets.FloatSlider(start, min=low, max=high, step=0.1, description="start", **wide),
        widgets.FloatLogSlider(
            size, min=_SIZES[0], max=_SIZES[1], step=0.05, description="step size", **wide
        ),
        widgets.IntSlider(num_steps, max=max(30, num_steps), description="number of steps", **wide),
    ]
    for slider in sliders:
        slider.observe(lambda _: again(*(s.value for s in sliders)), names="value")
    # Where no front end shows widgets, as on a page, these words stand in their place.
    bundle = dict(widgets.VBox(sliders)._repr_mimebundle_() or {})
    display({**bundle, "text/plain": _WORDS}, raw=True)
