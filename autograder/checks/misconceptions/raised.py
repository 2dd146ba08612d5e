"""Errors of a student's code as misconceptions.

Matched on the exception's class (or a base of it) plus a short fragment of the message, since the
rest of JAX's wording changes between versions.
"""

from __future__ import annotations

import re

from ..questions import Error

__all__ = ["classify"]

_TABLE: tuple[tuple[str, str, str], ...] = (
    # (exception class or base, pattern in the message, misconception)
    ("StdinNotImplementedError", r"", "asks_for_input"),
    ("EOFError", r"reading a line", "asks_for_input"),
    ("BdbQuit", r"", "breakpoint_left"),
    ("CellTimeoutError", r"", "stopped_by_the_limit"),
    ("NotImplementedError", r"", "not_answered"),
    ("TracerArrayConversionError", r"", "numpy_in_grad"),
    ("TracerIntegerConversionError", r"", "math_in_grad"),
    ("ConcretizationTypeError", r"", "math_in_grad"),
    ("TypeError", r"real- or complex-valued inputs", "integer_input"),
    ("TypeError", r"requires real-valued (inputs|outputs)", "integer_input"),
    ("TypeError", r"scalar-output functions", "non_scalar_output"),
    ("TypeError", r"Expected a callable", "called_before_grad"),
    ("TypeError", r"must be (a )?callable|is not callable", "called_before_grad"),
    ("TypeError", r"\^|xor", "caret_for_power"),
    ("TypeError", r"cannot be interpreted as an integer", "argnums_as_name"),
    ("ValueError|TypeError", r"requires at least \d+ positional", "argnums_out_of_range"),
    ("TypeError", r"'float' object is not iterable", "point_as_argnums"),
    ("TypeError", r"JAX arrays are immutable|does not support item assignment", "in_place"),
    (
        "TypeError",
        r"can't multiply sequence|unsupported operand .*(tuple|dict|list)",
        "tuple_as_array",
    ),
    ("TypeError", r"and tuple|tuple and", "tuple_as_array"),
    ("TypeError", r"positional argument|unexpected keyword|takes .* argument", "wrong_arguments"),
    (
        "IndexError|TypeError",
        r"not subscriptable|invalid index to scalar|Too many indices",
        "wrong_arguments",
    ),
    ("TypeError", r"iteration over a 0-d|cannot unpack non-iterable", "wrong_arguments"),
    ("NameError", r"", "undefined_name"),
)


def classify(error: Error) -> str:
    """The id of the misconception behind an error; "raised" where none is known."""
    for classes, pattern, misconception in _TABLE:
        if any(c in error.kinds for c in classes.split("|")) and re.search(pattern, error.message):
            return misconception
    return "raised"
