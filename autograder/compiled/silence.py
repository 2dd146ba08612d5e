"""A compilation that would warn is given up.

A warning that plain JAX gives at each call must go on being given, and one that our own work gives
must not be seen. So a warning while tracing, compiling or comparing is an error, which means plain
JAX (program `warning_from_numpy`, program `warning_from_jax`).

Not by `warnings.catch_warnings`: leaving it makes Python forget which warnings were shown once
already, and the student would see them again.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["Warned", "warnings_are_errors"]


class Warned(Exception):
    """There would have been a warning."""


@contextlib.contextmanager
def warnings_are_errors() -> Iterator[None]:
    """Raise `Warned`, or NumPy's FloatingPointError, where this thread would warn."""
    thread = threading.get_ident()
    shown = warnings.warn

    def warn(
        message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any
    ) -> None:
        if threading.get_ident() == thread:
            raise Warned(str(message))
        # From another thread: it must seem to come from where it does.
        shown(message, category, stacklevel + 1, *args, **kwargs)

    warnings.warn = warn
    try:
        with np.errstate(all="raise"):
            yield
    finally:
        warnings.warn = shown
