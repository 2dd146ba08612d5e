"""What `jax.grad(f)` was made of: which transformation, of which arguments, of which function."""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

__all__ = ["Transformed"]

Function = Callable[..., Any]


class Transformed:
    """A transformed function of ours: stock JAX's version of it, and how to make it again.

    Attributes:
        stock: JAX's own transformation, as it was before it was replaced.
        argnums: as given, one index or a tuple of them.
        function: what it is of; for a nested gradient, a transformed function again.
        root: the student's function at the bottom of the nest.
        key: equal for two that differ in nothing but the function at the bottom.
    """

    _all: ClassVar[weakref.WeakKeyDictionary[types.FunctionType, Transformed]] = (
        weakref.WeakKeyDictionary()
    )

    def __init__(
        self, stock: Function, argnums: int | tuple[int, ...], function: types.FunctionType
    ) -> None:
        self.stock = stock
        self.argnums = argnums
        self.function = function
        inner = Transformed.behind(function)
        self.root: types.FunctionType = function if inner is None else inner.root
        self.key: tuple[Any, ...] = (stock, argnums, None if inner is None else inner.key)

    @classmethod
    def behind(cls, function: types.FunctionType) -> Transformed | None:
        """What `function` was made of, if it is one of ours.

        Kept beside the function and not in its `__dict__`: `jax.grad` copies that of the function
        it is given into the one it returns, and grad(grad(f)) would pass for grad(f)
        (program `nested`).
        """
        return cls._all.get(function)

    def known_as(self, function: types.FunctionType) -> None:
        """Let `function` be the one that students hold."""
        Transformed._all[function] = self

    def of(self, root: Function) -> Function:
        """Stock JAX's transformations, in the same nest, of another function at the bottom."""
        inner = Transformed.behind(self.function)
        return self.stock(root if inner is None else inner.of(root), self.argnums)
