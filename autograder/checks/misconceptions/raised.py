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
    # nbgrader's stub says nothing, an author's "your code here"; JAX and SymPy say what they lack.
    ("NotImplementedError", r"^\s*$|(?i:your code)", "not_answered"),
    ("SyntaxError", r"U\+(2212|2010|2011|2012|2013|2014|FE63|FF0D)", "copied_minus"),
    (
        "SyntaxError",
        r"U\+(2018|2019|201A|201B|201C|201D|201E|201F|00AB|00BB|2032|2033|00B4)",
        "copied_quotes",
    ),
    ("SyntaxError", r"U\+(00B2|00B3|00B9|207[0-9A-F]|208[0-9A-F])", "superscript"),
    ("SyntaxError", r"U\+(00D7|22C5|00B7|2219|2217|00F7|2215|2044)", "copied_operator"),
    (
        "SyntaxError",
        r"U\+(00A0|202F|2007|2009|200[0-9A-F]|3000|FEFF|2060|00AD)|non-printable",
        "copied_space",
    ),
    ("SyntaxError", r"invalid character|U\+[0-9A-F]{4}", "copied_character"),
    (
        "SyntaxError",
        r"cannot assign to (True|False|None)|: *(lambda|class|def|from|in|is|import) *=",
        "keyword_as_name",
    ),
    ("SyntaxError", r"unterminated string|EOL while scanning", "quote_not_closed"),
    ("SyntaxError", r"was never closed|unmatched|does not match|EOF", "bracket_not_closed"),
    ("UsageError", r"", "magic_not_first"),
    ("TypeError|AttributeError", r"(?i:\bellipsis\b)", "unanswered_used"),
    (
        "TypeError|ValueError",
        r"format string passed to|unsupported format|__format__",
        "formatted_array",
    ),
    ("TypeError", r"unhashable type", "unhashable"),
    ("TypeError", r"multiple values for argument", "argument_frozen"),
    ("TypeError", r"takes 0 positional arguments|takes no arguments", "takes_nothing"),
    ("TypeError", r"(abstract array|valid JAX (array )?type)[\s\S]*function", "function_in_jit"),
    ("TracerArrayConversionError", r"", "numpy_in_grad"),
    ("TracerIntegerConversionError", r"", "math_in_grad"),
    ("ConcretizationTypeError", r"", "math_in_grad"),
    ("TypeError", r"real- or complex-valued inputs", "integer_input"),
    ("TypeError", r"requires real-valued (inputs|outputs)", "integer_input"),
    ("TypeError", r"scalar-output functions", "non_scalar_output"),
    ("TypeError", r"'[\w.]+' object is not callable", "no_function_called"),  # 2(x)
    ("TypeError", r"Expected a callable", "called_before_grad"),
    ("TypeError", r"must be (a )?callable|is not callable", "called_before_grad"),
    ("TypeError", r"\^|xor", "caret_for_power"),
    ("TypeError", r"'str' object cannot be interpreted as an integer", "argnums_as_name"),
    ("ValueError|TypeError", r"requires at least \d+ positional", "argnums_out_of_range"),
    ("TypeError", r"'float' object is not iterable", "point_as_argnums"),
    ("TypeError", r"JAX arrays are immutable|does not support item assignment", "in_place"),
    ("TypeError", r"unsupported operand .*'tuple'|and tuple|tuple and", "tuple_as_array"),
    (
        "TypeError",  # of what is multiplied, it does not say what it is
        r"can't multiply sequence|unsupported operand .*'list'|can only concatenate (list|tuple)",
        "list_as_array",
    ),
    ("TypeError", r"positional argument|unexpected keyword|takes .* argument", "wrong_arguments"),
    (
        "IndexError|TypeError",
        r"not subscriptable|invalid index to scalar|Too many indices",
        "wrong_arguments",
    ),
    ("TypeError", r"iteration over a 0-d|cannot unpack non-iterable", "wrong_arguments"),
    ("NameError", r"", "undefined_name"),
)

# What a message alone does not tell: `sum(3.0)` says the same as `grad(f, 3.0)`.
_ONLY_IN = {"point_as_argnums": r"(grad|jac\w+|hessian)\s*\(.*,"}


def classify(error: Error) -> str:
    """The id of the misconception behind an error; "raised" where none is known."""
    for classes, pattern, misconception in _TABLE:
        if any(c in error.kinds for c in classes.split("|")) and re.search(pattern, error.message):
            line = _ONLY_IN.get(misconception, r"")
            return misconception if re.search(line, error.line) else "raised"
    return "raised"
