"""Gradient descent with JAX, marked by mathematics.

A notebook needs one line: `from autograder import check`.
"""

from . import check
from .errors import AutograderError, CheckFailed

__all__ = ["AutograderError", "CheckFailed", "__version__", "check"]

__version__ = "0.1.0"
