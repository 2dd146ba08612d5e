"""Practice without points: guesses of all kinds, and what is said of them; nothing ever raises."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder import check, coach
from autograder.coach.card import FOR_PRACTICE

Said = Callable[[], str]


class Hostile:
    """Whatever one does with it raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    __repr__ = __str__ = __eq__ = __float__ = __len__ = __iter__ = __bool__ = (  # type: ignore[assignment]
        lambda self, *others: 1 / 0
    )
    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(plt, "show", lambda: None)
    yield
    plt.close("all")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: " ".join(capsys.readouterr().out.split())


def g(x: Any) -> Any:
    return x**2 - 4 * x + 1


def quartic(x: Any) -> Any:
    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3


def waves(coords: Any) -> Any:
    x, y = coords
    return jnp.sin(x) + jnp.sin(y)


def side(guess: Any, start: Any = 4.2, **other: Any) -> None:
    coach.predict_side(guess, **{"of": g, "start": start, "step_size": 0.1, "on": (-2, 5), **other})


# ------------------------------------------------------------------ predict, then see


@pytest.mark.parametrize("guess", [..., None])
def test_without_a_guess_nothing_is_shown_and_one_is_asked_for(guess: Any, said: Said) -> None:
    side(guess)
    assert plt.get_fignums() == []
    assert 'Write "left" or "right" in place of the dots' in (words := said())
    assert "4.4" not in words


@pytest.mark.parametrize("guess", ["left", "Left", " to the left.", ["left"]])
def test_a_right_guess(guess: Any, said: Said) -> None:
    side(guess)
    why = "at 4.2 the slope is 4.4, positive, and a step goes against it."
    assert said() == f"✓ You said left, and so it is: {why}"
    assert len(plt.get_fignums()) == 1


def test_a_wrong_guess_is_told_why_and_a_question_mark_is_no_guess(said: Said) -> None:
    why = "the walk went left: at 4.2 the slope is 4.4, positive, and a step goes against it."
    side("right")
    assert said() == f"You said right; {why}"
    side("?")
    assert said() == why.capitalize()


def kind(value: Any) -> str:
    return type(value).__name__


HOSTILE = [
    *("up", "", "not left", "left or right", "<b>left</b> right", "\x1b[2J", "x" * 10**6),
    *(3.0, -1, True, float("nan"), np.array([1, 2]), jnp.zeros(3), [], {}, print, Hostile),
    Hostile(),
]


@pytest.mark.parametrize("guess", HOSTILE, ids=kind)
def test_no_guess_at_all_is_told_the_choices(guess: Any, said: Said) -> None:
    side(guess)
    assert 'none of these: "left" or "right"' in said()
    coach.predict_divergence(guess, of=g, step_sizes=(0.1, 1.5), start=1.0, on=(-2, 5))
    assert "none of these: 0.1 or 1.5" in said()
    coach.predict_end(
        guess, of=waves, start=(1, 1), step_size=0.1, num_steps=9, on=((-9, 9), (-9, 9))
    )
    assert 'none of these: "minimum", "saddle" or "maximum"' in said()
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"start": 2.0}, "stays where it is: at 2 the slope is 0"),
        ({"step_size": 1.2, "num_steps": 20}, "ran away: each step overshot"),
        ({"start": "here"}, "must be numbers"),
        ({"start": Hostile()}, "It costs nothing"),
        ({"start": np.inf}, "no number is infinite"),
        ({"num_steps": 0}, "goes from 1 to"),
        ({"of": lambda x: np.sin(x)}, "`jnp`"),
        ({"of": lambda x: 1 / 0}, "It costs nothing"),
    ],
)
def test_numbers_that_somebody_changed(numbers: dict[str, Any], words: str, said: Said) -> None:
    side("right", **numbers)
    assert words.replace("`", "") in said()


def test_a_walk_that_crosses_the_hill(said: Said) -> None:
    side("left", of=quartic, start=-0.5, step_size=0.09, num_steps=9, on=(-3, 3))
    assert "✓" not in (words := said())
    assert "its steps were so long that they crossed to the other side" in words


def test_the_valley_in_which_a_walk_ends(said: Said) -> None:
    valley = {"of": quartic, "start": 0.1, "step_size": 0.005, "num_steps": 200, "on": (-2.3, 3.2)}
    coach.predict_side("right", **valley)
    assert "the walk went left: at 0.1 the slope is 2.118, positive" in said()


@pytest.mark.parametrize("guess", [0.25, "0.25", jnp.array(0.25), np.float32(0.25), [0.25]])
def test_the_step_size_that_diverges(guess: Any, said: Said) -> None:
    sizes = {"step_sizes": (0.05, 0.15, 0.25), "start": 1.0, "on": (-4, 4)}
    coach.predict_divergence(guess, of=lambda x: 5 * x**2, **sizes)
    assert "✓ You said 0.25, and so it is" in (words := said())
    assert "one step of 0.25 multiplies the distance by −1.5" in words
    coach.predict_divergence(0.15, of=lambda x: 5 * x**2, **sizes)
    assert "it is 0.25 that diverges" in (words := said())
    assert words.endswith("a step of 0.15 multiplies it by −0.5, and comes nearer.")


def test_half_a_picture_is_not_shown(said: Said) -> None:
    coach.predict_divergence("?", of=g, step_sizes=(1.4, 1.5), start=1.0, on=(-2, 5))
    assert said().startswith("○ ")
    assert plt.get_fignums() == []


def test_where_a_walk_on_a_map_ends(said: Said) -> None:
    walk = {"of": waves, "step_size": 0.1, "on": ((-4, 7), (-1, 8))}
    coach.predict_end("minimum", start=(np.pi / 2, 3.0), num_steps=100, **walk)
    assert "You said minimum; the walk ended on a saddle: along x the slope was 0" in said()
    coach.predict_end("minimum", start=(1.0, 3.0), num_steps=300, **walk)
    assert said().startswith("✓ You said minimum")
    coach.predict_end("minimum", start=(1.0, 3.0), num_steps=3, **walk)
    assert "has not arrived" in said()
    coach.predict_end("maximum", start=(np.pi / 2, np.pi / 2), num_steps=3, **walk)
    assert "it never moved" in said()


def test_a_walk_on_the_map_of_a_function_of_an_array(said: Said) -> None:
    for of in (lambda u: jnp.sin(u).sum(), lambda u: u @ u, lambda u: u.dot(u)):
        coach.predict_end(
            "minimum", of=of, start=(1.0, 3.0), step_size=0.1, num_steps=300, on=((-4, 7), (-4, 8))
        )
        assert said().startswith("✓ You said minimum")


# ------------------------------------------------------------------ in marking


EVERY: dict[str, Callable[[], None]] = {
    "predict_side": lambda: side("left"),
    "predict_divergence": lambda: coach.predict_divergence(
        0.1, of=g, step_sizes=(0.1, 1.5), start=1.0, on=(0, 1)
    ),
    "predict_end": lambda: coach.predict_end(
        "saddle", of=waves, start=(1, 1), step_size=0.1, num_steps=3, on=((0, 1), (0, 1))
    ),
    "recall": lambda: coach.recall("descent", landing=1, too_large=2),
    "stops_when_level": lambda: coach.stops_when_level(
        lambda *a: 1 / 0, of=g, start=1.0, step_size=0.1, tolerance=0.1
    ),
    "derivative": lambda: coach.derivative(lambda x: 1 / 0, of=g),
}


@pytest.mark.parametrize("verb", EVERY)
def test_in_marking_and_in_a_rubric_nothing_is_done(
    verb: str, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    with check.recording() as checks:
        EVERY[verb]()
    assert said() == FOR_PRACTICE
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    EVERY[verb]()
    assert said() == FOR_PRACTICE
    assert checks == []
    assert plt.get_fignums() == []
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")  # the student's own
    EVERY[verb]()
    assert said() != FOR_PRACTICE


def test_these_are_all_verbs_but_the_walk_which_is_drawn_in_marking_too(said: Said) -> None:
    assert {*EVERY, "walk"} == set(coach.__all__)
    with check.recording():
        coach.walk(g, -1.0, 0.15, 8, on=(-1.7, 4.5))
    (number,) = plt.get_fignums()
    assert "8 steps of gradient descent" in plt.figure(number).get_label()


# ------------------------------------------------------------------ three knobs


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ((-1.0, 0.15, 8), "8 steps of gradient descent of size 0.15 from −1. It ends at 1.827."),
        ((4.2, 1.1, 30), "It leaves the picture."),
        ((50, 0.1, 3), "It leaves the picture."),
        ((1, 0.1, 10**9), "200 steps"),
        ((1, 0.1, -3), "0 steps"),
    ],
)
def test_a_walk_is_drawn_as_its_numbers_say(knobs: Any, words: str) -> None:
    coach.walk(g, *knobs, on=(-1.7, 4.5))
    (number,) = plt.get_fignums()
    figure = plt.figure(number)
    assert words in figure.get_label()
    assert figure.axes[0].get_xlim() == pytest.approx((-1.7, 4.5))


class Shown:
    """In the place of a notebook's front end: what is displayed, and what replaces it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.displayed: list[dict[str, Any]] = []
        self.replaced: list[dict[str, Any]] = []
        monkeypatch.setattr("autograder.coach.knobs.kernel", object)
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, data: dict[str, Any], **other: Any) -> Any:
        assert other.pop("raw")
        self.displayed.append(data)
        return self if other.get("display_id") else None

    def update(self, data: dict[str, Any], **other: Any) -> None:
        assert other["raw"]
        self.replaced.append(data)


def test_a_slider_replaces_the_picture_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets = pytest.importorskip("ipywidgets")
    made: list[Any] = []
    box = widgets.VBox
    monkeypatch.setattr(widgets, "VBox", lambda sliders: made.extend(sliders) or box(sliders))
    shown = Shown(monkeypatch)
    coach.walk(g, -1.0, 0.15, 8, on=(-1.7, 4.5))
    sliders, picture = shown.displayed
    assert "application/vnd.jupyter.widget-view+json" in sliders
    assert sliders["text/plain"] == "Where a notebook can show them, three sliders stand here."
    assert "size 0.15 from −1. It ends at 1.827." in picture["text/plain"]
    start, step_size, num_steps = made
    assert (start.value, step_size.value, num_steps.value) == (-1.0, 0.15, 8)
    num_steps.value = 11
    start.value = 0.0
    assert "11 steps" in shown.replaced[0]["text/plain"]
    assert "11 steps of gradient descent of size 0.15 from 0." in shown.replaced[1]["text/plain"]
    assert len(shown.displayed) == len(shown.replaced) == 2
    assert plt.get_fignums() == []


@pytest.mark.parametrize("size", [0.0, -1.0, 1e-9, 50.0])
def test_numbers_beyond_the_sliders_are_drawn_all_the_same(
    size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ipywidgets")
    shown = Shown(monkeypatch)
    coach.walk(g, 50.0, size, 150, on=(-1.7, 4.5))
    assert "150 steps" in shown.displayed[1]["text/plain"]


def test_without_ipywidgets_the_same_picture_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = Shown(monkeypatch)
    coach.walk(g, -1.0, 0.15, 8, on=(-1.7, 4.5))
    (number,) = plt.get_fignums()
    assert "size 0.15 from −1. It ends at 1.827." in plt.figure(number).get_label()
    assert shown.displayed == []


@pytest.mark.parametrize("start", ["a", None, ..., Hostile(), np.nan, [1, 2]], ids=kind)
def test_a_walk_from_nowhere_is_a_sentence(start: Any, said: Said) -> None:
    coach.walk(g, start, 0.1, 3, on=(-1.7, 4.5))
    assert said().startswith("○ ")
    assert plt.get_fignums() == []


# ------------------------------------------------------------------ a function of one's own


def test_a_derivative_by_hand(said: Said) -> None:
    coach.derivative(lambda x: ..., of=g)
    assert "in place of the dots" in said()
    coach.derivative(lambda x: 2 * x - 4, of=g, on=(2, -1))
    assert "✓ by_hand: right." in said()
    (number,) = plt.get_fignums()
    above, below = plt.figure(number).axes
    hand, jaxs = (line.get_ydata() for line in below.lines[:2])
    assert hand == pytest.approx(2 * np.linspace(-1, 2, len(hand)) - 4, abs=1e-5)
    assert jaxs == pytest.approx(2 * np.linspace(-1, 2, len(jaxs)) - 4, abs=1e-5)
    assert len(above.lines) == 1 + 2 * 4
    coach.derivative(lambda x: 4 - 2 * x, of=g)
    assert "Everywhere yours is minus the derivative." in said()


@pytest.mark.parametrize(
    ("by_hand", "of", "words"),
    [
        (lambda x: 1 / 0, g, "stopped with ZeroDivisionError"),
        (jnp.cos, np.sin, "JAX cannot differentiate your function"),
        (jnp.cos, lambda x: 3, "JAX cannot differentiate your function"),
        (jnp.cos, lambda x: "a", "JAX cannot differentiate your function"),
        (g(1.0), g, "give their names"),
        (jnp.cos, ..., "give their names"),
        (Hostile(), Hostile(), "○"),
    ],
    ids=kind,
)
def test_any_function_is_told_what_is_wrong(by_hand: Any, of: Any, words: str, said: Said) -> None:
    coach.derivative(by_hand, of=of)
    assert words in said()


def test_an_interval_is_two_numbers(said: Said) -> None:
    for on in ((0, 0), "ab", None):
        coach.derivative(lambda x: 2 * x - 4, of=g, on=on)  # type: ignore[arg-type]
        assert said().startswith("○ ")


def test_nothing_of_it_is_counted_as_progress(said: Said) -> None:
    from autograder.practice import progress

    before = dict(progress._verdicts)
    for verb in EVERY.values():
        verb()
    assert progress._verdicts == before
    assert os.environ.get("NBGRADER_EXECUTION") is None
