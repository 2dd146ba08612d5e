"""The compiled program: traced once from a copy of the student's function, then only data.

Constants are passed to it as arguments. Compiled into it they would be known numbers, and the
compiler knows better: it turns a power into a product and a division into something else. Plain
JAX, which compiles each operation by itself, hands it constants as arguments too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np

from autograder.compiled.arguments import Arguments
from autograder.compiled.clone import Cloner
from autograder.compiled.internals import ArrayImpl
from autograder.compiled.transformed import Transformed
from autograder.compiled.vocabulary import Vocabulary

__all__ = ["NotCompilable", "Program"]

# Its names are public; some versions' types do not say so.
core: Any = jax.extend.core

# Operations that are one kernel each and depend on nothing but their operands. Loops, branches,
# random numbers, callbacks and linear algebra's libraries are not among them.
_PRIMITIVES = """
    abs acos acosh add add_any and argmax argmin asin asinh atan atan2 atanh broadcast_in_dim cbrt
    ceil clamp concatenate convert_element_type copy copy_p cos cosh cumprod cumsum div dot_general
    dynamic_slice dynamic_update_slice eq erf erf_inv erfc exp exp2 expand_dims expm1 floor gather
    ge gt integer_pow iota is_finite le log log1p logistic lt max min mul ne neg nextafter not
    one_minus_square or pad pow reduce_and reduce_max reduce_min reduce_or reduce_prod reduce_sum
    rem reshape rev round rsqrt scatter scatter-add scatter_add select_n sign sin sinh slice sort
    split sqrt square squeeze stack stop_gradient sub tan tanh transpose unstack xor
    custom_jvp_call jit pjit
"""
_KNOWN = frozenset(_PRIMITIVES.split())

_MOST_STEPS = 1000
"""Each operation is a kernel to compile, and a loop that Python unrolls has any number of them
(program `many_operations`)."""

_MOST_NUMBERS = 1 << 20
"""In all operands and results: beyond, computing takes the time and not JAX's looking at each
operation, so that there is nothing to gain by compiling, and comparing would cost much
(program `large_arrays`)."""

# All kernels in one piece: they are small, and the machine's other cores have other students'
# notebooks to run. The emitters must stay the ones plain JAX uses: `xla_cpu_use_fusion_emitters`
# off would compile in a third of the time, but rounds log, erf and tan differently.
_OPTIONS = {"xla_cpu_parallel_codegen_split_count": 1}
_DTYPES = frozenset({"float32", "float64", "int32", "int64", "uint8", "uint32", "bool"})


class NotCompilable(Exception):
    """The trace contains something that may come out differently when it is compiled."""


class Program:
    """A transformed function for one signature and one set of static arguments."""

    def __init__(
        self, transformed: Transformed, arguments: Arguments, vocabulary: Vocabulary
    ) -> None:
        """Trace and compile.

        Raises:
            NotCompilable: if the trace is not made of what is known to round alike.
            Exception: whatever the body raises when it meets tracers in place of numbers, say
                at an `if` (program `if_on_value`).
        """
        cloner = Cloner(vocabulary)
        root = cloner(transformed.root)
        function = transformed.of(root)
        statics = [cloner(leaf) for leaf in arguments.statics]

        def body(*inputs: Any) -> Any:
            args, kwargs = arguments.rebuild(inputs, statics)
            return function(*args, **kwargs)

        def undifferentiated(*inputs: Any) -> Any:
            args, kwargs = arguments.rebuild(inputs, statics)
            return root(*args, **kwargs)

        if any(type(leaf) is not ArrayImpl for leaf in arguments.inputs):
            _check_rules(jax.make_jaxpr(undifferentiated)(*arguments.inputs))
        closed, shapes = jax.make_jaxpr(body, return_shape=True)(*arguments.inputs)
        _check(closed)
        self._tree: Any = jax.tree_util.tree_structure(shapes)
        open_jaxpr, self._constants = _constants_as_arguments(closed)
        self._compiled: Callable[..., Any] = jax.jit(
            core.jaxpr_as_fun(open_jaxpr), compiler_options=_OPTIONS
        )

    def run(self, inputs: Sequence[Any]) -> Any:
        """The result for these inputs."""
        return self._tree.unflatten(self._compiled(*self._constants, *inputs))


def _check(closed: Any) -> None:
    if closed.effects:
        raise NotCompilable("effects")
    jaxpr = closed.jaxpr
    inner = {id(variable) for step in jaxpr.eqns for variable in step.outvars}
    if not all(id(variable) in inner for variable in jaxpr.outvars):
        raise NotCompilable("a result that is an argument or a constant")
    steps = list(itertools.islice(_steps(jaxpr), _MOST_STEPS + 1))
    if len(steps) > _MOST_STEPS:
        raise NotCompilable("too many operations")
    numbers = 0
    for step in steps:
        if step.primitive.name not in _KNOWN:
            raise NotCompilable(f"the operation {step.primitive.name}")
        numbers += sum(atom.aval.size for atom in (*step.invars, *step.outvars))
        if numbers > _MOST_NUMBERS:
            raise NotCompilable("too many numbers")
        if step.primitive.name == "pow" and step.invars[1].aval.dtype.kind in "iu":
            # JAX multiplies x by itself if it knows the number n in x**n, and takes a power if n
            # is a tracer, as an array is to a program (program `integer_array_as_exponent`).
            raise NotCompilable("an integer power that JAX knows and a program does not")
        for atom in (*step.invars, *step.outvars):
            if str(atom.aval.dtype) not in _DTYPES:
                raise NotCompilable(f"numbers of type {atom.aval.dtype}")


def _check_rules(closed: Any) -> None:
    """Refuse a body in which a function has a rule of its own for its derivative.

    In plain JAX that rule is handed the very number that was given, a Python float in double
    precision, and may compute with it before it is an array: 1e-40 > 0, but not in float32
    (program `kinks_and_tiny_numbers`).
    """
    for step in _steps(closed.jaxpr):
        if step.primitive.name.startswith("custom_"):
            raise NotCompilable("a function with a derivative of its own, of a Python number")


def _steps(jaxpr: Any) -> Iterator[Any]:
    """All operations, those of jitted functions inside included."""
    for step in jaxpr.eqns:
        yield step
        for parameter in step.params.values():
            if isinstance(parameter, core.ClosedJaxpr):
                yield from _steps(parameter.jaxpr)
            elif isinstance(parameter, core.Jaxpr):
                yield from _steps(parameter)


def _constants_as_arguments(closed: Any) -> tuple[Any, list[Any]]:
    """The same program with every constant in front of its arguments; and the constants."""
    jaxpr = closed.jaxpr
    values: list[Any] = [jnp.asarray(constant) for constant in closed.consts]
    variables: dict[Any, Any] = {}

    def replaced(atom: Any) -> Any:
        if not isinstance(atom, core.Literal):
            return atom
        value = _array(atom)
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


def _array(literal: Any) -> Any:
    """A literal as an array of its very type: 2.0 in `2.0 * x` must not decide the result's."""
    number = np.asarray(literal.val).item()
    aval = literal.aval
    array = jnp.asarray(number) if aval.weak_type else jnp.asarray(number, dtype=aval.dtype)
    if aval.shape or array.dtype != aval.dtype or array.weak_type != aval.weak_type:
        raise NotCompilable(f"a constant of type {aval}")
    return array
