"""Two questions on the notebook before, with fresh numbers: what was learnt, asked once more.

Whose seed is the same gets the same numbers. It comes from the login name, so that the questions
outlive a restart and neighbours have others; with `seed=` one asks for any pair again.
"""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..checks.base import Check, wrong
from ..checks.diverging import DivergingStep
from ..checks.minimum import StationaryPoint
from ..checks.misconceptions.catalogue import Misconception
from ..checks.questions import Found, Reply
from ..checks.reading import read_numbers
from ..checks.value import ExactValue
from ..checks.verdict import Verdict
from ..checks.wording import number
from ..practice.session import judge_here
from .card import Unfit, practised, tell

__all__ = ["Parabola", "Slip", "recall"]

_LOGINS = ("JUPYTERHUB_USER", "USER", "USERNAME", "LOGNAME")


@dataclass(frozen=True)
class Slip:
    """A mistake, and the number to which it leads."""

    leads_to: float
    seen: str
    hint: str


@dataclass(frozen=True)
class Parabola:
    """p(x) = a x² + b x + c, whole numbers; a is positive."""

    a: int
    b: int
    c: int

    def __call__(self, x: Any) -> Any:
        """p(x)."""
        return self.a * x**2 + self.b * x + self.c

    def slope(self, x: float) -> float:
        """p′(x)."""
        return 2 * self.a * x + self.b

    def __str__(self) -> str:
        """As it is written on paper."""
        terms = [f"{self.a if self.a != 1 else ''}x²"]
        for factor, power in ((self.b, "x"), (self.c, "")):
            size = "" if abs(factor) == 1 and power else f"{abs(factor)}"
            terms += [f"{'+' if factor > 0 else '−'} {size}{power}"] if factor else []
        return " ".join(terms)


@dataclass(frozen=True)
class _Number(Check):
    """A number, and the mistakes that lead to others."""

    answer: str
    expected: float
    slips: tuple[Slip, ...]

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """That of `check.value`; a number that a slip leads to is told so."""
        (verdict,) = ExactValue(self.answer, self.expected).verdicts(seed, replies, taken)
        if verdict.misconception == "different_value" and isinstance(replies[0], Found):
            mine = read_numbers(replies[0].value)
            for slip in self.slips:
                # Half of the last digit of who rounds to two.
                if isinstance(mine, np.ndarray) and np.all(np.abs(mine - slip.leads_to) <= 5e-3):
                    named = Misconception("`{name}` is {what}. " + slip.seen, slip.hint, "slip")
                    verdict = wrong(self.answer, named, what=number(slip.leads_to))
                    break
        return [verdict]


@dataclass(frozen=True)
class _Asked:
    """One question, and the check that judges its answer."""

    text: str
    check: Check


def _apart(due: float, slips: Sequence[Slip]) -> bool:
    """Whether each of these numbers can be told from the others."""
    numbers = sorted([due, *(slip.leads_to for slip in slips)])
    return all(after - before > 0.02 for before, after in pairwise(numbers))


def _parabola(draw: random.Random) -> Parabola:
    a, bottom = draw.randint(2, 5), Fraction(draw.choice([-5, -3, -1, 1, 3, 5]), 2)
    return Parabola(a, int(-2 * a * bottom), draw.choice([-7, -5, -3, 3, 5, 7]))


def _derivatives(draw: random.Random) -> list[_Asked] | None:
    """A slope, and where it is zero; None where a mistake would lead to a right number."""
    p, x = _parabola(draw), draw.choice([-4, -3, -2, 2, 3, 4])
    due = p.slope(x)
    slips = (
        Slip(p(x), f"That is p({number(x)}), the height.", "Is anything differentiated yet?"),
        Slip(-due, "Its size is right.", "Does the curve rise or fall there? Look at the sign."),
        Slip(2.0 * p.a, "That is the second derivative.", "How often did you differentiate?"),
        Slip(due + p.c, "The constant is still in it.", "What is the slope of a constant?"),
        Slip(p.a * x + p.b, "A factor is missing.", "What becomes of the power of x²?"),
        Slip(p.slope(-x), "That is the slope on the other side of 0.", "Which sign has x?"),
    )
    if not _apart(due, slips):
        return None
    return [
        _Asked(
            f"`slope`: what is the slope of p(x) = {p} at x = {number(x)}?",
            _Number("slope", due, slips),
        ),
        _Asked(
            "`level`: at which x is the same p level?",
            StationaryPoint("level", p),
        ),
    ]


def _descent(draw: random.Random) -> list[_Asked] | None:
    """Where one step leads, and a step size that is too large."""
    p, x = _parabola(draw), draw.choice([-4, -3, -2, 2, 3, 4])
    size = draw.choice([0.05, 0.1])
    step = size * p.slope(x)
    slips = (
        Slip(x + step, "That step goes uphill.", "The slope points up: do you add or subtract?"),
        Slip(x - p.slope(x), "That is a step as long as the slope.", "Where is the step size?"),
        Slip(-step, "That is the step alone.", "From where is it made?"),
        Slip(step, "That is the step's length.", "Where does it lead, from where you stand?"),
        Slip(x - size * p(x), "That goes by the height.", "By what is the step size multiplied?"),
        Slip(p.slope(x), "That is the slope there.", "How long is the step, and which way?"),
    )  # fmt: skip
    if not _apart(x - step, slips):
        return None
    return [
        _Asked(
            f"`landing`: you stand at x = {number(x)} on p(x) = {p} and make one step of gradient "
            f"descent with step size {size:g}. At which x do you land?",
            _Number("landing", x - step, slips),
        ),
        _Asked(
            "`too_large`: name a step size with which descent on the same p diverges.",
            DivergingStep("too_large", p),
        ),
    ]


_TOPICS: Mapping[str, Callable[[random.Random], list[_Asked] | None]] = {
    "derivatives": _derivatives,
    "descent": _descent,
}


def _own_seed(topic: str) -> int:
    login = next((os.environ[name] for name in _LOGINS if os.environ.get(name)), "")
    return zlib.crc32(f"{topic}/{login}".encode("utf-8", "replace")) % 10_000


def _questions(topic: str, seed: int) -> list[_Asked]:
    draw = random.Random(f"{topic}/{seed}")
    while True:  # one in a few is fit
        asked = _TOPICS[topic](draw)
        if asked is not None:
            return asked


@practised
def recall(topic: str, *, seed: int | None = None, **answers: Any) -> None:
    """Two questions on the notebook before; run again with numbers, they are looked at.

    Args:
        topic: "derivatives" (answers: `slope`, `level`) or "descent" (`landing`, `too_large`).
        seed: of the numbers, a whole number; by default one's own.
        answers: a number for each question; `...` while there is none.
    """
    if topic not in _TOPICS:
        raise Unfit(f"There are questions on {' and on '.join(_TOPICS)}.")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer)):
        raise Unfit("The seed is a whole number, such as `seed=7`.")
    used = _own_seed(topic) if seed is None else int(seed)
    asked = _questions(topic, used)
    names = [one.check.answer for one in asked]
    if strange := [name for name in answers if name not in names]:
        due = "` and `".join(names)
        raise Unfit(f"The answers are called `{due}`; there is no `{strange[0]}`.")
    given = {n: value for n, value in answers.items() if value is not ... and value is not None}
    verdicts = []
    for one in asked:
        if one.check.answer in given:
            verdicts += judge_here(one.check, given)
    if len(verdicts) == len(asked) and all(verdict.right for verdict in verdicts):
        more = f"Both right. `seed={used + 1}` in that line asks for two others."
    else:
        more = f"Put your numbers into the cell and run it again. (These are seed {used}.)"
    tell(*[f"{k}. {one.text}" for k, one in enumerate(asked, start=1)], more, verdicts=verdicts)
