"""The ground on which descent walks: slopes, stationary points, and where a descent truly leads."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import CheckError
from .corners import with_corners
from .layout import Layout, find_layout
from .precision import enable_x64
from .reference import Reference
from .shapes import Hessian, Path, Point, Points, Slope, Slopes, Tensor, Values
from .stationary import Stationary, nearest
from .walking import DISTANCES

__all__ = ["REACH", "Descent", "Landscape"]

REACH = 0.5  # how far from an answer to look for the stationary point that may have been meant


@dataclass(frozen=True)
class Descent:
    """A descent: from `start`, `num_steps` steps of `step_size` against the slope."""

    start: tuple[float, ...]
    step_size: float
    num_steps: int


class Landscape:
    """A function of the author's, seen from where an answer stands. All in float64.

    Args:
        of: the function; returns one number.
        at: a place that shows what arguments it takes, or None to find out.
        free: indices of the flat coordinates that may move; None for all.
    """

    def __init__(
        self, of: Callable[..., Any], at: Any = None, free: Sequence[int] | None = None
    ) -> None:
        self.of = of
        self.layout: Layout = find_layout(of, None if at is None else [at])
        arguments = tuple(range(len(self.layout.shapes)))
        self.reference = Reference(of, self.layout, 1, arguments)
        self.free = np.arange(self.layout.size) if free is None else np.asarray(free)
        # Compiled anew each time, which takes longer than the walk; a class takes the same ones.
        self._walks: dict[Descent, dict[str, np.ndarray]] = {}
        self._iterates: dict[Descent, np.ndarray] = {}

    def refuse_constant(self, answer: str) -> None:
        """Raise CheckError if the function is the same everywhere: any answer would be right."""
        rng = np.random.default_rng(0)
        far = np.repeat([0.1, 1.0, 10.0, 1e3], 8)[:, None]
        places = far * rng.uniform(-1, 1, size=(len(far), self.layout.size))
        with np.errstate(all="ignore"):
            values = self.reference.value(places)
        if np.isfinite(values).all() and np.ptp(values) == 0:
            name = getattr(self.of, "__name__", "the function")
            raise CheckError(
                f"{answer}: {name} is {values[0]:g} everywhere, so it has no minimum to be asked "
                "for. Does of= name the function that you mean?"
            )

    # ------------------------------------------------------------------ at one place

    def value(self, u: Point) -> float:
        """f(u); nan where it raises, as outside of its domain."""
        return float(self._here(u, 0)[0])

    def slope(self, u: Point) -> Slope:
        """The gradient at `u` in the free coordinates; shape (k,)."""
        return self._here(u, 1)[0][self.free]

    def _here(self, u: Point, order: int) -> Tensor:
        """The derivative of this order at `u`; shape (1,) + (n,)*order."""
        try:
            return self.reference.all_derivatives(u[None], order)
        except Exception:  # noqa: BLE001 - an author's function may raise anything, at one place
            return np.full((1, *[self.layout.size] * order), np.nan)

    def slopes(self, places: Points) -> Slopes:
        """The gradients at `places` (m, n) in the free coordinates; shape (m, k)."""
        # One number of places, so that one program is compiled.
        spare = max(0, DISTANCES - len(places)) if self.reference.traceable else 0
        padded = np.concatenate([places, np.repeat(places[:1], spare, axis=0)])
        return self.reference.all_derivatives(padded, 1)[: len(places), self.free]

    def hessian(self, u: Point) -> Hessian:
        """The Hessian at `u` in the free coordinates; shape (k, k)."""
        full = self._here(u, 2)[0]
        return full[np.ix_(self.free, self.free)]

    # ------------------------------------------------------------------ stationary points

    def nearest_stationary(self, u: Point, reach: float) -> Stationary | None:
        """The stationary point to which Newton's method leads from `u`, if within `reach`.

        Or the corner to which the ground leads down, if that is nearer.
        """
        found = nearest(self, u, reach)
        return with_corners(self, u, reach, found) if self.reference.may_have_corners else found

    @functools.cached_property
    def minima(self) -> list[Point]:
        """Minima of a function of one number between -10 and 10; [] for other functions."""
        if self.layout.size != 1:
            return []
        # One place after the other costs milliseconds each; a tenth is as far as is looked below.
        grid = np.linspace(-10, 10, 4001 if self.reference.traceable else 201)[:, None]
        with np.errstate(all="ignore"):
            slopes = self.reference.all_derivatives(grid, 1)[:, 0]
            crossing = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0))
        found = (self.nearest_stationary(grid[i], 0.1) for i in crossing[:16])
        return [s.place for s in found if s is not None and s.kind == "minimum"]

    # ------------------------------------------------------------------ walks

    def walks(self, descent: Descent) -> dict[str, Path]:
        """Where descent leads, and where it leads with one mistake in the loop.

        Returns paths of shape (num_steps + 1, n) by the name of the mistake, some with a variant
        after a colon; "" is the true one.
        {} where the function cannot be traced.
        """
        if descent not in self._walks:
            self._walks[descent] = self._all_walks(descent)
        return self._walks[descent]

    def iterates(self, descent: Descent) -> Path | None:
        """Where descent leads, step by step: (num_steps + 1, n); None as for `walks`."""
        if not self.reference.traceable:
            return None
        if descent not in self._iterates:
            self._iterates[descent] = self._run(descent, {"": self._true_rule(descent)})[""]
        return self._iterates[descent]

    def _true_rule(self, descent: Descent) -> Callable[[Any], Any]:
        slope, s, mask = jax.grad(self.reference.flat), descent.step_size, self._mask
        return lambda u: u - s * mask * slope(u)

    def _run(
        self, descent: Descent, rules: dict[str, Callable[[Any], Any]]
    ) -> dict[str, np.ndarray]:
        """The path of each rule from the descent's start, all in one compiled loop."""

        def step(us: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Any]]:
            new = {k: rules[k](u) for k, u in us.items()}
            return new, new

        with enable_x64(True):
            start = np.asarray(descent.start, dtype=np.float64)
            run = jax.jit(lambda us: jax.lax.scan(step, us, None, length=descent.num_steps)[1])
            paths = run({k: jnp.asarray(start) for k in rules})
            return {k: np.concatenate([start[None], np.asarray(p)]) for k, p in paths.items()}

    @functools.cached_property
    def _mask(self) -> np.ndarray:
        """1 for each coordinate that may move, else 0."""
        mask = np.zeros(self.layout.size)
        mask[self.free] = 1.0
        return mask

    def _all_walks(self, descent: Descent) -> dict[str, Path]:
        if not self.reference.traceable:
            return {}
        s, n = descent.step_size, descent.num_steps
        f = self.reference.flat
        slope, mask = jax.grad(f), self._mask
        one = self.layout.size == 1

        def bend(u: Any) -> Any:
            return jnp.diagonal(jax.hessian(f)(u))

        rules: dict[str, Callable[[Any], Any]] = {
            "": self._true_rule(descent),
            "ascent": lambda u: u + s * mask * slope(u),
            "assignment_minus": lambda u: -s * mask * slope(u),
            "used_function_for_slope": lambda u: u - s * mask * f(u),
            "squared_gradient": lambda u: u - s * mask * slope(u) ** 2,
            "sign_of_gradient": lambda u: u - s * mask * jnp.sign(slope(u)),
            "no_step_size": lambda u: u - mask * slope(u),
        }
        for digits in (1, 2, 3):
            rules[f"rounded_in_loop:{digits}"] = lambda u, d=digits: jnp.round(  # type: ignore[misc]
                u - s * mask * slope(u), d
            )
        if one:
            rules["used_second_derivative"] = lambda u: u - s * bend(u)
        out = self._run(descent, rules)
        # Finite to begin with, so that a walk which runs away still says how.
        start = out[""][0]
        first = self.reference.all_derivatives(start[None], 1)[0] * mask
        counts = np.arange(n + 1)[:, None]
        out["stale_gradient"] = start - counts * s * first
        return out

    def ends(self, descent: Descent, step_sizes: Sequence[float] | Values) -> Points:
        """Where the same descent ends with other step sizes; shape (len(step_sizes), n)."""
        slope, mask = jax.grad(self.reference.flat), self._mask

        def end(s: Any) -> Any:
            start = jnp.asarray(np.asarray(descent.start, dtype=np.float64))
            return jax.lax.fori_loop(
                0, descent.num_steps, lambda _, u: u - s * mask * slope(u), start
            )

        with enable_x64(True):
            return np.asarray(jax.jit(jax.vmap(end))(np.asarray(step_sizes, dtype=np.float64)))
