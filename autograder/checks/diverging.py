"""A step size with which descent runs away."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import CheckError
from .base import Check, right, wrong
from .evidence import Curve, StepEvidence
from .landscape import Landscape
from .minimum import read_place
from .precision import enable_x64
from .questions import Found, Reply
from .scenery import curve, rounded
from .verdict import Verdict
from .wording import name_value, number, place

__all__ = ["DivergingStep"]

STEPS = 300_000
# Away is a thousand times farther than the start: with the growth of 4e-5 a step that 0.33334 has
# where 1/3 is the border, that takes 170,000 steps.
AWAY = 1e3
SHOWN = 12  # steps in a picture
# Times, at most, that starts are drawn half as far out; and how much nearer still in a domain that
# is so narrow: beside its edge, steps that would settle leave it.
NARROW, INSIDE = 40, 1 / 16
BOUNCE = 1e-3  # of the way to the minimum: a last step that long is no settling down
TINY, FEW = 1e-3, 1000  # of the way to the farthest start, and steps: no honest walk leaves so


@dataclass(frozen=True)
class DivergingStep(Check):
    """The answer is a step size with which descent on `of` runs away from every minimum.

    Raises:
        CheckError: on asking, if descent leaves where `of` has values with any step.
    """

    answer: str
    of: Any

    @functools.cached_property
    def _landscape(self) -> Landscape:
        landscape = Landscape(self.of)
        if not landscape.reference.traceable:
            raise CheckError(f"{self.answer}: the function must be traceable by JAX.")
        landscape.refuse_constant(self.answer)
        return landscape

    @functools.cached_property
    def _centre(self) -> np.ndarray:
        minima = self._landscape.minima
        return minima[0] if minima else np.zeros(self._landscape.layout.size)

    def _starts(self, seed: int) -> np.ndarray:
        """Four starts (m, n), two each way, or those of them where the function has values.

        In a narrow domain they are drawn nearer, until it holds all. Where even a tiny step leaves
        it, so would any.
        """
        landscape = self._landscape
        rng = np.random.default_rng(seed)
        away = rng.uniform(1.0, 3.0, size=(4, landscape.layout.size)) * [[1], [-1], [1], [-1]]
        sizes = 0.5 ** np.arange(NARROW)
        tried = self._centre + sizes[:, None, None] * away
        flat = tried.reshape(-1, tried.shape[-1])
        slopes = landscape.reference.all_derivatives(flat, 1)
        known = np.isfinite(landscape.reference.value(flat)) & np.isfinite(slopes).all(axis=1)
        held = known.reshape(NARROW, 4)
        k = int(np.argmax(held.sum(axis=1)))  # the first of the best
        starts = tried[k][held[k]]
        if k:
            starts = self._centre + INSIDE * (starts - self._centre)
        # Of one number, an edge where no minimum was found says nothing of where one would settle.
        if len(starts) == len(away) or (len(starts) and landscape.layout.size > 1):
            steep = np.abs(landscape.reference.all_derivatives(starts, 1)).max()
            tiny = TINY * np.abs(starts - self._centre).max() / steep if steep else 0.0
            with enable_x64(True):
                left = np.asarray(self._run(np.float64(tiny), starts, FEW)[0]) < FEW
            if not left.all():
                return starts
        name = getattr(self.of, "__name__", "the function")
        raise CheckError(
            f"{self.answer}: around {place(self._centre)}, {name} has no minimum from which a step "
            "size could run away: with any, descent leaves where it has values. Give another one."
        )

    @functools.cached_property
    def _run(self) -> Callable[[Any, Any, Any], Any]:
        f = self._landscape.reference.flat
        slope = jax.grad(f)

        def run(step: Any, start: Any, steps: Any) -> Any:
            far = AWAY * (1 + jnp.abs(start).max())

            def going(state: Any) -> Any:
                k, u, _ = state
                # Beyond the edge of log(x), or of what holds a walk in, slopes may go on.
                here = (jnp.abs(u - start).max() < far) & jnp.isfinite(f(u))
                return (k < steps) & here

            def move(state: Any) -> Any:
                k, u, _ = state
                du = -step * slope(u)
                return k + 1, u + du, jnp.abs(du).max()

            return jax.lax.while_loop(going, move, (0, start, jnp.inf))

        return jax.jit(jax.vmap(run, in_axes=(None, 0, None)))

    def _walk(
        self, step: float, start: np.ndarray, centre: np.ndarray
    ) -> tuple[Curve | None, tuple[float, ...]]:
        """The valley as far as a walk goes, and its first steps; nothing beyond one dimension."""
        reference = self._landscape.reference
        if len(start) != 1:
            return None, ()
        walk = [start]
        while len(walk) <= SHOWN and np.abs(walk[-1] - start).max() < 50:
            walk.append(walk[-1] - step * reference.all_derivatives(walk[-1][None], 1)[0])
        inside = [float(d) for u in walk if (d := np.abs(u - centre).max()) < 60]
        reach = 1.15 * max(inside)
        samples = curve(reference, float(centre[0]) - reach, float(centre[0]) + reach)
        return samples, rounded([float(u[0]) for u in walk])

    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """One verdict: descent with this step is run, from several starts, in float64."""
        value = read_place(self.answer, replies[0], {*taken, *self.given}, 1)
        if isinstance(value, Verdict):
            if value.misconception == "diverged" and isinstance(replies[0], Found):
                what = name_value(replies[0].value)
                value = wrong(self.answer, "not_finite", what=what)
            if value.misconception == "history_returned":
                what = "it holds several numbers where one is expected"
                value = wrong(self.answer, "wrong_shape", what=what)
            return [value]
        step = float(value[0])
        centre, starts = self._centre, self._starts(seed)
        if step <= 0:
            shown = StepEvidence(step, (), *self._walk(step, starts[0], centre))
            return [wrong(self.answer, "step_not_positive", step=number(step), evidence=shown)]
        with enable_x64(True):
            counts, ends, moves = (
                np.asarray(x) for x in self._run(np.float64(step), starts, STEPS)
            )
        away = (counts < STEPS) | ~np.isfinite(ends).all(axis=1)
        taken_steps = tuple(int(c) for c in counts)
        evidence = StepEvidence(step, taken_steps, *self._walk(step, starts[0], centre))
        if away.all():
            most = int(counts.max())
            steps = "one step" if most == 1 else f"{most} steps"
            far = np.abs(ends - starts).max(axis=1) > AWAY
            ends_at = [f"more than {AWAY:g} away from its start"] if far.any() else []
            ends_at += [] if far.all() else ["where the function has no value"]
            fact = (
                f"With a step size of {number(step)} descent runs away: within {steps} it is "
                f"{' or '.join(ends_at)}."
            )
            return [right(self.answer, fact, evidence=evidence)]
        # Back and forth over the bottom, if not as far as at first; tiny steps get nowhere at all.
        across = np.abs(starts - centre).max(axis=1)
        bounces = bool((moves > BOUNCE * across)[~away].all())
        name = "step_bounces" if bounces else "step_converges"
        return [wrong(self.answer, name, step=number(step), evidence=evidence)]
