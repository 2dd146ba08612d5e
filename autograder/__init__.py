"""Gradient descent with JAX, marked by mathematics.

A notebook needs one line: `from autograder import check`. `progress()` shows how far one is,
`draw` has the notebooks' pictures, `coach` their practice without points.
"""

import importlib
import sys
import types
from typing import TYPE_CHECKING

from .errors import AutograderError, CheckFailed
from .practice.progress import progress
from .practice.runs import attach

if TYPE_CHECKING:
    from . import check, coach, draw

__all__ = ["AutograderError", "CheckFailed", "__version__", "check", "coach", "draw", "progress"]

__version__ = "0.1.0"


class _FrontDoor(types.ModuleType):
    """Each `from autograder import check` in a notebook sees to it that its runs are noted.

    What was run tells whether an answer is still the newest. By the import alone, a shell that
    began when the package was loaded already would not be noted. The checks themselves are loaded
    then, and JAX with them: no command of ours or of nbgrader's has to wait for it.
    """

    @property
    def check(self) -> types.ModuleType:
        """The verbs of an author."""
        attach()
        return importlib.import_module(f"{__name__}.check")

    @check.setter
    def check(self, module: types.ModuleType) -> None:
        """The import system sets what it has loaded, here under a name that is a property."""

    @property
    def coach(self) -> types.ModuleType:
        """Practice without points."""
        return importlib.import_module(f"{__name__}.coach")

    @coach.setter
    def coach(self, module: types.ModuleType) -> None:
        """As for `check`."""

    @property
    def draw(self) -> types.ModuleType:
        """The pictures of a notebook."""
        return importlib.import_module(f"{__name__}.draw")

    @draw.setter
    def draw(self, module: types.ModuleType) -> None:
        """As for `check`."""


sys.modules[__name__].__class__ = _FrontDoor
attach()
