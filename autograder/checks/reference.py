"""What is true: values and derivatives of the author's function, by JAX, in float64.

Everything is computed on batches of flat places U of shape (p, n), compiled once where the
function can be traced and evaluated place by place where it cannot (Python control flow on
values). The float32 side answers another question: how near honest float32 can come.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np

from .layout import Layout
from .pieces import decisions, may_have_corners
from .precision import enable_x64
from .shapes import Batch, Batched, Entries, Indices, Points, Tensor, Truths, Values
from .tracing import refuse_untraceable

__all__ = ["Reference"]

JITTERS = 8
_BATCHES = (256, 1024, 4096)


def _compiled_for_all(f: Callable[[Any], Any]) -> Callable[[Points], np.ndarray]:
    """A function of one place (n,) for batches of them (p, n), compiled.

    JAX compiles anew for each p, which takes a hundred times as long as to compute at some hundred
    places more; so a batch is filled up to one of few sizes.
    """
    batched = jax.jit(jax.vmap(f))

    def evaluate(places: Batch) -> Batched:
        size = next((size for size in _BATCHES if size >= len(places)), len(places))
        full = np.resize(places, (size, *places.shape[1:])) if len(places) else places
        return np.asarray(batched(full))[: len(places)]

    return evaluate


class Reference:
    """A function of the author's and its derivatives.

    Args:
        of: the function; returns one number.
        layout: how it takes its place.
        order: which derivative is asked for (1 gradient, 2 second derivative or Hessian, ...).
        argnums: with respect to which positional arguments, as in `jax.grad`.
    """

    def __init__(
        self,
        of: Callable[..., Any],
        layout: Layout,
        order: int = 1,
        argnums: int | tuple[int, ...] = 0,
    ) -> None:
        self.of = of
        self.layout = layout
        self.order = order
        self.argnums = argnums
        refuse_untraceable(of, layout)
        self._compiled: dict[tuple[int, bool], Callable[[np.ndarray], np.ndarray]] = {}

    # ------------------------------------------------------------------ structure

    @cached_property
    def selected(self) -> Indices:
        """Indices into the flat place of the coordinates that are differentiated."""
        numbers = (self.argnums,) if isinstance(self.argnums, int) else self.argnums
        parts = self.layout.slices()
        return np.concatenate([np.arange(self.layout.size)[parts[i]] for i in numbers])

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of the derivative asked for, with single entries squeezed away."""
        m = len(self.selected)
        return () if m == 1 else (m,) * self.order

    def flat(self, u: Any) -> Any:
        """The function of the flat place `u` (n,)."""
        return self.of(*self.layout.split(u))

    @cached_property
    def one_order_less(self) -> Callable[[Any], Any]:
        """Of a function of one number, what is differentiated last: a number at a place (1,)."""
        inner = self._derivative(self.order - 1)
        return lambda u: inner(u).reshape(())

    def _derivative(self, order: int) -> Callable[[Any], Any]:
        """The order-th derivative with respect to all n coordinates; shape (n,)*order."""
        f: Callable[[Any], Any] = self.flat
        for k in range(order):
            # Reverse mode once, then forward over it: the usual order for Hessians.
            f = jax.grad(f) if k == 0 else jax.jacfwd(f)
        return f

    # ------------------------------------------------------------------ evaluation

    def _evaluate(self, order: int, places: Points, double: bool) -> Tensor:
        key = (order, double)
        places = np.asarray(places, dtype=np.float64 if double else np.float32)
        with enable_x64(double):
            if key not in self._compiled:
                f = self._derivative(order)
                batched = _compiled_for_all(f)
                try:
                    batched(places)
                    self._compiled[key] = batched
                except Exception:  # noqa: BLE001 - whatever tracing objects to, try it eagerly
                    self._compiled[key] = partial(_one_by_one, f)
            return np.asarray(self._compiled[key](places), dtype=np.float64)

    @cached_property
    def traceable(self) -> bool:
        """Whether the function can be compiled (no Python control flow on values)."""
        try:
            jax.eval_shape(self.flat, jax.ShapeDtypeStruct((self.layout.size,), np.float32))
        except Exception:  # noqa: BLE001
            return False
        return True

    @cached_property
    def may_have_corners(self) -> bool:
        """Whether the function may have a corner, as far as is known."""
        return not self.traceable or may_have_corners(self.flat, self.layout.size)

    def value(self, places: Points) -> Values:
        """F at `places` (p, n); shape (p,), float64."""
        return self._evaluate(0, places, double=True).reshape(len(places))

    def all_derivatives(self, places: Points, order: int) -> Tensor:
        """The derivative of this order in all n coordinates; shape (p,) + (n,)*order."""
        return self._evaluate(order, places, double=True)

    def decided(self, places: Points) -> Truths:
        """What the function decides at `places` (p, n), as truths (p, m): its pieces' marks."""
        with enable_x64():
            if self._decisions is None:
                return np.zeros((len(places), 0), dtype=bool)
            return np.asarray(self._decisions(np.asarray(places, dtype=np.float64)), dtype=bool)

    @cached_property
    def _decisions(self) -> Callable[[np.ndarray], Any] | None:
        if not self.traceable:
            return None
        found = decisions(self.flat, self.layout.size)
        return found and _compiled_for_all(found)

    def _select(self, full: Tensor, order: int) -> np.ndarray:
        for axis in range(1, order + 1):
            full = np.take(full, self.selected, axis=axis)
        return full

    def derivative(self, places: Points, order: int | None = None) -> Entries:
        """The derivative in the selected coordinates, flattened to (p, m**order), float64."""
        order = self.order if order is None else order
        full = self._select(self.all_derivatives(places, order), order)
        return full.reshape(len(places), -1)

    def float32_error(self, places: Points, seed: int = 0) -> Entries:
        """How far JAX's own float32 derivative is from the float64 one near `places`.

        The error of one float32 evaluation is a draw, not a bound: take the largest of
        `JITTERS` evaluations at places a few units in the last place apart.

        Returns shape (p, m**order).
        """
        rng = np.random.default_rng(seed)
        jitters = JITTERS if self.traceable else 1
        steps = rng.integers(-8, 9, size=(jitters, *places.shape))
        near = (places[None] * (1 + steps * np.finfo(np.float32).eps)).astype(np.float32)
        flat = near.reshape(-1, places.shape[1])
        single = self._select(self._evaluate(self.order, flat, double=False), self.order)
        double = self._select(self._evaluate(self.order, flat, double=True), self.order)
        error = np.abs(single - double).reshape(jitters, len(places), -1)
        return np.where(np.isfinite(error), error, np.inf).max(axis=0)


def _one_by_one(f: Callable[[Any], Any], places: np.ndarray) -> np.ndarray:
    """The function at each of the places (p, n); nan where it raises and elsewhere does not."""
    found: list[np.ndarray | None] = []
    fault: Exception | None = None
    for u in places:
        try:
            found.append(np.asarray(f(jax.numpy.asarray(u)), dtype=np.float64))
        except Exception as exc:  # noqa: BLE001 - an author's function may raise anything
            found.append(None)
            fault = fault or exc
    done = [value for value in found if value is not None]
    if not done:
        assert fault is not None
        raise fault
    nothing = np.full_like(done[0], np.nan)
    return np.stack([nothing if value is None else value for value in found])
