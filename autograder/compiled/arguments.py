"""One call's arguments: what a compiled program takes as input, and what it was made for.

Floats and arrays that are differentiated, and all of JAX's arrays, are inputs. Every other leaf
(an int, a flag, a mode, a NumPy array of data) is *static*: Python may branch on it or compute
with it in double precision before JAX sees it (program `double_precision_argument`), so the program
holds for that value alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.compiled.internals import ArrayImpl
from autograder.compiled.values import LIMIT, SCALARS

__all__ = ["Arguments", "Unusual", "read"]

_FLOATS = frozenset({np.dtype("float32"), np.dtype("float64")})
# Not the small floats: XLA computes them in float32, and rounds less often in a whole program.
_DTYPES = _FLOATS | frozenset(map(np.dtype, ("int32", "int64", "uint8", "uint32", "bool")))

_SMALLEST, _LARGEST = (float(x) for x in (np.finfo("f4").tiny, np.finfo("f4").max))

_STATIC = "static"


class Unusual(Exception):
    """Arguments that are left to plain JAX."""


class Arguments:
    """The arguments of one call, taken apart.

    Attributes:
        signature: hashable; the same for calls that differ only in `inputs` and `statics`.
        inputs: the leaves that the compiled program takes, in order.
        statics: the leaves that it was made for, in order.
    """

    __slots__ = ("inputs", "signature", "statics")

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.statics: list[Any] = []
        self.signature: tuple[Any, ...] = ()

    def has_mutables(self) -> bool:
        """Whether there is something among them that a body could write into."""
        return any(type(leaf) is np.ndarray for leaf in (*self.statics, *self.inputs)) or any(
            map(_contains_mutable, self.signature[2])
        )

    def rebuild(
        self, inputs: Sequence[Any], statics: Sequence[Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """`(args, kwargs)` with other leaves in the same places."""
        count, names, specs = self.signature
        leaves = (iter(inputs), iter(statics))
        values = [_build(spec, *leaves) for spec in specs]
        return tuple(values[:count]), dict(zip(names, values[count:], strict=True))


def read(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], argnums: int | tuple[int, ...]
) -> Arguments:
    """Take the arguments of a call apart.

    Raises:
        Unusual: for tracers, ints to be differentiated, students' classes, too few arguments, ...
    """
    found = Arguments()
    count = len(args)
    specs = []
    if type(argnums) is int:
        first = argnums if argnums >= 0 else argnums + count
        if not 0 <= first < count:
            raise Unusual("too few arguments")
        for i, argument in enumerate(args):
            specs.append(_spec(argument, i == first, found))
    else:
        indices = {i if i >= 0 else i + count for i in argnums}  # type: ignore[union-attr]
        if not all(0 <= i < count for i in indices):
            raise Unusual("too few arguments")
        for i, argument in enumerate(args):
            specs.append(_spec(argument, i in indices, found))
    specs += [_spec(argument, False, found) for argument in kwargs.values()]
    found.signature = (count, tuple(kwargs), tuple(specs))
    return found


def _spec(value: Any, differentiated: bool, found: Arguments) -> Any:
    """Note the leaves of `value`; returns its shape as something hashable."""
    kind = type(value)
    if kind is ArrayImpl:
        aval = value.aval
        if aval.dtype not in (_FLOATS if differentiated else _DTYPES):
            raise Unusual(f"an array of {aval.dtype}")
        found.inputs.append(value)
        return aval
    if differentiated:
        if kind is float:
            _check_range(value)
            found.inputs.append(value)
            return float
        if kind in (np.ndarray, np.float32, np.float64) and value.dtype in _FLOATS:
            _check_range(value)
            found.inputs.append(value)
            return kind, value.dtype, value.shape
    elif kind in SCALARS:
        found.statics.append(value)
        return _STATIC
    elif kind is np.ndarray or isinstance(value, np.generic):
        if value.dtype not in _DTYPES or value.nbytes > LIMIT:
            raise Unusual(f"an array of {value.dtype}")
        found.statics.append(value)
        return _STATIC
    # Exact types: a student's own container may do anything when it is taken apart.
    if kind is tuple or kind is list:
        return kind, tuple([_spec(item, differentiated, found) for item in value])
    if kind is dict and all(type(key) in (str, int) for key in value):
        # In the order it has: a body that walks through the dict sees it.
        items = tuple([_spec(item, differentiated, found) for item in value.values()])
        return kind, tuple(value), items
    raise Unusual(f"an argument of type {kind.__name__}")


def _check_range(value: Any) -> None:
    """Leave to plain JAX what does not fit into float32: it warns at each such call.

    And what is too small, which NumPy complains of if it is told to (program
    `beyond_single_precision`).
    """
    if type(value) is float or type(value) is np.float64:
        size = abs(value)
        if size != 0.0 and not _SMALLEST <= size <= _LARGEST and size < math.inf:
            raise Unusual("a number that float32 cannot hold")
    elif value.dtype == np.float64:
        sizes = np.abs(value)
        fits = (sizes == 0.0) | (sizes >= _SMALLEST) & (sizes <= _LARGEST) | ~np.isfinite(sizes)
        if not fits.all():
            raise Unusual("numbers that float32 cannot hold")


def _build(spec: Any, inputs: Iterator[Any], statics: Iterator[Any]) -> Any:
    if spec is _STATIC:
        return next(statics)
    if type(spec) is tuple:
        if spec[0] is tuple or spec[0] is list:
            return spec[0]([_build(item, inputs, statics) for item in spec[1]])
        if spec[0] is dict:
            return {
                key: _build(item, inputs, statics)
                for key, item in zip(spec[1], spec[2], strict=True)
            }
    return next(inputs)


def _contains_mutable(spec: Any) -> bool:
    if type(spec) is not tuple or type(spec[0]) is not type:
        return False
    if spec[0] is tuple:
        return any(map(_contains_mutable, spec[1]))
    return spec[0] in (list, dict)
