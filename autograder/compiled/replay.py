"""The operations of one call, run again with other numbers: each by the executable it has already.

What a plain call of a derivative takes is not computing but looking: JAX finds out anew in each
call which operations there are, in some hundred microseconds for each, and then runs each in ten.
Which they are is in the trace, so that here they are only run, one after the other. Nothing is
compiled, for plain calls have compiled them before, and nothing can round otherwise.

For that they must be the very operations of a plain call. It runs a function such as `jnp.multiply`
as one executable, whereas a trace takes it apart; so it is asked not to (`whole_calls`).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from autograder.compiled.arguments import Arguments
from autograder.compiled.internals import directly, executable, whole_calls
from autograder.compiled.trace import NotCompilable, array, core, trace
from autograder.compiled.transformed import Transformed
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["Replay"]

# What to call, the places of what it asks for, those of what it finds, whether that is a list.
_Step = tuple[Callable[..., Any], list[int], list[int], bool]


class Replay:
    """A transformed function for one signature and one set of static arguments, step by step.

    Attributes:
        constants: what it keeps from one call to the next.

    Raises:
        Exception: see `trace`; NotCompilable where a step cannot be run by itself.
    """

    def __init__(
        self, transformed: Transformed, arguments: Arguments, vocabulary: Vocabulary
    ) -> None:
        inlined: dict[int, Any] = {}
        closed, self._tree = trace(
            transformed, arguments, vocabulary, functools.partial(whole_calls, inlined)
        )
        jaxpr = closed.jaxpr
        self._inputs = len(jaxpr.invars)
        # Each value has a place: inputs, constants, and what the steps find.
        self._places: dict[Any, int] = {v: i for i, v in enumerate(jaxpr.invars)}
        self.constants: list[Any] = [None] * self._inputs
        for variable, constant in zip(jaxpr.constvars, closed.consts, strict=True):
            self._place(variable, jnp.asarray(constant))
        self._parts: list[tuple[Any, list[_Step]]] = []  # by the context of their steps
        self._add_all(_needed(jaxpr), inlined, set(jaxpr.outvars))
        self._results = [self._places[variable] for variable in jaxpr.outvars]

    def _place(self, variable: Any, value: Any) -> int:
        place = self._places[variable] = len(self.constants)
        self.constants.append(value)
        return place

    def _place_of(self, atom: Any) -> int:
        if not isinstance(atom, core.Literal):
            return self._places[atom]
        key = (type(atom.val), atom.aval, np.asarray(atom.val).tobytes())
        if key not in self._places:
            # An array is taken sooner than a number; but one of weak type JAX has to compile.
            self._place(key, atom.val if atom.aval.weak_type else array(atom))
        return self._places[key]

    def _add_all(self, steps: Iterable[Any], inlined: dict[int, Any], results: set[Any]) -> None:
        varying, context = set(range(self._inputs)), None
        taken: dict[Any, list[int]] = {}
        for step in steps:
            parameters = dict(step.params)
            if id(parameters.get("jaxpr")) in inlined:
                parameters["inline"] = True  # as in a plain call, or it would be compiled again
            elif step.primitive.name == "custom_jvp_call":
                raise NotCompilable("a function with a derivative of its own, not differentiated")
            asked = [self._place_of(atom) for atom in step.invars]
            # A result is an array of its own in each call; of the rest nothing is computed twice.
            is_result = not results.isdisjoint(step.outvars)
            key = (step.primitive, tuple(parameters.items()), tuple(asked))
            if key in taken and not is_result:
                self._places.update(zip(step.outvars, taken[key], strict=True))
                continue
            run, context = executable(step, parameters, context)
            found = taken[key] = [self._place(variable, None) for variable in step.outvars]
            ours = (run, asked, found, step.primitive.multiple_results)
            if varying.isdisjoint(asked) and not is_result:
                _take([(context, [ours])], self.constants)
                continue
            varying.update(found)
            if not self._parts or self._parts[-1][0] is not context:
                self._parts.append((context, []))
            self._parts[-1][1].append(ours)

    def settle(self, inputs: Sequence[Any]) -> None:
        """From now on, ask for nothing but executables; those of these inputs' types are there."""
        values = self._with(inputs)
        for context, steps in self._parts:
            for i, (run, asked, found, several) in enumerate(steps):
                _take([(context, [steps[i]])], values)
                direct = (directly(run), asked, found, several)
                with contextlib.suppress(RuntimeError):  # JAX has not kept it
                    _take([(context, [direct])], values)
                    steps[i] = direct

    def run(self, inputs: Sequence[Any]) -> Any:
        """The result for these inputs."""
        values = self._with(inputs)
        _take(self._parts, values)
        return self._tree.unflatten([values[place] for place in self._results])

    def _with(self, inputs: Sequence[Any]) -> list[Any]:
        values = self.constants.copy()
        values[: self._inputs] = inputs
        return values


def _take(parts: list[tuple[Any, list[_Step]]], values: list[Any]) -> None:
    for context, steps in parts:
        with contextlib.nullcontext() if context is None else context.manager:
            for run, asked, found, several in steps:
                result = run(*[values[place] for place in asked])
                if several:
                    for place, one in zip(found, result, strict=True):
                        values[place] = one
                else:
                    values[found[0]] = result


def _needed(jaxpr: Any) -> list[Any]:
    """The steps that the results depend on: a plain call runs the others as well, for nobody."""
    needed, steps = set(jaxpr.outvars), []
    for step in reversed(jaxpr.eqns):
        if not needed.isdisjoint(step.outvars):
            needed.update(atom for atom in step.invars if not isinstance(atom, core.Literal))
            steps.append(step)
    return steps[::-1]
