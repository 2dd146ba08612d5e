"""The trace of a transformed function: what it computes, written down once, and whether that holds.

It is taken from a copy of the student's function, and only of what is known to compute the same
whenever it is run: the rest is left to plain JAX.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
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

__all__ = ["NotCompilable", "array", "core", "trace"]

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

_DTYPES = frozenset({"float32", "float64", "int32", "int64", "uint8", "uint32", "bool"})


class NotCompilable(Exception):
    """The trace contains something that may come out differently when it is compiled."""


def trace(
    transformed: Transformed,
    arguments: Arguments,
    vocabulary: Vocabulary,
    within: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
) -> tuple[Any, Any]:
    """What a function computes for one signature and one set of static arguments.

    Args:
        transformed: the function.
        arguments: of one call.
        vocabulary: which names the function may use.
        within: entered around the body.

    Returns:
        The closed jaxpr, and the structure of its results as a tree.

    Raises:
        NotCompilable: if it is not made of what is known to round alike.
        Exception: whatever the body raises when it meets tracers in place of numbers, say
            at an `if` (program `if_on_value`).
    """
    cloner = Cloner(vocabulary)
    root = cloner(transformed.root)
    function = transformed.of(root)
    statics = [cloner(leaf) for leaf in arguments.statics]

    def body(*inputs: Any) -> Any:
        args, kwargs = arguments.rebuild(inputs, statics)
        with within():
            return function(*args, **kwargs)

    def undifferentiated(*inputs: Any) -> Any:
        args, kwargs = arguments.rebuild(inputs, statics)
        return root(*args, **kwargs)

    if any(type(leaf) is not ArrayImpl for leaf in arguments.inputs):
        _check_rules(jax.make_jaxpr(undifferentiated)(*arguments.inputs))
    closed, shapes = jax.make_jaxpr(body, return_shape=True)(*arguments.inputs)
    _check(closed)
    return closed, jax.tree_util.tree_structure(shapes)


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


def array(literal: Any) -> Any:
    """A literal as an array of its very type: 2.0 in `2.0 * x` must not decide the result's."""
    number, aval = np.asarray(literal.val), literal.aval
    if aval.weak_type:
        array = jnp.asarray(number.item())
    else:  # without a conversion, which JAX would compile
        array = jax.device_put(number.astype(aval.dtype))
    if aval.shape or array.dtype != aval.dtype or array.weak_type != aval.weak_type:
        raise NotCompilable(f"a constant of type {aval}")
    return array
