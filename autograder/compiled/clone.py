"""The copy of a student's function that is traced in place of the student's own.

For two reasons. JAX remembers a captured NumPy array by identity once it has been traced: after
that even un-jitted `grad` gives the old answer when the array has been changed in place
(program `numpy_global_changed_in_place`). So what is traced must never meet the student's arrays.
And the copy's world is closed: its globals hold the names that were found and guarded, and no
others. A name that was overlooked is a NameError while tracing, and so plain JAX.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from autograder.compiled.guards import ABSENT, cell_content
from autograder.compiled.transformed import Transformed
from autograder.compiled.vocabulary import BUILTINS, Vocabulary

__all__ = ["Cloner"]


class Cloner:
    """Copies functions and data; one object is copied once, so that two names of it stay two."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._copies: dict[int, tuple[Any, Any]] = {}  # id -> copy, and the original to keep its id

    def __call__(self, value: Any) -> Any:
        """A copy of `value` that shares nothing mutable with it."""
        if id(value) in self._copies:
            return self._copies[id(value)][0]
        if type(value) is types.FunctionType and not self._vocabulary.knows(value):
            transformed = Transformed.behind(value)
            if transformed is None:
                return self._function(value)
            copy: Any = transformed.of(self(transformed.root))
        elif type(value) is np.ndarray:
            copy = value.copy(order="K")
            copy.flags.writeable = False
        elif type(value) in (list, tuple):
            copy = type(value)([self(item) for item in value])
        elif type(value) is dict:
            copy = {key: self(item) for key, item in value.items()}
        else:
            copy = value
        self._copies[id(value)] = (copy, value)
        return copy

    def _function(self, function: types.FunctionType) -> types.FunctionType:
        names: dict[str, Any] = {"__name__": "__main__", "__builtins__": dict(BUILTINS)}
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        copy = types.FunctionType(function.__code__, names, function.__name__, None, cells or None)
        # Before what it holds, which may be itself.
        self._copies[id(function)] = (copy, function)
        for mine, original in zip(cells, function.__closure__ or (), strict=True):
            mine.cell_contents = self(cell_content(original))
        copy.__defaults__ = function.__defaults__ and tuple(map(self, function.__defaults__))
        copy.__kwdefaults__ = function.__kwdefaults__ and {
            name: self(value) for name, value in function.__kwdefaults__.items()
        }
        for name in _names(function.__code__):
            value = function.__globals__.get(name, ABSENT)
            if value is not ABSENT:
                names[name] = self(value)
        return copy


def _names(code: types.CodeType) -> set[str]:
    """The global names that a body mentions, and attributes that happen to be called like one."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found
