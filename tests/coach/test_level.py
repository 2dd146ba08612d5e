"""A loop that stops by itself: right ones in any style, and each slip by its name."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from autograder import coach


def func(x: Any) -> Any:
    return 3 * x**2 + 4 * x - 2


HEAD = "def walk(df, start, step_size, tolerance):\n    x, steps = start, 0\n"
LOOP = (
    "    while {goes_on}:\n"
    "        x = x - step_size * df(x)\n"
    "        steps = steps + 1\n"
    "    return x, steps"
)
GOES_ON = "abs(df(x)) >= tolerance"


def loop(goes_on: str = GOES_ON) -> str:
    return HEAD + LOOP.format(goes_on=goes_on)


RIGHT = {
    "while": loop(),
    "strictly": loop("abs(df(x)) > tolerance"),
    "not": loop("not abs(df(x)) < tolerance"),
    "squared": loop("df(x) ** 2 > tolerance ** 2"),
    "for and break": HEAD + (
        "    for steps in range(10_000):\n"
        "        slope = df(x)\n"
        "        if abs(slope) < tolerance:\n"
        "            break\n"
        "        x = x - step_size * slope\n"
        "    return x, steps"
    ),
    "the slope of the new place": HEAD + (
        "    slope = df(x)\n"
        "    while abs(slope) >= tolerance:\n"
        "        x, steps = x - step_size * slope, steps + 1\n"
        "        slope = df(x)\n"
        "    return [x, steps]"
    ),
    "arrays": loop("jnp.abs(df(x)) >= tolerance").replace(
        "start, 0", "jnp.array(start), np.int64(0)"
    ),
    "float64": loop("abs(float(df(x))) >= tolerance").replace("df(x)\n", "float(df(x))\n"),
    "recursion": (
        "def walk(df, start, step_size, tolerance):\n"
        "    if abs(df(start)) < tolerance:\n"
        "        return start, 0\n"
        "    x, steps = walk(df, start - step_size * df(start), step_size, tolerance)\n"
        "    return x, steps + 1"
    ),
}  # fmt: skip

WRONG = {
    "no abs": (loop("df(x) >= tolerance"), "From −4.2, walk stops without a step"),
    "no abs, said": (loop("df(x) >= tolerance"), "Which function drops a sign?"),
    "turned round": (loop("abs(df(x)) < tolerance"), "From 4.2, walk stops without a step"),
    "return in the loop": (
        loop().replace("    return x, steps", "        return x, steps"),
        "stops after its first step; the slope is still 20.44",
    ),
    "the value": (loop("abs(func(x)) >= tolerance"), "does not stop"),
    "the value, signed": (loop("func(x) >= tolerance"), "where the height is near 0"),
    "the place": (loop("abs(x) >= tolerance"), "does not stop"),
    "never": (loop("True"), "29 steps make the slope smaller than 0.001"),
    "never, whatever comes": (
        HEAD + (
            "    while True:\n"
            "        try:\n"
            "            x = x - step_size * df(x)\n"
            "        except Exception:\n"
            "            pass"
        ),
        "does not stop",
    ),
    "the step": (loop("abs(step_size * df(x)) >= tolerance"), "where the step is shorter"),
    "the change": (
        HEAD + (
            "    while True:\n"
            "        old, x, steps = x, x - step_size * df(x), steps + 1\n"
            "        if abs(x - old) < tolerance:\n"
            "            return x, steps"
        ),
        "where the step is shorter",
    ),
    "the slope before": (
        HEAD + (
            "    while True:\n"
            "        slope = df(x)\n"
            "        x, steps = x - step_size * slope, steps + 1\n"
            "        if abs(slope) < tolerance:\n"
            "            return x, steps"
        ),
        "makes 30 steps; the slope is smaller than 0.001 after 29",
    ),
    "a fixed number": (
        loop("steps < 300"), "makes 300 steps; the slope is smaller than 0.001 after 29"
    ),
    "too few": (loop("steps < 10"), "stops after 10 steps, where the slope is still 0.8248"),
    "its own tolerance": (
        loop("abs(df(x)) >= 0.001"), "makes 29 steps; the slope is smaller than 0.1 after 16"
    ),
    "counts the start": (
        loop().replace("start, 0", "start, 1"), "counts 30 steps where it made 29"
    ),
    "counts none": (loop().replace("steps + 1", "steps"), "counts 0 steps where it made 29"),
    "uphill": (loop().replace("x - step", "x + step"), "goes farther and farther away"),
    "the place alone": (loop().replace("return x, steps", "return x"), "the number of steps are"),
    "nothing": (loop().replace("    return x, steps", ""), "walk returns nothing"),
    "the history": (loop().replace("return x, steps", "return [x, x], steps"), "two numbers"),
    "texts": (loop().replace("return x, steps", "return 'x', 'steps'"), "two numbers"),
    "raises": (HEAD + "    return 1 / 0", "stopped with ZeroDivisionError: division by zero"),
    "no parameters": ("def walk():\n    return 1", "stopped with TypeError"),
    "no number": (loop().replace("return x, steps", "return float('nan'), steps"), "away"),
    "beside the walk": (loop().replace("return x,", "return x + 1,"), "the slope is 6.001, not 0"),
}  # fmt: skip


def told(text: str, capsys: pytest.CaptureFixture[str], **other: float) -> str:
    names: dict[str, Any] = {"func": func, "jnp": jnp, "np": np}
    exec(text, names)
    numbers = {"start": 4.2, "step_size": 0.05, "tolerance": 0.001, **other}
    coach.stops_when_level(names["walk"], of=func, **numbers)
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.mark.parametrize("case", RIGHT)
def test_a_loop_that_stops_is_right(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(RIGHT[case], capsys)
    assert "✓ walk: right." in said
    assert "after 29 steps for 0.001, after 16 for 0.1." in said


@pytest.mark.parametrize("case", WRONG)
def test_a_slip_is_told_by_its_name(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = WRONG[case]
    said = told(text, capsys)
    assert words in said
    assert "✓" not in said


def test_dots_are_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    dots = (
        "def walk(df, start, step_size, tolerance):\n    x, steps = ..., ...\n    return x, steps"
    )
    for text in (dots, "walk = lambda *arguments: ...", "walk = ...", "walk = 3"):
        assert told(text, capsys).startswith("○ ")


@pytest.mark.parametrize("other", [{"step_size": 1.0}, {"tolerance": 0.0}, {"start": "a"}])
def test_numbers_with_which_no_walk_ends(
    other: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(loop(), capsys, **other).startswith("○ ")


def test_who_interrupts_is_told_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not stop" in told(HEAD + "    raise KeyboardInterrupt", capsys)


def test_where_float32_stops_a_step_later_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    def walk(kind: Any) -> Any:
        def loop(df: Any, start: Any, step_size: Any, tolerance: Any) -> Any:
            x, steps = kind(start), 0
            while abs(df(x)) >= tolerance:
                x, steps = kind(x - step_size * df(x)), steps + 1
            return x, steps

        return loop

    def wavy(x: Any) -> Any:
        return x**2 + 0.1 * jnp.cos(x - 0.3)

    for kind in (jnp.float32, np.float32, lambda x: x, float, lambda x: np.float64(float(x))):
        for of in (func, wavy):
            said = {"of": of, "start": 4.2, "step_size": 0.05}
            coach.stops_when_level(walk(kind), tolerance=1e-6, **said)
            assert "stops where the slope is smaller" in capsys.readouterr().out


def test_a_tolerance_below_what_float32_can_tell_is_said_to_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    coach.stops_when_level(
        lambda *a: (1.0, 1), of=func, start=4.2, step_size=0.0005, tolerance=1e-6
    )
    assert "less than float32 numbers can tell" in " ".join(capsys.readouterr().out.split())
