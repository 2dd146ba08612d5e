"""Numbers and places as a student reads them: four significant digits, a true minus sign."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .evidence import Evidence, PlaceEvidence
from .misconceptions.catalogue import CATALOGUE, Misconception
from .questions import Error, Value

__all__ = [
    "decimals",
    "derivative",
    "explain",
    "name_error",
    "name_value",
    "never_met",
    "number",
    "place",
    "significant_digits",
    "slopes",
]

NOTHING = 1e-7  # in a place or a slope of ordinary size; 1.167e-37 tells a reader nothing


def number(x: float, digits: int = 4) -> str:
    """A float in few digits: 0.52, −7.25, 44530, 4.6e+09, nan."""
    if not math.isfinite(x):
        return str(x).replace("-", "−")
    text = f"{x:.{digits}g}"
    if "e+" in text and abs(x) < 1e7:
        text = f"{float(text):.0f}"
    if float(text) == 0:
        text = "0"
    return text.replace("-", "−")


def place(u: Any, digits: int = 4, nothing: float = NOTHING) -> str:
    """A place: "1.37", or "(0.5, −1)". Where float32 means zero, below `nothing`, it says 0."""
    values = np.ravel(np.asarray(u, dtype=np.float64))
    values = np.where(np.abs(values) < nothing, 0.0, values)
    if values.size == 1:
        return number(float(values[0]), digits)
    shown = [number(float(x), digits) for x in values[:6]]
    return "(" + ", ".join(shown) + (", …" if values.size > 6 else "") + ")"


def slopes(values: Any) -> str:
    """Slopes: as a place, but what is small is told, since it is not zero: 4e−09."""
    shown = [number(float(x)) for x in np.ravel(np.asarray(values, dtype=np.float64))]
    return shown[0] if len(shown) == 1 else "(" + ", ".join(shown[:6]) + ")"


def never_met(evidence: Evidence | None) -> str:
    """Why a loop that waits for a slope near 0 has no end, of a minimum that descent leads to.

    Args:
        evidence: of the verdict on the minimum; "" comes of any other.
    """
    stall = evidence.stall if isinstance(evidence, PlaceEvidence) else None
    if stall is None:
        return ""
    step, slope = number(stall.step_size), number(stall.slope, 1)
    return (
        f"Does its loop wait for a slope below some bound? Once the slope is about {slope}, steps "
        f"of {step} are too small to change a float32 number there: a bound below that is never "
        "met. Count the steps, or stop where a step changes nothing."
    )


def derivative(order: int) -> str:
    """The name of a derivative of a function of one number: "second derivative"."""
    words = ["value", "derivative", "second derivative", "third derivative", "fourth derivative"]
    return words[order] if order < len(words) else f"derivative of order {order}"


def decimals(digits: int) -> str:
    """Say how many decimals, one of them in the singular."""
    if digits == 0:
        return "whole numbers"
    return f"{digits} decimal" + ("" if digits == 1 else "s")


def significant_digits(digits: int) -> str:
    """Say how many digits, wherever the point stands."""
    return f"{digits} significant digit" + ("" if digits == 1 else "s")


def name_value(value: Value) -> str:
    """A short description of a value: "2.5", "the text 'abc'", "a list of 3"."""
    match value.kind:
        case "truth" if value.numbers is not None and 0 < value.numbers.size <= 6:
            shown = [str(bool(x)) for x in value.numbers.ravel()]
            return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"
        case "number" | "truth" | "array" if value.numbers is not None and value.numbers.size <= 6:
            return place(value.numbers) if value.numbers.size else "an empty array"
        case "truth" | "array" if value.numbers is not None:
            return f"an array of shape {value.numbers.shape}"
        case "text":
            return f"the text {value.text[:40]!r}"
        case "nothing":
            return "empty (None)"
        case "function":
            return "a function"
        case "sequence" | "mapping":
            return f"a {value.type} of {value.length}"
    return f"a {value.type}"


def name_error(error: Error) -> str:
    """An exception in one line, to stand before a full stop: "TypeError: ..."."""
    first = error.message.strip().splitlines()[0] if error.message.strip() else ""
    short = first.rstrip(". ") if len(first) <= 160 else f"{first[:157].rstrip('. ')} [...]"
    return f"{error.type}: {short}" if short else error.type


def explain(misconception: str | Misconception, **parts: Any) -> tuple[str, str]:
    """The fact and the hint of a misconception, its placeholders filled."""
    entry = CATALOGUE[misconception] if isinstance(misconception, str) else misconception
    return entry.seen.format(**parts), entry.hint.format(**parts)
