"""Whether a function's body could be run once less without anybody noticing.

The walk goes through everything the function can reach: the names in its code, cells, defaults,
the functions it calls, the data it reads. All that it meets is either on a list of what is known
to be harmless, or plain data, or a reason to leave the function to plain JAX.
"""

from __future__ import annotations

import builtins
import types
from typing import Any, cast

from autograder.compiled import bytecode
from autograder.compiled.guards import ABSENT, Guards, cell_content
from autograder.compiled.transformed import Transformed
from autograder.compiled.values import NotPlainData, is_mutable, snapshot
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["NotPure", "examine"]


class NotPure(Exception):
    """The function stays plain; the text says why."""


def examine(
    function: types.FunctionType, vocabulary: Vocabulary, *, given_mutables: bool
) -> Guards:
    """Walk through all that `function` reaches, and note what must stay as it is.

    Args:
        function: what a student asked the gradient of.
        vocabulary: the names that may be used.
        given_mutables: whether lists, dicts or NumPy arrays are among the arguments of the call.

    Returns:
        The guards under which running `function` again would repeat the same computation.

    Raises:
        NotPure: if it cannot be known that it would.
    """
    walk = _Walk(Guards(function), vocabulary)
    try:
        walk.function(function)
    except (bytecode.NotUnderstood, NotPlainData) as reason:
        raise NotPure(str(reason)) from None
    if walk.writes and (walk.mutables or given_mutables):
        # What a body makes itself it may change: `total = []; total.append(x)`. But a `+=` on a
        # name may be on the caller's list (program `list_argument_extended`).
        raise NotPure("writes into an object, and can reach some that are not its own")
    return walk.guards


class _Walk:
    def __init__(self, guards: Guards, vocabulary: Vocabulary) -> None:
        self.guards = guards
        self.writes = False
        self.mutables = False
        self._vocabulary = vocabulary
        self._seen: dict[int, object] = {}  # with the objects, so that no id is used twice

    def function(self, function: types.FunctionType) -> None:
        if id(function) in self._seen:
            return
        self._seen[id(function)] = function
        if type(function.__globals__) is not dict:
            raise NotPure("names that are looked up by an object")
        self.guards.function(function)
        for value in function.__defaults__ or ():
            self.value(value)
        for value in (function.__kwdefaults__ or {}).values():
            self.value(value)
        for cell in function.__closure__ or ():
            self.value(cell_content(cell))
        touches = bytecode.read(function.__code__)
        self.writes |= touches.writes
        for lookup in touches.lookups:
            self.lookup(lookup, function)

    def lookup(self, lookup: bytecode.Lookup, function: types.FunctionType) -> None:
        value = self.name(lookup.name, function)
        rest = list(lookup.attributes)
        while isinstance(value, types.ModuleType):
            known = self._vocabulary.modules.get(value)
            if known is None:
                raise NotPure(f"the module {value.__name__}")
            if not rest:
                raise NotPure("a module as a value")
            attribute = rest.pop(0)
            now = vars(value).get(attribute, ABSENT)
            # What was replaced is in doubt, even by something harmless.
            if attribute not in known or now is not known[attribute]:
                raise NotPure(f"{value.__name__}.{attribute}")
            self.guards.name(vars(value), attribute, now)
            value = now
        for attribute in rest:
            self.writes |= bytecode.attribute(attribute)
        self.value(value)

    def name(self, name: str, function: types.FunctionType) -> Any:
        value = function.__globals__.get(name, ABSENT)
        self.guards.name(function.__globals__, name, value)
        if value is not ABSENT:
            return value
        table = cast(Any, function).__builtins__  # not known to all versions of its type
        if table is not vars(builtins):
            raise NotPure("builtins of its own")
        value = table.get(name, ABSENT)
        self.guards.name(table, name, value)
        return value

    def value(self, value: Any) -> None:
        """Anything that a name, a cell or a default holds."""
        if value is ABSENT:
            # Where it is looked up JAX's error, or the student's, is the result.
            raise NotPure("a name without a value")
        if self._vocabulary.knows(value):
            return
        if type(value) is types.FunctionType:
            transformed = Transformed.behind(value)
            if transformed is None:
                self.function(value)
            else:
                self.function(transformed.root)
            return
        content = snapshot(value)
        if is_mutable(value):
            self.mutables = True
            self.guards.content(value, content)
