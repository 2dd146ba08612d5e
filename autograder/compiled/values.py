"""Data that a body may read: what it is, how it is remembered, when it is the same again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.compiled.internals import ArrayImpl

__all__ = ["LIMIT", "SCALARS", "NotPlainData", "is_mutable", "same", "same_scalar", "snapshot"]

LIMIT = 1 << 20
"""Bytes of mutable data compared at each call; beyond, the comparison would be the slow part."""

_DEPTH = 6

SCALARS = frozenset({int, float, bool, str, bytes, type(None), type(Ellipsis), range})
"""Exact types: a subclass of float may multiply as it likes (program `float_subclass`)."""

_GENERICS = frozenset(
    {np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.bool_}
)


class NotPlainData(Exception):
    """Something whose content cannot be compared."""


def same_scalar(a: object, b: object) -> bool:
    """Whether two scalars are interchangeable: 1, 1.0 and True are not, nor are 0.0 and -0.0."""
    if a is b:
        return True
    if type(a) is not type(b) or type(a) not in SCALARS or a != b:
        return False
    return not isinstance(a, float) or math.copysign(1.0, a) == math.copysign(1.0, b)  # type: ignore[arg-type]


def is_mutable(value: object) -> bool:
    """Whether plain data can change while staying the same object, itself or in its parts."""
    if type(value) is tuple:
        return any(map(is_mutable, value))
    return type(value) in (list, dict, np.ndarray)


def snapshot(value: Any, depth: int = 0) -> Any:
    """A copy of plain data, to be compared by `same` later; shares what cannot change.

    Raises:
        NotPlainData: for anything else, say the classes of students, sets, or arrays of objects.
    """
    kind = type(value)
    if kind in SCALARS or kind in _GENERICS or kind is ArrayImpl:
        return value
    if kind is np.ndarray:
        if value.dtype.kind not in "fiub" or value.nbytes > LIMIT:
            raise NotPlainData(f"an array of {value.nbytes} bytes of {value.dtype}")
        return value.copy(order="K")
    if depth == _DEPTH:  # a list may contain itself
        raise NotPlainData("deeply nested data")
    if kind is list or kind is tuple:
        return kind([snapshot(item, depth + 1) for item in value])
    if kind is dict:
        if not all(type(key) in SCALARS for key in value):
            raise NotPlainData("a dict whose keys are objects")
        return {key: snapshot(item, depth + 1) for key, item in value.items()}
    raise NotPlainData(f"an object of type {kind.__name__}")


def same(value: Any, before: Any) -> bool:
    """Whether `value` still is what `snapshot` found, to the last bit and in the same order."""
    kind = type(value)
    if kind is not type(before):
        return False
    if kind is np.ndarray:
        return (
            value.dtype == before.dtype
            and value.shape == before.shape
            and value.tobytes() == before.tobytes()
        )
    if kind is list or kind is tuple:
        return len(value) == len(before) and all(map(same, value, before))
    if kind is dict:
        # The order of a dict is seen by whoever sums over its values.
        return (
            len(value) == len(before)
            and all(map(same_scalar, value, before))
            and all(map(same, value.values(), before.values()))
        )
    if kind in SCALARS:
        return same_scalar(value, before)
    if kind in _GENERICS:
        return bool(value.tobytes() == before.tobytes())
    return value is before  # JAX's arrays never change
