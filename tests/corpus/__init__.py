"""Labelled student work: what people type into the solution cells, and what it is worth.

One text file an exercise, in `cases/`. A case is a header line and the student's source, verbatim:

    # %% wrong: sign_flipped - the derivative with its sign lost
    # %% partial 1/2: misspelt_name - one of two names is right

The words of a header are the label, for a partial case the share of the points (none: strictly
between none and all of them), the misconception where the mistake has a name, and a title. What
stands before the first header is a note to the reader. Text files, and not modules, because some
cases do not parse.
"""

from __future__ import annotations

import contextlib
import io
import re
import signal
import time
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "EXERCISES",
    "Case",
    "TimeIsUp",
    "given_namespace",
    "load",
    "quietly",
    "run",
    "time_limit",
]

EXERCISES = {
    "01_derivatives": (
        "f_derivative",
        "f_stationary_point",
        "func_gradient",
        "quartic_gradient",
        "quartic_second_derivative",
        "quartic_curvature",
    ),
    "02_minima": (
        "func_minimum",
        "func_second_derivative",
        "quartic_minimum",
        "quartic_other_minimum",
        "descent_routine",
        "diverging_step",
    ),
    "03_goldfield": (
        "goldfield_gradient",
        "goldfield_partials",
        "leaning_partials",
        "goldfield_minimum",
        "goldfield_axis_minimum",
        "waves_minimum",
    ),
}
"""The autograded exercises of each notebook, in the notebook's order."""

_HEADER = re.compile(
    r"^# %% (?P<label>right|wrong|partial|error)(?: (?P<share>\d/\d))?"
    r"(?:: (?P<slip>\w+))? - (?P<title>.+)$"
)

# The functions that the notebooks give, as their locked cells do: their globals are the student's
# namespace, so a student who rebinds `jnp` breaks them here as there.
_GIVEN = """
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt

def f(x):
    return x**2 + 3 * x - 5

def func(x):
    return 3 * x**2 + 4 * x - 2

def quartic(x):
    return 2 * x**4 - 3 * x**3 - 9 * x**2 + 4 * x + 3

def goldfield1(coords):
    x, y = coords
    return jnp.arctan(x) ** 2 + jnp.sin(y) ** 2

def goldfield2(x, y):
    return jnp.arctan(x) ** 2 + jnp.sin(y) ** 2

def leaning(x, y):
    return x**2 + x * y + y**2

def waves(coords):
    x, y = coords
    return jnp.sin(x) + jnp.sin(y)
"""


@dataclass(frozen=True)
class Case:
    """One student's answer to one exercise, and what a fair teacher makes of it."""

    exercise: str
    label: str
    """right, wrong (mathematically), partial, or error (no answer that can be judged)."""
    misconception: str | None
    title: str
    source: str
    points_share: float | None
    """Share of the points a partial case is due; None: strictly between none and all."""

    @property
    def id(self) -> str:
        return f"{self.exercise}: {self.label}: {self.title}"


@cache
def load() -> list[Case]:
    """Every case, in the order of the notebooks."""
    cases = [
        case
        for exercises in EXERCISES.values()
        for exercise in exercises
        for case in _read(exercise)
    ]
    twice = [name for name, times in Counter(case.id for case in cases).items() if times > 1]
    if twice:
        raise ValueError(f"two cases have one title: {twice}")
    return cases


def _read(exercise: str) -> Iterator[Case]:
    text = (Path(__file__).parent / "cases" / f"{exercise}.txt").read_text(encoding="utf-8")
    _note, *chunks = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    for chunk in chunks:
        first, _, source = chunk.partition("\n")
        header = _HEADER.match(first)
        if header is None:
            raise ValueError(f"{exercise}: this is not a case's header: {first!r}")
        share = header["share"]
        yield Case(
            exercise=exercise,
            label=header["label"],
            misconception=header["slip"],
            title=header["title"],
            source=source.strip("\n") + "\n",
            points_share=None if share is None else float(Fraction(share)),
        )


def given_namespace() -> dict[str, Any]:
    """A fresh namespace with what the notebooks give: the functions, jax, jnp and plt."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with quietly():
        exec(compile(_GIVEN, "<given>", "exec"), namespace)
    return namespace


def run(case: Case, seconds: float = 60.0) -> tuple[dict[str, Any], BaseException | None]:
    """Run a case as its cell would be run.

    Returns:
        The namespace after the cell, and what the cell raised (`TimeIsUp` if it did not return).
    """
    namespace = given_namespace()
    try:
        with quietly(), time_limit(seconds):
            exec(compile(case.source, f"<{case.id}>", "exec", dont_inherit=True), namespace)
    except (Exception, TimeIsUp) as error:  # noqa: BLE001 - whatever a student's cell may raise
        return namespace, error
    return namespace, None


class TimeIsUp(BaseException):
    """Not an `Exception`: a student's `except Exception` must not swallow it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` in the block after so many seconds (main thread, POSIX)."""

    def stop(_signal: int, _frame: types.FrameType | None) -> None:
        raise TimeIsUp(f"still running after {seconds:g} s")

    # The timer may be at work already (pytest-timeout's is this one): it gets back what is left.
    begun = time.monotonic()
    previous = signal.signal(signal.SIGALRM, stop)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)
        if left:
            remaining = max(left - (time.monotonic() - begun), 0.001)
            signal.setitimer(signal.ITIMER_REAL, remaining, interval)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep a student's prints and warnings to themselves."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
