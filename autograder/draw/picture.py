"""One picture: a curve or a map, and what is drawn on it, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..feedback.palette import BLACK, BLUE, GREEN, VERMILION
from .output import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Interval", "Picture"]

Interval = tuple[float, float]

_STYLES = ((BLUE, "-", "o"), (VERMILION, "--", "s"), (GREEN, "-.", "^"))
_FINE, _COARSE = 201, 41  # places of a curve; the second where a function takes one at a time
_GRID = 81
_SHADES = "cividis"  # made for colour-blind eyes: doi 10.1371/journal.pone.0199239
_STEPS = 3  # of a walk with arrows, those that are numbered
_NO_ANSWER: Any = ...


class Picture:
    """Axes to draw on. Each verb draws and returns the picture, so that they can be chained.

    Places are numbers x on a curve, and pairs (x, y) on a map. What is still `...` counts as 0.
    """

    def __init__(self, axes: Any) -> None:
        self.axes: Axes = axes
        self._f: Callable[[Any], Any] | None = None
        self._on: Interval = (0.0, 1.0)
        self._shaded = False
        self.words = ""
        self._curves = self._walks = 0

    # ------------------------------------------------------------------ what there is to see

    def curve(
        self,
        f: Callable[[Any], Any],
        on: Interval | None = None,
        *,
        label: str = "",
        title: str = "",
        x: str = "x",
        y: str = "",
        style: int | None = None,
    ) -> Picture:
        """The graph of `f`, a function of a number, which later verbs draw upon."""
        self._f, self._on = f, on or self._on
        colour, line, _ = _STYLES[(self._curves if style is None else style) % len(_STYLES)]
        self._curves += 1
        xs, heights = _graph(f, self._on)
        self.axes.plot(xs, heights, color=colour, linestyle=line, label=label or None)
        self._name(title, x, y or _name_of(f, x))
        self.axes.grid(alpha=0.3)
        return self

    def dots(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        label: str = "",
        log: bool = False,
        title: str = "",
        x: str = "x",
        y: str = "y",
    ) -> Picture:
        """Dots at (x, y)."""
        if log:
            self.axes.set_yscale("log")
        heights = [_number(height) for height in ys]
        self.axes.plot(xs, heights, color=BLUE, marker="o", linestyle="none", label=label or None)
        self._name(title, x, y)
        self.axes.grid(alpha=0.3)
        return self

    def track(self, xs: Sequence[float], ys: Sequence[float], *, label: str) -> Picture:
        """Dots at (x, y), joined in their order."""
        colour, line, marker = _STYLES[self._curves % len(_STYLES)]
        self._curves += 1
        self.axes.plot(xs, ys, color=colour, linestyle=line, marker=marker, label=label)
        self.axes.grid(alpha=0.3)
        return self

    def name(self, title: str, x: str, y: str) -> Picture:
        """The title, and what the axes show."""
        self._name(title, x, y)
        return self

    def contours(
        self,
        f: Callable[[Any, Any], Any],
        on: tuple[Interval, Interval],
        *,
        title: str = "",
        levels: int | Sequence[float] = 8,
        shades: bool = False,
        numbered: bool = False,
    ) -> Picture:
        """The map of `f(x, y)`: lines of equal height, or shades from dark (low) to bright.

        `numbered`: with the heights.
        """
        X, Y, Z = _grid(f, on)
        self._shaded = shades
        if shades:
            filled = self.axes.contourf(X, Y, Z, levels=levels, cmap=_SHADES)
            if numbered:
                self.axes.figure.colorbar(filled, ax=self.axes, label="height")
        else:
            colour = BLUE if numbered else "gray"
            lines = self.axes.contour(
                X,
                Y,
                Z,
                levels=levels,
                colors=colour,
                linestyles="-",
                linewidths=0.8 + 0.7 * numbered,
            )
            if numbered:
                self.axes.clabel(lines)
        self._name(title, "x", "y")
        self.axes.set_aspect("equal")
        return self

    def surface(
        self, f: Callable[[Any, Any], Any], on: tuple[Interval, Interval], *, title: str = ""
    ) -> Picture:
        """`f(x, y)` in three dimensions."""
        X, Y, Z = _grid(f, on)
        axes: Any = self.axes
        axes.plot_surface(X, Y, Z, cmap=_SHADES, rcount=60, ccount=60)
        self._name(title, "x", "y")
        axes.set_zlabel("height")
        axes.locator_params(axis="z", nbins=4)
        axes.view_init(elev=48, azim=-66)
        width, depth = np.ptp(X), np.ptp(Y)
        axes.set_box_aspect((width, depth, 0.45 * max(width, depth)), zoom=0.95)
        return self

    # ------------------------------------------------------------------ what is drawn upon it

    def tangents(
        self,
        f_prime: Callable[[Any], Any],
        at: Iterable[float],
        *,
        label: str = "",
        slopes: bool = False,
    ) -> Picture:
        """Lines through the curve with the slopes of `f_prime`; `slopes`: their numbers beside."""
        reach = 0.12 * (self._on[1] - self._on[0]) * np.array([-1.0, 1.0])
        for x in map(float, at):
            slope, height = _value(f_prime, x), self._height(x)
            self.axes.plot(x + reach, height + slope * reach, color=VERMILION, linestyle="--")
            self.axes.plot(x, height, color=VERMILION, marker="o")
            if slopes:
                number = f"{slope:+.3g}".replace("-", "−") if slope else "0"
                self._write(number, (x, height), (12, -4) if slope else (-4, 9))
        if label:
            self.axes.plot([], [], color=VERMILION, linestyle="--", marker="o", label=label)
        return self

    def points(self, at: Iterable[Any], *, label: str = "", text: str = "") -> Picture:
        """Dots at these places; `text` beside each, in which {:g} is its x."""
        places = [self._place(where) for where in at]
        colour = "white" if self._shaded else VERMILION
        for place in places:
            self.axes.plot(*place, color=colour, marker="o")
            near_the_end = place[0] > self._on[0] + 0.8 * (self._on[1] - self._on[0])
            offset, side = ((-10, -4), "right") if near_the_end else ((10, -4), "left")
            self._write(text.format(place[0]).replace("-", "−"), place, offset, side)
        if label:
            edge: Any = {"markeredgecolor": BLACK} if self._shaded else {}
            self.axes.plot([], [], color=colour, marker="o", linestyle="", label=label, **edge)
        return self

    def star(self, where: Any, label: str) -> Picture:
        """A star at one place."""
        colour = GREEN if self._f is not None else VERMILION if self._shaded else BLACK
        edge: Any = {"markeredgecolor": "white"} if self._f is None else {}
        self.axes.plot(
            *self._place(where),
            marker="*",
            markersize=15,
            color=colour,
            linestyle="none",
            label=label,
            **edge,
        )
        return self

    def walk(
        self, path: Iterable[Any], *, label: str = "", arrows: bool = False, end: bool = True
    ) -> Picture:
        """The places of a walk in their order.

        `arrows`: from each to the next, the first named; `end`: the last place has a sign.
        """
        places = [self._place(where) for where in path]
        if self._f is None:
            colour, line, marker = _STYLES[self._walks % len(_STYLES)]
            self._walks += 1
            named: Any = {"label": label or None, "markersize": 5, "linestyle": line}
            self.axes.plot(*zip(*places, strict=True), color=colour, marker=marker, **named)
        elif arrows:
            self._arrows_along(places)
        else:
            self.axes.plot(*zip(*places, strict=True), color=VERMILION, linestyle="--", marker="o")
            if end:
                self.axes.plot(*places[-1], color=GREEN, marker="s", markersize=9)
                self._write("end", places[-1], (8, -16))
            self.axes.margins(y=0.12)  # room for it below a valley
        return self

    def _arrows_along(self, places: Sequence[tuple[float, float]]) -> None:
        arrow = {"arrowstyle": "-|>", "color": VERMILION, "connectionstyle": "arc3,rad=-0.45"}
        for number, (here, there) in enumerate(pairwise(places), start=1):
            self.axes.annotate("", xy=there, xytext=here, arrowprops=arrow)
            if number <= _STEPS:
                middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
                self._write(f"step {number}", middle, (20, 10))
        self.axes.plot(*zip(*places, strict=True), color=VERMILION, marker="o", linestyle="none")
        self._write("start", places[0], (-34, -6))

    def arrows(self, places: Iterable[Any], tips: Iterable[Any]) -> Picture:
        """An arrow from each place to its tip."""
        arrow = {"arrowstyle": "-|>", "color": VERMILION, "linewidth": 2}
        for where, to in zip(places, tips, strict=True):
            place = self._place(where)
            self.axes.annotate("", xy=self._place(to), xytext=place, arrowprops=arrow)
            self.axes.plot(*place, color=VERMILION, marker="o")
        return self

    def starts(self, starts: Iterable[float], ends: Iterable[Any]) -> Picture:
        """Where walks begin, as triangles that point to the side of 0 on which each ends."""
        for start, end in zip(starts, ends, strict=True):
            colour, marker = (VERMILION, "<") if _number(end) < 0 else (GREEN, ">")
            self.axes.plot(*self._place(start), color=colour, marker=marker, markersize=8)
        for colour, marker, side in ((VERMILION, "<", "left"), (GREEN, ">", "right")):
            named: Any = {"linestyle": "none", "label": f"ends {side} of zero"}
            self.axes.plot([], [], color=colour, marker=marker, **named)
        return self

    def level(self, height: Any, label: str) -> Picture:
        """A dotted line at one height."""
        self.axes.axhline(_number(height), color=BLACK, linestyle=":", label=label)
        return self

    def upright(self, x: Any, label: str) -> Picture:
        """A dashed line at one x."""
        self.axes.axvline(_number(x), color=VERMILION, linestyle="--", label=label)
        return self

    # ------------------------------------------------------------------ the end

    def show(self, alt: str = "") -> None:
        """Show the figure that this is part of; `alt` says in words what it shows.

        It may be left out where the picture has words of its own.
        """
        if self.axes.get_legend_handles_labels()[0]:
            # Beside a map, where it covers nothing; a curve leaves room.
            beside: Any = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
            is_map = self._f is None and self.axes.get_aspect() != "auto"
            self.axes.legend(**(beside if is_map else {}))
        figure: Any = self.axes.figure
        show(figure, alt or self.words)

    # ------------------------------------------------------------------ places

    def _height(self, x: float) -> float:
        assert self._f is not None
        return _value(self._f, x)

    def _place(self, where: Any) -> tuple[float, float]:
        if self._f is not None:
            x = _number(where)
            return x, self._height(x)
        x, y = (0.0, 0.0) if where is _NO_ANSWER else where
        return _number(x), _number(y)

    def _name(self, title: str, x: str, y: str) -> None:
        self.axes.set(xlabel=x, ylabel=y)
        if title:
            self.axes.set_title(title)

    def _write(
        self,
        text: str,
        place: tuple[float, float],
        offset: tuple[float, float],
        side: str = "left",
    ) -> None:
        named: Any = {"textcoords": "offset points", "horizontalalignment": side}
        if text:
            self.axes.annotate(text, place, xytext=offset, **named)


def _number(value: Any) -> float:
    return 0.0 if isinstance(value, EllipsisType) else float(value)


def _value(f: Callable[[Any], Any], x: float) -> float:
    return 0.0 if isinstance(f, EllipsisType) else _number(f(x))


def _graph(f: Callable[[Any], Any], on: Interval) -> tuple[np.ndarray, np.ndarray]:
    """Places of an interval, and the heights there: at once where NumPy's way will do."""
    xs = np.linspace(*on, _FINE)
    try:
        with np.errstate(all="ignore"):
            heights = np.asarray(f(xs), dtype=np.float64)
        if heights.shape == xs.shape:
            return xs, heights
    except Exception:  # noqa: BLE001 - a function of one number, such as jax.grad's
        pass
    xs = np.linspace(*on, _COARSE)
    return xs, np.array([_value(f, float(x)) for x in xs])


def _grid(
    f: Callable[[Any, Any], Any], on: tuple[Interval, Interval]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, Y = np.meshgrid(np.linspace(*on[0], _GRID), np.linspace(*on[1], _GRID))
    return X, Y, np.asarray(f(X, Y), dtype=np.float64)


def _name_of(f: Callable[[Any], Any], x: str) -> str:
    name = getattr(f, "__name__", "")
    return f"{name}({x})" if name.isidentifier() else "height"
