"""A fair teacher's reading of a value: which numbers did the student mean?

Containers of one element are unwrapped, a pair may be a tuple, list, NumPy or JAX array, and
(point, history) counts as the point, in either order. What cannot be read is a `Problem` with a
reason in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .questions import Value

__all__ = ["Problem", "read_label", "read_numbers", "read_parts", "read_path", "read_point"]

BESIDE = 4  # a place and what is returned with it: history, slopes, count


@dataclass(frozen=True)
class Problem:
    """Why a value cannot be read as numbers: a misconception id and the fact seen."""

    misconception: str
    fact: str


_NEGATIONS = {"no", "not", "non", "isn", "isnt", "never", "neither", "nor", "t"}
# A decimal comma, as a text.
_COMMA = re.compile(r"\s*[-+−]?\d+,\d+\s*")


def _stack(value: Value) -> np.ndarray | None:
    """The numbers of nested containers as one array, or None if they do not fit together."""
    if value.kind in ("number", "array"):
        return value.numbers
    if value.kind == "sequence" and value.items and value.length == len(value.items):
        parts = [part for item in value.items if (part := _stack(item)) is not None]
        if len(parts) < len(value.items):
            return None
        if all(part.shape == parts[0].shape for part in parts):
            return np.stack(parts)
        if all(part.size == 1 for part in parts):  # ragged only by containers of one: [x, [y]]
            return np.stack([part.reshape(()) for part in parts])
    return None


def _what(value: Value) -> Problem:
    """The problem with a value that holds no numbers."""
    match value.kind:
        case "text":
            name = "decimal_comma" if _COMMA.fullmatch(value.text) else "text_answer"
            return Problem(name, f"it is the text {value.text[:40]!r}")
        case "nothing":
            return Problem("not_answered", "it is empty (None)")
        case "function":
            return Problem("function_not_called", "it is a function, not a number")
        case "truth":
            return Problem("wrong_kind", "it is True or False, not a number")
        case "mapping":
            keys = [key.text for key in value.items[::2]]
            if value.type != "dict" and "x" in keys:  # what SciPy's minimize returns
                return Problem("wrong_kind", "it is a whole result; its part `.x` is the place")
            named = ", ".join(repr(k) for k in keys[:4] if k)
            return Problem(
                "wrong_kind", "it is a dict" + (f" with the entries {named}" if named else "")
            )
        case "sequence":
            inner = next((i for i in value.items if _stack(i) is None), None)
            if inner is not None and inner.kind == "text":
                seen = _what(inner)
                entry = seen.fact.removeprefix("it is ")
                return Problem(seen.misconception, f"it is a {value.type} with {entry} in it")
            if inner is not None and inner.kind in ("function", "nothing"):
                return Problem(_what(inner).misconception, f"an entry of it: {_what(inner).fact}")
            return Problem("wrong_shape", f"it is a {value.type} whose entries do not line up")
    return Problem("wrong_kind", f"it is a {value.type}, not a number")


def read_label(value: Value, labels: Sequence[str]) -> str | None:
    """Which of the labels a text means: "valley", "a valley.", "Valleys"; None if not just one.

    With a negation in it, a text means none of them.
    """
    if value.kind == "sequence" and len(value.items) == 1:
        value = value.items[0]
    text = value.text.lower() if value.kind == "text" else ""
    exact = [label for label in labels if label.lower() == text.strip()]
    if exact:
        return exact[0]
    words = set(re.findall(r"\w+", text))
    found = [label for label in labels if {label.lower(), f"{label.lower()}s"} & words]
    return found[0] if len(found) == 1 and not _NEGATIONS & words else None


def read_numbers(value: Value) -> np.ndarray | Problem:
    """All numbers in `value`, as a float64 array without axes of length one."""
    array = _stack(value)
    return _what(value) if array is None else array.squeeze()


def read_parts(value: Value, shapes: Sequence[tuple[int, ...]]) -> np.ndarray | None:
    """A tuple with a gradient of each shape in turn, as one flat array; None if it is not that."""
    if value.kind != "sequence" or len(value.items) != len(shapes):
        return None
    parts = [read_numbers(item) for item in value.items]
    flat = [p.ravel() for p in parts if isinstance(p, np.ndarray)]
    if [p.size for p in flat] != [math.prod(s) for s in shapes]:
        return None
    return np.concatenate(flat)


def _is_path(value: Value, size: int) -> bool:
    """Whether `value` looks like a history: of places of `size` numbers, or of a number a step."""
    if value.kind == "mapping":
        return True
    array = _stack(value)
    if array is None:  # too long to be kept whole, or begun empty and of no steps
        return value.kind == "sequence" and (value.length != len(value.items) or not value.length)
    if size == 1 or not array.size:
        return array.ndim >= 1
    if array.ndim == 1:  # as many numbers as a place has may be one
        return len(array) > size
    return array.ndim >= 2 and array.size == len(array) * size


def read_point(value: Value, size: int) -> np.ndarray | Problem:
    """One place of `size` numbers, shape (size,), float64.

    A tuple or list of a place and its history is the place, whichever comes first.
    """
    numbers = read_numbers(value)
    if isinstance(numbers, np.ndarray) and numbers.size == size:
        return numbers.reshape(size)
    if value.kind == "sequence" and 2 <= len(value.items) <= BESIDE:
        for k, item in enumerate(value.items):
            place, others = read_numbers(item), (*value.items[:k], *value.items[k + 1 :])
            if (
                isinstance(place, np.ndarray)
                and place.size == size
                and any(_is_path(other, size) for other in others)
            ):
                return place.reshape(size)
    if isinstance(numbers, Problem):
        return numbers
    if size == 1 and _looks_like_a_decimal(value):
        return Problem("decimal_comma", f"it is the pair ({', '.join(_whole(value))})")
    if size == 1:
        fact = f"it holds {numbers.size} numbers where one is expected"
    elif numbers.size == 1:
        fact = f"it is one number where {size} are expected"
    else:
        fact = f"it has shape {numbers.shape} where {size} numbers are expected"
    return Problem("wrong_shape", fact)


def _whole(value: Value) -> list[str]:
    """The Python integers of a tuple, as they are written."""
    numbers = [i.numbers for i in value.items if i.kind == "number" and i.type == "int"]
    return [f"{float(n.ravel()[0]):.0f}".replace("-", "−") for n in numbers if n is not None]


def _looks_like_a_decimal(value: Value) -> bool:
    """Whether a tuple is what Python makes of 1,5."""
    whole = _whole(value)
    return value.type == "tuple" and len(whole) == value.length == 2 and whole[1].isdigit()


def read_path(value: Value, size: int, *, gaps: bool = False) -> np.ndarray | None:
    """The places (k, size) of a walk that the student kept, k > 1; None where there is none.

    Either the value itself is a history, or it is a (place, history).

    Args:
        value: what was replied.
        size: how many numbers a place has.
        gaps: whether a list of which the witness kept the beginning and the end is one too.
    """
    items = value.items if value.kind == "sequence" and value.length <= BESIDE else ()
    for candidate in (value, *items):
        cut = gaps and candidate.kind == "sequence"
        array = _stack(replace(candidate, length=len(candidate.items)) if cut else candidate)
        if array is not None and size == 1 and array.squeeze().ndim == 1:
            array = array.reshape(-1, 1)
        if array is not None and array.ndim == 2 and array.shape[1] == size and len(array) > 2:
            return array if np.isfinite(array).all() else None
    return None
