"""How a function takes its place: one number, several numbers, or arrays.

Judgement works on flat vectors u of shape (n,); a `Layout` turns them into the positional
arguments that the function takes, and back.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from ..errors import CheckError
from .questions import Argument, Array

__all__ = ["Layout", "find_layout", "is_number", "parameters", "places_of"]


@dataclass(frozen=True)
class Layout:
    """The shape of each positional argument; () is a number."""

    shapes: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """How many numbers a place has in all."""
        return sum(math.prod(s) for s in self.shapes)

    def slices(self) -> list[slice]:
        """Which part of the flat vector belongs to each argument."""
        out, start = [], 0
        for shape in self.shapes:
            out.append(slice(start, start + math.prod(shape)))
            start += math.prod(shape)
        return out

    def split(self, u: Any) -> list[Any]:
        """The positional arguments for the flat vector `u` (n,), traceable by JAX."""
        return [
            u[part].reshape(shape) for part, shape in zip(self.slices(), self.shapes, strict=True)
        ]

    def arguments(self, u: np.ndarray) -> tuple[Argument, ...]:
        """The same as arguments of a question: Python floats, or float32 arrays."""
        return tuple(
            float(part[0]) if shape == () else Array(_nested(part.reshape(shape)))
            for part, shape in zip((u[s] for s in self.slices()), self.shapes, strict=True)
        )

    def flatten(self, place: Any) -> np.ndarray:
        """One place as an author writes it (number, array, or tuple of arguments) made flat."""
        parts = (place,) if len(self.shapes) == 1 else tuple(place)
        if len(parts) != len(self.shapes):
            raise CheckError(
                f"at={place!r} gives {len(parts)} arguments; the function takes {len(self.shapes)}."
            )
        return np.concatenate([np.asarray(p, dtype=np.float64).ravel() for p in parts])


def is_number(x: Any) -> bool:
    """Whether `x` is one number: Python's, NumPy's, or an array without axes."""
    return isinstance(x, numbers.Number) or getattr(x, "ndim", None) == 0


def places_of(of: Any, at: Any) -> list[Any] | None:
    """The places that an author shows: one, an array of places, or a list or tuple of them.

    A row of numbers is one place where `of` takes no number, or as many as that: else, each of them
    is. Numbers without axes, of JAX's or NumPy's, are Python's from here on, which can be keys.

    Raises:
        CheckError: it shows none.
    """
    if at is None:
        return None
    if is_number(at):
        return [float(at)]
    if getattr(at, "ndim", 0) == 1 and callable(of):
        count = parameters(of)
        if count > 1 or not _gives_number(of, ((),)):
            return [at]
    places = [float(x) if is_number(x) else x for x in at]
    if not places:
        raise CheckError(f"at={at!r} shows no place. Leave it out, and places are drawn.")
    return places


def _nested(array: np.ndarray) -> tuple[Any, ...]:
    return tuple(_nested(a) if a.ndim else float(a) for a in array)


def parameters(of: Callable[..., Any]) -> int:
    """How many positional arguments `of` needs at least."""
    try:
        signature = inspect.signature(of)
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in signature.parameters.values() if p.kind in kinds and p.default is p.empty]
    return max(1, len(needed))


def _example(shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """Arguments of these shapes."""
    return [np.full(s, 0.7, np.float32) if s else 0.7 for s in shapes]


def _gives_number(of: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> bool:
    out: Any = np.zeros(1)  # no number
    try:  # NumPy minds an index that is not there; JAX takes the last one
        out = of(*_example(shapes))
    except IndexError:
        return False
    except Exception:  # noqa: BLE001 - any error only means "not this shape"
        pass
    # Python control flow on values cannot be traced, but has run.
    with contextlib.suppress(Exception):
        out = jax.eval_shape(of, *[jax.ShapeDtypeStruct(s, np.float32) for s in shapes])
    return np.shape(out) == ()


def _refuse_structures(of: Callable[..., Any], place: Any, arguments: Sequence[Any]) -> None:
    """Raise CheckError for a place that is more than numbers and arrays."""
    for argument in arguments:
        leaves = jax.tree_util.tree_leaves(argument)
        nested = isinstance(argument, (Mapping, set, str)) or argument is None
        if nested or not all(isinstance(x, numbers.Number) or hasattr(x, "dtype") for x in leaves):
            kind = type(argument).__name__
            raise CheckError(
                f"at={place!r}: a {kind} as an argument is not supported, only numbers and arrays "
                f"of them. Write a function of numbers or of one array that calls "
                f"{getattr(of, '__name__', 'the function')}, and check that."
            )


def _no_number(of: Callable[..., Any], shapes: tuple[tuple[int, ...], ...], place: Any) -> str:
    """What is wrong with a function that does not return one number at `place`."""
    name = getattr(of, "__name__", "of")
    try:
        out = of(*_example(shapes))
    except Exception as exc:  # noqa: BLE001 - the author's function may raise anything
        return f"{name} stops at at={place!r} with {type(exc).__name__}: {exc}"
    if np.shape(out) != ():
        return (
            f"{name} returns an array of shape {np.shape(out)} at {place!r}; only functions that "
            "return one number are supported. If it works number by number, show numbers: "
            "at=[0.5, 2.0]."
        )
    return f"{name} returns a {type(out).__name__} at {place!r}, not a number."


def find_layout(of: Any, at: Sequence[Any] | None) -> Layout:
    """How `of` takes its place: as the shown places `at` have it, else by trying.

    Raises:
        CheckError: `of` is not a function, or returns no single number for any shape tried.
    """
    if not callable(of):
        raise CheckError(f"of={of!r} is not a function.")
    count = parameters(of)
    if at is not None and len(at):
        first = at[0] if count > 1 else (at[0],)
        if is_number(at[0]) and count > 1:
            raise CheckError(f"at={at[0]!r}: the function takes {count} arguments at each place.")
        _refuse_structures(of, at[0], first)
        shapes = tuple(np.shape(p) for p in first)
        if not _gives_number(of, shapes):
            raise CheckError(_no_number(of, shapes, at[0]))
        return Layout(shapes)
    tries: list[tuple[tuple[int, ...], ...]] = [((),) * count]
    if count == 1:
        tries += [((n,),) for n in range(2, 7)]
    for shapes in tries:
        if _gives_number(of, shapes):
            return Layout(shapes)
    name = getattr(of, "__name__", "of")
    why = ""
    try:
        of(*_example(tries[0]))
    except Exception as exc:  # noqa: BLE001 - the author's function may raise anything
        why = f" Of a number it says {type(exc).__name__}: {exc}."
    raise CheckError(
        f"{name} returns no single number for a number or an array of up to 6.{why} If it takes "
        "another array, show one with at=."
    )
