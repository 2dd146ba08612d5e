"""What a check asks of an answer, what comes back, and the plain data in between.

A question is turned into JSON for the witness (`autograder.answers.witness`), which evaluates the
answer where it lives; its JSON is parsed here, strictly, into frozen records. Nothing that comes
back is trusted to be well-formed: whatever is not as it should be becomes `Garbled`, which a check
judges like any other wrong reply.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "Argument",
    "Array",
    "Call",
    "Calls",
    "Error",
    "Found",
    "Garbled",
    "Late",
    "Look",
    "Missing",
    "Question",
    "Raised",
    "Reply",
    "Returned",
    "Slope",
    "Valley",
    "Value",
    "parse_replies",
    "write_questions",
]

MAX_REPLY = 4_000_000  # characters; the largest honest one is well under a tenth of this
MAX_LEVELS = 8  # of nesting; the witness sends 5


# ------------------------------------------------------------------------------------ questions


@dataclass(frozen=True)
class Array:
    """An array argument: handed to the answer as a float32 JAX array of this shape; () for one."""

    numbers: Any


@dataclass(frozen=True)
class Slope:
    """A slope function as an argument: slope·d + cubic·d³ + mix·sum(d), where d = x − centre.

    `slope`, `cubic`, `centre`: floats, or (nested) tuples of floats for arrays of that shape. `mix`
    makes each entry of the slope depend on all entries of the place, as a true gradient's do.
    """

    slope: Any
    cubic: Any
    centre: Any
    mix: float = 0.0

    def __call__(self, x: Any) -> Any:
        """The slope at `x`, in float64: a float's is a float, an array's has its shape."""
        if isinstance(x, float):  # plain arithmetic: a long walk takes thousands of these
            d: Any = x - self.centre
            return self.slope * d + self.cubic * d * d * d
        d = np.asarray(x, dtype=np.float64) - np.asarray(self.centre)
        bent = np.asarray(self.slope) * d + np.asarray(self.cubic) * d**3
        return bent + self.mix * d.sum()


@dataclass(frozen=True)
class Valley:
    """A slope function as an argument: the gradient of (low − x)² + steep·(y − x²)².

    Rosenbrock's valley, doi 10.1093/comjnl/3.3.175; its bottom is at (low, low²). It takes one
    place of two numbers at a time, and no tracer, so that what it is asked can be counted.
    """

    low: float
    steep: float

    def __call__(self, x: Any) -> Any:
        """The slope at `x` (2,), in float64."""
        u, v = np.asarray(x, dtype=np.float64)
        across = v - u**2
        return np.array(
            [-2 * (self.low - u) - 4 * self.steep * u * across, 2 * self.steep * across]
        )


Argument = float | int | Array | Slope | Valley


@dataclass(frozen=True)
class Look:
    """What is under this name?"""

    name: str


@dataclass(frozen=True)
class Call:
    """What does the function of this name return for each tuple of arguments?

    Attributes:
        name: of the function.
        calls: the arguments of each call, given by position.
        seconds: the time for all calls together; a call that is late ends the rest.
        keywords: what the parameters are called, for those that can only be given by name.
        patience: the last call is made only if the one before it took no longer than this; else
            it counts as late. For a call that costs slow but honest code minutes.
    """

    name: str
    calls: tuple[tuple[Argument, ...], ...]
    seconds: float = 20.0
    keywords: tuple[str, ...] = ()
    patience: float | None = None


Question = Look | Call


def _argument(argument: Argument) -> Any:
    match argument:
        case Array(numbers):
            return {"array": numbers}
        case Slope(slope, cubic, centre, mix):
            return {"slope": slope, "cubic": cubic, "centre": centre, "mix": mix}
        case Valley(low, steep):
            return {"valley": [low, steep]}
        case _:
            return argument


def write_questions(questions: Sequence[Question]) -> str:
    """Questions as the JSON text that the witness reads."""
    out: list[dict[str, Any]] = []
    for question in questions:
        if isinstance(question, Look):
            out.append({"name": question.name})
        else:
            calls = [[_argument(a) for a in arguments] for arguments in question.calls]
            asked = {"name": question.name, "seconds": question.seconds, "calls": calls}
            if question.keywords:
                asked["keywords"] = question.keywords
            if question.patience is not None:
                asked["patience"] = question.patience
            out.append(asked)
    return json.dumps(out, allow_nan=False)


# ------------------------------------------------------------------------------------ replies


@dataclass(frozen=True)
class Value:
    """A value as plain data.

    Attributes:
        kind: "number", "truth", "array", "text", "function", "nothing" (None or ...),
            "sequence", "mapping" or "other".
        type: the type's name as a student would know it, for messages.
        dtype: of a NumPy or JAX array, else "".
        numbers: float64 array of the value's shape for "number", "truth" and "array".
        items: of a sequence, or [key, value, key, value, ...] of a mapping.
        length: of a sequence or mapping, which may be more than the items kept.
    """

    kind: str
    type: str
    dtype: str = ""
    numbers: np.ndarray | None = field(default=None, compare=False)
    items: tuple[Value, ...] = ()
    length: int = 0
    text: str = ""


@dataclass(frozen=True)
class Error:
    """An exception of the student's code.

    Attributes:
        type: its class.
        kinds: its class and base classes by name.
        message: what it says.
        line: of a TypeError, the last line of the student's that it passed; "" if not known.
    """

    type: str
    kinds: tuple[str, ...]
    message: str
    line: str = ""


@dataclass(frozen=True)
class Found:
    """The name is there, and this is what it holds."""

    value: Value


@dataclass(frozen=True)
class Missing:
    """The name is not there.

    `similar`: names that may have been meant, best first. `failed_cell`: the error that stopped
    the cell which would have defined it, if that was the session's last error.
    """

    similar: tuple[str, ...] = ()
    failed_cell: Error | None = None


@dataclass(frozen=True)
class Asked:
    """Where a routine asked the slope that it was given; evidence only, `count` in all."""

    count: int
    places: tuple[Value, ...]


@dataclass(frozen=True)
class Returned:
    """The call returned this."""

    value: Value
    asked: Asked | None = None


@dataclass(frozen=True)
class Raised:
    """The call raised this."""

    error: Error
    asked: Asked | None = None


@dataclass(frozen=True)
class Late:
    """The call did not return in time, or was not begun because an earlier one was late."""

    seconds: float
    asked: Asked | None = None


@dataclass(frozen=True)
class Garbled:
    """The reply is not what a witness sends; `why` is for the grader."""

    why: str


Outcome = Returned | Raised | Late | Garbled


@dataclass(frozen=True)
class Calls:
    """What each call came to, in order; empty if the answer is not a function."""

    outcomes: tuple[Outcome, ...]


Reply = Found | Missing | Calls | Garbled


class _Bad(ValueError):
    """A reply that is not in the witness's format."""


# "<object at 0x7f...>": tells a student nothing, and differs from one marking to the next.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _text(raw: Any, limit: int = 600) -> str:
    if not isinstance(raw, str):
        raise _Bad("text expected")
    # Control characters could draw over a grader's terminal.
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in raw[:limit])
    return _ADDRESS.sub("", shown)


def _count(raw: Any) -> int:
    if type(raw) is not int or not 0 <= raw < 2**53:
        raise _Bad("count expected")
    return raw


_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _number(raw: Any) -> float:
    if type(raw) in (int, float):
        try:
            return float(raw)
        except OverflowError:
            return math.inf if raw > 0 else -math.inf
    if isinstance(raw, str) and raw in _WORDS:
        return _WORDS[raw]
    raise _Bad("number expected")


def _dict(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise _Bad("object expected")
    return raw


def _list(raw: Any, limit: int) -> list[Any]:
    if not isinstance(raw, list) or len(raw) > limit:
        raise _Bad("list expected, or too long")
    return raw


def _numbers(raw: dict[str, Any]) -> np.ndarray:
    flat = np.array([_number(x) for x in _list(raw.get("data"), 4096)], dtype=np.float64)
    shape = tuple(_count(n) for n in _list(raw.get("shape", []), 16))
    if math.prod(shape) != flat.size:
        raise _Bad("shape and data disagree")
    return flat.reshape(shape)


def _value(raw: Any, level: int = 0) -> Value:
    raw = _dict(raw)
    if level > MAX_LEVELS:
        raise _Bad("nested too deeply")
    kind, name = _text(raw.get("kind"), 20), _text(raw.get("type"), 80)
    dtype = _text(raw.get("dtype", ""), 20)
    match kind:
        case "number" | "truth" | "array":
            return Value(kind, name, dtype, numbers=_numbers(raw))
        case "text":
            return Value(kind, name, text=_text(raw.get("text")))
        case "sequence":
            items = tuple(_value(x, level + 1) for x in _list(raw.get("items"), 256))
            return Value(kind, name, items=items, length=_count(raw.get("length")))
        case "mapping":
            pairs = [_list(p, 2) for p in _list(raw.get("pairs"), 256)]
            if any(len(p) != 2 for p in pairs):
                raise _Bad("pairs expected")
            items = tuple(_value(x, level + 1) for p in pairs for x in p)
            return Value(kind, name, items=items, length=_count(raw.get("length")))
        case "function" | "nothing" | "other":
            return Value(kind, name, dtype)
    raise _Bad(f"unknown kind {kind!r}")


def _error(raw: Any) -> Error:
    raw = _dict(raw)
    kinds = tuple(_text(k, 80) for k in _list(raw.get("kinds"), 8))
    line = _text(raw.get("line", ""))
    return Error(_text(raw.get("type"), 80), kinds, _text(raw.get("message")), line)


def _asked(raw: dict[str, Any]) -> Asked | None:
    if "asked" not in raw:
        return None
    asked = _dict(raw["asked"])
    places = tuple(_value(x) for x in _list(asked.get("places"), 64))
    return Asked(_count(asked.get("count")), places)


def _outcome(raw: Any) -> Outcome:
    raw = _dict(raw)
    if "returned" in raw:
        return Returned(_value(raw["returned"]), _asked(raw))
    if "raised" in raw:
        return Raised(_error(raw["raised"]), _asked(raw))
    if "late" in raw:
        return Late(_number(raw["late"]), _asked(raw))
    raise _Bad("no outcome")


def _reply(question: Question, raw: Any) -> Reply:
    raw = _dict(raw)
    if isinstance(question, Look):
        if raw.get("missing") is True:
            failed = _error(raw["failed_cell"]) if "failed_cell" in raw else None
            return Missing(tuple(_text(n, 80) for n in _list(raw.get("similar"), 4)), failed)
        return Found(_value(raw.get("found")))
    outcomes = tuple(_outcome(o) for o in _list(raw.get("calls"), len(question.calls)))
    if outcomes and len(outcomes) != len(question.calls):
        raise _Bad("calls unanswered")
    return Calls(outcomes)


def _refuse_constant(name: str) -> float:
    raise _Bad(f"{name} is not JSON")


def parse_replies(questions: Sequence[Question], text: str) -> list[Reply]:
    """The witness's JSON as records, one a question; never raises on any text.

    A text that cannot be read at all gives `Garbled` for every question.
    """
    try:
        if len(text) > MAX_REPLY:
            raise _Bad(f"a reply of {len(text)} characters")
        raws = _list(json.loads(text, parse_constant=_refuse_constant), len(questions))
        if len(raws) != len(questions):
            raise _Bad("questions unanswered")
    except (ValueError, RecursionError) as exc:
        return [Garbled(str(exc)[:200]) for _ in questions]
    replies: list[Reply] = []
    for question, raw in zip(questions, raws, strict=True):
        try:
            replies.append(_reply(question, raw))
        except (ValueError, RecursionError) as exc:
            replies.append(Garbled(str(exc)[:200]))
    return replies
