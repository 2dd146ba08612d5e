"""A routine with momentum: gradient descent whose every step keeps a share of the one before.

The heavy ball of Polyak 1964, doi 10.1016/0041-5553(64)90137-5: v ← βv − s·df(x), then x ← x + v,
from rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .misconceptions.loops import Guesses, Hit
from .routine import DescentRoutine, Tried
from .trials import KEYWORDS, Trial, draw_trials
from .verdict import Verdict

__all__ = ["MomentumRoutine"]

Ball = tuple[Any, Any]  # where it is, and its velocity
# What gradient descent's own hypotheses find is something else here.
_TOLD = {
    "momentum": "hard_coded_beta",
    "previous_iterate": "velocity_late",
    "steps_differ": "wrong_ball",
    "wrong_iterates": "wrong_ball",
}
_FIXED = (1.0, 0.9, 0.5, 0.8, 0.99, 0.95, 0.7, 0.6, 0.1)


def _roll(trial: Trial, move: Callable[[Any, Any], Ball], steps: int | None = None) -> Ball:
    u, v = trial.begin, 0.0 * trial.begin
    with np.errstate(all="ignore"):
        for _ in range(trial.num_steps if steps is None else steps):
            u, v = move(u, v)
    return u, v


@dataclass(frozen=True)
class _HeavyTrial(Trial):
    """A trial (df, start, step_size, num_steps, beta)."""

    def arguments(self) -> tuple[Any, ...]:
        return (*super().arguments(), self.beta)

    def path(self, steps: int | None = None) -> list[Any]:
        count = self.num_steps if steps is None else steps
        return [_heavy(self, self.beta, n)[0] for n in range(count + 1)]

    def true(self, steps: int | None = None) -> np.ndarray:
        return self._end if steps is None else np.asarray(_heavy(self, self.beta, steps)[0])

    @cached_property
    def _end(self) -> np.ndarray:
        return self.true(self.num_steps)

    @property
    def room(self) -> float:
        # What one step is off by, a share `beta` of the next is, and so on: 1/(1 - beta) in all.
        return super().room / (1 - self.beta)


def _heavy(trial: Trial, beta: float, steps: int | None = None) -> Ball:
    def move(u: Any, v: Any) -> Ball:
        v = beta * v - trial.step_size * trial.df(u)
        return u + v, v

    return _roll(trial, move, steps)


@dataclass(frozen=True)
class MomentumRoutine(DescentRoutine):
    """The answer is a routine (df, start, step_size, num_steps, beta): the last place."""

    _handed: ClassVar[str] = "a slope function, a start, a step size, a number of steps and a beta"

    @property
    def _keywords(self) -> tuple[str, ...]:
        return (*KEYWORDS, "beta")

    def _trials(self, seed: int) -> list[Trial]:
        """Those of gradient descent but for the long ones, each with a beta of its own."""
        rng = np.random.default_rng([seed, 1])
        made: list[Trial] = []
        for k, t in enumerate(t for t in draw_trials(seed) if t.kind != "long"):
            # One without momentum; and the call that is made again is the same call.
            beta = 0.0 if k == 4 else float(np.round(rng.uniform(0.3, 0.9), 3))
            beta = made[1].beta if t.kind == "again" else beta
            made.append(_HeavyTrial(t.df, t.start, t.step_size, t.num_steps, t.kind, t.array, beta))
        return made

    def _praise(self, count: int) -> str:
        return (
            f"`{self.answer}` makes the steps of the heavy ball in all {count} trials, with "
            "numbers and with arrays, and with a beta of its own in each."
        )

    def _name(self, tried: list[Tried]) -> Hit:
        name, words = super()._name(tried)
        return _TOLD.get(name, name), words

    def _wrong_walks(self, tried: list[Tried], more: str, seen: dict[str, Any]) -> Verdict:
        verdict = super()._wrong_walks(tried, more, seen)
        good = verdict.misconception == "nesterov_instead"
        return replace(verdict, outcome="partly", share=0.5) if good else verdict

    def _own(self) -> Guesses:
        yield ("velocity_not_carried", {}), lambda t: _heavy(t, 0.0)[0]
        for name, move in _MOVES:
            yield (
                (name, {"what": "the square of `step_size`"}),
                lambda t, move=move: _roll(t, lambda u, v: move(t, u, v))[0],
            )
        yield ("velocity_returned", {}), lambda t: _heavy(t, t.beta)[1]
        for beta in _FIXED:
            yield ("hard_coded_beta", {}), lambda t, b=beta: _heavy(t, b)[0]


def _move(velocity: Callable[[Trial, Any, Any], Any]) -> Callable[[Trial, Any, Any], Ball]:
    def move(t: Trial, u: Any, v: Any) -> Ball:
        v = velocity(t, u, v)
        return u + v, v

    return move


def _averaged(t: Trial, u: Any, v: Any) -> Ball:
    v = t.beta * v + (1 - t.beta) * t.df(u)
    return u - t.step_size * v, v


def _late(t: Trial, u: Any, v: Any) -> Ball:
    return u + v, t.beta * v - t.step_size * t.df(u)


def _twice(t: Trial, u: Any, v: Any) -> Ball:
    v = t.beta * v - t.step_size * t.df(u)
    return u + t.step_size * v, v


def _looking_ahead(t: Trial, u: Any, v: Any) -> Ball:
    """Nesterov's, in the form that PyTorch has."""
    g = t.df(u)
    v = t.beta * v + g
    return u - t.step_size * (g + t.beta * v), v


_MOVES: tuple[tuple[str, Callable[[Trial, Any, Any], Ball]], ...] = (
    ("ascent", _move(lambda t, u, v: t.beta * v + t.step_size * t.df(u))),
    ("velocity_turned", _move(lambda t, u, v: -t.beta * v - t.step_size * t.df(u))),
    ("beta_on_slope", _move(lambda t, u, v: v - t.beta * t.step_size * t.df(u))),
    ("beta_on_slope", _move(lambda t, u, v: t.beta * (v - t.step_size * t.df(u)))),
    ("beta_on_slope", _move(lambda t, u, v: -t.beta * t.step_size * t.df(u))),
    ("velocity_averaged", _averaged),
    ("nesterov_instead", _move(lambda t, u, v: t.beta * v - t.step_size * t.df(u + t.beta * v))),
    ("nesterov_instead", _looking_ahead),
    ("velocity_late", _late),
    ("no_step_size", _move(lambda t, u, v: t.beta * v - t.df(u))),
    ("step_misused", _twice),
)
