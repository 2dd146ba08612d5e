"""The compiled program: one executable in place of a call's many.

Constants are passed to it as arguments. Compiled into it they would be known numbers, and the
compiler knows better: it turns a power into a product and a division into something else. Plain
JAX, which compiles each operation by itself, hands it constants as arguments too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autograder.compiled.arguments import Arguments
from autograder.compiled.trace import array, core, trace
from autograder.compiled.transformed import Transformed
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["Program"]

# All kernels in one piece: they are small, and the machine's other cores have other students'
# notebooks to run. The emitters must stay the ones plain JAX uses: `xla_cpu_use_fusion_emitters`
# off would compile in a third of the time, but rounds log, erf and tan differently.
_OPTIONS = {"xla_cpu_parallel_codegen_split_count": 1}


class Program:
    """A transformed function for one signature and one set of static arguments, compiled.

    Attributes:
        constants: what it keeps from one call to the next.

    Raises:
        Exception: see `trace`.
    """

    def __init__(
        self, transformed: Transformed, arguments: Arguments, vocabulary: Vocabulary
    ) -> None:
        closed, self._tree = trace(transformed, arguments, vocabulary)
        open_jaxpr, self.constants = _constants_as_arguments(closed)
        self._compiled: Callable[..., Any] = jax.jit(
            core.jaxpr_as_fun(open_jaxpr), compiler_options=_OPTIONS
        )

    def run(self, inputs: Sequence[Any]) -> Any:
        """The result for these inputs."""
        return self._tree.unflatten(self._compiled(*self.constants, *inputs))


def _constants_as_arguments(closed: Any) -> tuple[Any, list[Any]]:
    """The same program with every constant in front of its arguments; and the constants."""
    jaxpr = closed.jaxpr
    values: list[Any] = [jnp.asarray(constant) for constant in closed.consts]
    variables: dict[Any, Any] = {}

    def replaced(atom: Any) -> Any:
        if not isinstance(atom, core.Literal):
            return atom
        value = array(atom)
        key = (value.aval, np.asarray(value).tobytes())
        if key not in variables:
            variables[key] = core.Var(atom.aval)
            values.append(value)
        return variables[key]

    steps = [step.replace(invars=[replaced(atom) for atom in step.invars]) for step in jaxpr.eqns]
    opened = core.Jaxpr(
        constvars=[],
        invars=[*jaxpr.constvars, *variables.values(), *jaxpr.invars],
        outvars=jaxpr.outvars,
        eqns=steps,
        effects=jaxpr.effects,
        debug_info=jaxpr.debug_info.with_unknown_names(),
    )
    return core.ClosedJaxpr(opened, []), values
