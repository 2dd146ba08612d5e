"""The paper: one picture, or several side by side or one below the other."""

from __future__ import annotations

from typing import Any

from ..feedback.palette import BLACK
from .picture import Picture

__all__ = ["Panels"]


class Panels(list[Picture]):
    """The pictures of one figure.

    Args:
        count: how many.
        down: whether they stand one below the other.
        size: of the figure, in inches.
        solid: whether the first has three dimensions.
        shared: whether heights are to be compared from one to the next.
    """

    def __init__(
        self,
        count: int,
        *,
        down: bool = False,
        size: tuple[float, float] | None = None,
        solid: bool = False,
        shared: bool = True,
    ) -> None:
        import matplotlib.pyplot as plt

        if size is None:
            widths = {1: 6.4, 2: 8.0}
            size = (6.4, 2.2 * count) if down else (widths.get(count, 9.5), 3.2 + 0.4 * (count < 2))
        figure = plt.figure(figsize=size, layout="constrained")
        if solid:
            ways: Any = [{"projection": "3d"}, *[{}] * (count - 1)]
            axes = [figure.add_subplot(1, count, i + 1, **way) for i, way in enumerate(ways)]
        else:
            shape = (count, 1) if down else (1, count)
            found = figure.subplots(*shape, sharex=down, sharey=shared and not down, squeeze=False)
            axes = list(found.ravel())
        super().__init__(Picture(a) for a in axes)

    def join(self) -> None:
        """Arrows from each panel to the next."""
        arrow = {"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.5}
        for panel in self[:-1]:
            panel.axes.annotate(
                "", xytext=(0.86, 1.08), xy=(1.16, 1.08), xycoords="axes fraction", arrowprops=arrow
            )

    def mark_zero(self) -> None:
        """A line at height 0 in each panel."""
        for panel in self:
            panel.axes.axhline(0.0, color=BLACK, linewidth=0.8)

    def show(self, alt: str) -> None:
        """Show the figure; `alt` says in words what it shows."""
        self[-1].show(alt)
