"""Gradient descent with JAX, marked by mathematics.

A notebook needs one line: `from autograder import check`. `progress()` shows how far one is.
"""

from . import check
from .errors import AutograderError, CheckFailed
from .standing import progress

__all__ = ["AutograderError", "CheckFailed", "__version__", "check", "progress"]

__version__ = "0.1.0"
