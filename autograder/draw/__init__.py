"""The notebooks' pictures, in lines that read like what they show.

    draw.curve(f, on=(-6, 4)).tangents(f_prime, at=(-5, 2)).show("A valley with two tangents.")

`show` takes the picture's description in words, for those who do not see it. An answer that is
still `...` counts as 0, so that an exercise not begun has its picture, too. Matplotlib is loaded
when something is drawn; a notebook may as well use it directly.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .hunt import hunt
from .panels import Panels
from .picture import Interval, Picture

__all__ = [
    "Picture",
    "chain",
    "contours",
    "curve",
    "dots",
    "hunt",
    "panels",
    "surface",
    "waiting_for",
]


def curve(f: Callable[[Any], Any], on: Interval, **words: Any) -> Picture:
    """The graph of `f` on an interval; see `Picture.curve` for `words`."""
    return panels(1)[0].curve(f, on=on, **words)


def dots(
    xs: Sequence[float], ys: Sequence[float], *, label: str = "", log: bool = False, **words: str
) -> Picture:
    """Dots at (x, y); `log` for a logarithmic scale of y."""
    return panels(1)[0].dots(xs, ys, label=label, log=log, **words)


def panels(count: int) -> Panels:
    """So many pictures side by side, whose heights can be compared."""
    return Panels(count)


def chain(
    functions: Mapping[str, Callable[[Any], Any]], on: Interval, *, down: bool = False
) -> Panels:
    """Functions by their titles, each made of the one before: side by side, or `down` the page."""
    made = Panels(len(functions), down=down)
    for style, (title, f) in enumerate(functions.items()):
        made[style].curve(f, on=on, title=title, y="value", style=style)
    if down:
        made.mark_zero()
    else:
        made.join()
    return made


def contours(
    f: Callable[[Any, Any], Any],
    on: tuple[Interval, Interval],
    *,
    title: str = "",
    levels: int | Sequence[float] = 8,
    shades: bool = False,
) -> Picture:
    """The map of `f(x, y)` on intervals of x and y: lines of equal height, or `shades`."""
    return Panels(1, size=(6.4, 4.8))[0].contours(f, on, title=title, levels=levels, shades=shades)


def surface(
    f: Callable[[Any, Any], Any],
    on: tuple[Interval, Interval],
    *,
    titles: tuple[str, str],
    levels: int | Sequence[float] = 8,
    shades: bool = False,
) -> Picture:
    """`f(x, y)` as a surface, and beside it as a map, which is returned."""
    made = Panels(2, size=(9.5, 4.2), solid=True)
    made[0].surface(f, on, title=titles[0])
    named: Any = {"title": titles[1], "levels": levels, "shades": shades}
    return made[1].contours(f, on, numbered=True, **named)


@contextmanager
def waiting_for(*names: str, what: str = "a picture") -> Iterator[None]:
    """Within, what is made of a student's answers; where that cannot be, a sentence instead."""
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as problem:  # noqa: BLE001 - an unfinished answer may raise anything
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
        *most, last = (f"`{name}`" for name in names)
        which = f"{', '.join(most)} and {last} work" if most else f"{last} works"
        why = "" if "ellipsis" in str(problem) else f" ({type(problem).__name__})"
        print(f"You will see {what} here once {which}{why}.")  # noqa: T201
