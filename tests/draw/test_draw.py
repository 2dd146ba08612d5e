"""The notebooks' pictures: what is drawn of functions, of answers, and of what is no answer yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder import draw
from autograder.draw.output import output


@pytest.fixture(autouse=True)
def no_figure_left() -> Iterator[None]:
    yield
    plt.close("all")


def parabola(x: Any) -> Any:
    return x**2


def lines(picture: draw.Picture) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.asarray(x), np.asarray(y)) for x, y in (a.get_data() for a in picture.axes.lines)]


@pytest.mark.parametrize(
    "f", [parabola, jax.grad(parabola), lambda x: 2.0, lambda x: float(x) ** 2, lambda x: [x][0]]
)
def test_any_function_of_a_number_has_a_graph(f: Any) -> None:
    ((xs, heights),) = lines(draw.curve(f, on=(-2, 1)))
    assert (xs[0], xs[-1]) == (-2, 1)
    assert heights == pytest.approx([float(f(float(x))) for x in xs], abs=1e-5)


def test_tangents_have_the_slopes_of_the_answer() -> None:
    picture = draw.curve(parabola, on=(-2, 2)).tangents(lambda x: -2 * x, at=(-1, 0.5))
    slopes = [np.ptp(ys) * np.sign(ys[1] - ys[0]) / np.ptp(xs) for xs, ys in lines(picture)[1::2]]
    assert slopes == pytest.approx([2, -1])


def test_dots_count_as_zero() -> None:
    """Of an answer that is not begun there is a picture, and a wrong one."""
    unanswered: Any = ...
    picture = draw.curve(unanswered, on=(0, 1)).curve(parabola).star(unanswered, "yours")
    picture.tangents(unanswered, at=[1.0]).tangents(lambda x: ..., at=[1.0])
    flat, _, star, *tangents = lines(picture)
    assert not flat[1].any()
    assert [*star[0], *star[1]] == [0, 0]
    assert all(np.ptp(heights) == 0 for _, heights in tangents)


def test_a_walk_on_a_map_is_drawn_through_its_places() -> None:
    path = [(0.0, 1.0), np.array([0.5, 0.5]), [1.0, 0.0]]
    picture = draw.contours(lambda x, y: x * y, on=((-1, 1), (-1, 1))).walk(path, label="mine")
    ((xs, ys),) = lines(picture)
    assert (xs.tolist(), ys.tolist()) == ([0.0, 0.5, 1.0], [1.0, 0.5, 0.0])


@pytest.mark.parametrize(
    ("answer", "why"),
    [(..., ""), (None, " (TypeError)"), (lambda x: 1 / 0, " (ZeroDivisionError)")],
)
def test_what_cannot_be_drawn_waits(
    answer: Any, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with draw.waiting_for("one", "two", "three"):
        draw.curve(parabola, on=(0, 1)).walk([answer(1.0)]).show("never")
    said = "You will see a picture here once `one`, `two` and `three` work"
    assert capsys.readouterr().out == f"{said}{why}.\n"
    assert plt.get_fignums() == []


def test_words_are_text_wherever_they_stand() -> None:
    words = 'x < 2 & "y" > 3'
    data, metadata = output(draw.curve(parabola, on=(0, 1)).axes.figure, words)
    assert 'alt="x &lt; 2 &amp; &quot;y&quot; &gt; 3"' in data["text/html"]
    assert metadata["image/png"]["alt"] == words
    assert data["image/png"] in data["text/html"]
