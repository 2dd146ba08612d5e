"""A function that JAX can trace, as a list of elementary steps that are differentiated forward.

The rule of each step is the true one, or one that is put in its place: so a derivative comes out
with just that rule broken. Values and slopes are NumPy arrays over all places at once, so that one
derivative costs microseconds. (Forward mode: the chain rule from the inside out, one slope carried
along with each value; Griewank and Walther, "Evaluating Derivatives", SIAM 2008, chapter 3.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from ..jaxprs import walk

__all__ = ["LINEAR", "UNARY", "At", "Program", "Step", "differentiate", "times", "trace"]

Array = np.ndarray | np.float64  # one number for all places is a scalar

UNARY: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2),
    "atan": (np.arctan, lambda x: 1 / (1 + x**2)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sinh": (np.sinh, np.cosh),
    "cosh": (np.cosh, np.sinh),
    "logistic": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "log1p": (np.log1p, lambda x: 1 / (1 + x)),
    "abs": (np.abs, np.sign),
}
"""Functions of one number, by JAX's name: value and derivative."""

LINEAR = frozenset(
    [
        "slice",
        "squeeze",
        "reshape",
        "broadcast_in_dim",
        "reduce_sum",
        "concatenate",
        "transpose",
        "copy",
        "copy_p",
        "convert_element_type",
        "stack",
        "unstack",
        "split",
        "rev",
        "expand_dims",
    ]
)
"""What only moves numbers about, so that slopes go the same way."""

MAX_EQUATIONS = 60


class _Unknown(Exception):
    """The function has an operation for which there is no rule here."""


@dataclass(eq=False)
class Step:
    """One elementary operation: `out` = op(*args), with args as indices or constant arrays."""

    op: str
    args: list[int | Array]
    out: int
    params: dict[str, Any]


@dataclass
class Program:
    """A traced function as a list of steps on numbered variables; 0 is the place."""

    steps: list[Step]
    result: int
    values: dict[int, Array]


# --------------------------------------------------------------------------- tracing


def trace(f: Callable[[Any], Any], places: Array) -> Program:
    """The steps of `f`, with their values at `places` (p, n), float64.

    Raises:
        Exception: JAX cannot trace it, or it has an operation without a rule here.
    """
    steps, result = _traced(f, places.shape[1:])
    program = Program(steps, result, {0: places})
    for step in steps:
        program.values[step.out] = _value(step, program.values)
    return program


@functools.lru_cache(maxsize=64)
def _traced(f: Callable[[Any], Any], shape: tuple[int, ...]) -> tuple[list[Step], int]:
    """The steps of `f` and which of them is its result: the same for all of a class."""
    closed = jax.make_jaxpr(f)(jax.ShapeDtypeStruct(shape, np.float64))
    steps: list[Step] = []

    def apply(eqn: Any, ins: list[Any]) -> list[int]:
        if len(eqn.outvars) != 1 or len(steps) >= MAX_EQUATIONS:
            raise _Unknown(eqn.primitive.name)
        steps.append(Step(eqn.primitive.name, ins, len(steps) + 1, {"eqn": eqn}))
        return [steps[-1].out]

    # As arrays, so that an index is a variable's.
    (result,) = walk(closed, [0], apply, constant=np.asarray)
    if not isinstance(result, int):
        raise _Unknown("constant")
    return steps, result


def _get(arg: int | Array, env: dict[int, Array]) -> Array:
    return env[arg] if isinstance(arg, int) else arg


def _moved(eqn: Any, x: np.ndarray) -> np.ndarray | None:
    """What only moves the numbers of `x` (p, ...) about, by NumPy; None where it takes JAX.

    JAX takes milliseconds for each, and every mistaken rule asks again.
    """
    told = eqn.params
    match eqn.primitive.name:
        case "convert_element_type":
            return x.astype(told["new_dtype"])
        case "squeeze":
            return x.squeeze(tuple(d + 1 for d in told["dimensions"]))
        case "reshape" if told.get("dimensions") is None:
            return x.reshape(len(x), *told["new_sizes"])
        case "slice":
            by = told["strides"] or (1,) * (x.ndim - 1)
            spans = zip(told["start_indices"], told["limit_indices"], by, strict=True)
            return x[(slice(None), *(slice(*span) for span in spans))]
        case "broadcast_in_dim" if len(eqn.invars) == 1:
            room = [1] * len(told["shape"])
            for axis, length in zip(told["broadcast_dimensions"], x.shape[1:], strict=True):
                room[axis] = length
            return np.broadcast_to(x.reshape(len(x), *room), (len(x), *told["shape"]))
    return None


def _apply(step: Step, args: list[Array], batched: list[bool]) -> Array:
    """A structural operation over the batch of places; what NumPy has no word for by JAX itself."""
    eqn = step.params["eqn"]
    moved = _moved(eqn, np.asarray(args[0])) if batched == [True] else None
    if moved is not None:
        return moved
    axes = [0 if b else None for b in batched]

    def bind(*xs: Any) -> Any:
        return eqn.primitive.bind(*xs, **eqn.params)

    return np.asarray(jax.vmap(bind, in_axes=axes)(*args))


def _pad(a: Array, b: Array) -> tuple[Array, Array]:
    """Batched arrays have one axis more than constants; give a scalar batch room to broadcast."""
    if a.ndim < b.ndim and a.ndim == 1:
        a = a.reshape(a.shape + (1,) * (b.ndim - 1))
    if b.ndim < a.ndim and b.ndim == 1:
        b = b.reshape(b.shape + (1,) * (a.ndim - 1))
    return a, b


def _value(step: Step, env: dict[int, Array]) -> Array:
    args = [_get(a, env) for a in step.args]
    batched = [isinstance(a, int) for a in step.args]
    op = step.op
    if op in UNARY:
        return UNARY[op][0](args[0])
    match op:
        case "add" | "add_any":
            a, b = _pad(*args) if all(batched) else args
            return a + b
        case "sub":
            a, b = _pad(*args) if all(batched) else args
            return a - b
        case "mul":
            a, b = _pad(*args) if all(batched) else args
            return a * b
        case "div":
            a, b = _pad(*args) if all(batched) else args
            return a / b
        case "neg":
            return -args[0]
        case "integer_pow":
            return args[0] ** float(step.params["eqn"].params["y"])
        case "square":
            return args[0] ** 2
        case "pow" if not batched[1]:
            return args[0] ** args[1]
    if op in LINEAR and any(batched):
        return _apply(step, args, batched)
    if not any(batched):
        return np.asarray(step.params["eqn"].primitive.bind(*args, **step.params["eqn"].params))
    raise _Unknown(op)


# --------------------------------------------------------------------------- forward


def exponent(step: Step) -> float | None:
    """The exponent of a power, where it is a number of its own."""
    match step.op:
        case "integer_pow":
            return float(step.params["eqn"].params["y"])
        case "square":
            return 2.0
        case "pow" if not isinstance(step.args[1], int) and np.ndim(step.args[1]) == 0:
            return float(step.args[1])
    return None


def _slope(step: Step, env: dict[int, Array], slopes: dict[int, Array]) -> Array:
    """The true rule."""
    args = [_get(a, env) for a in step.args]
    batched = [isinstance(a, int) for a in step.args]
    if not any(batched):
        return np.zeros(())
    ts = [slopes[a] if isinstance(a, int) else np.zeros(()) for a in step.args]
    op = step.op
    y = exponent(step)
    if y is not None:
        return y * args[0] ** (y - 1) * ts[0]
    if op in UNARY:
        return UNARY[op][1](args[0]) * ts[0]
    match op:
        case "add" | "add_any":
            return _sum(ts[0], ts[1], env[step.out])
        case "sub":
            return _sum(ts[0], -ts[1], env[step.out])
        case "neg":
            return -ts[0]
        case "mul":
            a, b = _pad(*args) if all(batched) else args
            return _sum(times(ts[0], b), times(ts[1], a), env[step.out])
        case "div":
            a, b = _pad(*args) if all(batched) else args
            return _sum(times(ts[0], 1 / b), times(-ts[1], a / b**2), env[step.out])
    return _apply(step, [t if b else a for t, a, b in zip(ts, args, batched, strict=True)], batched)


def times(t: Array, x: Array) -> Array:
    """A slope times a value, either of which may be a constant's."""
    if t.ndim and np.ndim(x):
        t, x = _pad(t, x)
    return t * x


def _sum(a: Array, b: Array, like: Array) -> Array:
    if a.ndim and b.ndim:
        a, b = _pad(a, b)
    return np.broadcast_to(a + b, like.shape) if (a + b).shape != like.shape else a + b


@dataclass(frozen=True)
class At:
    """A step that is being differentiated, as a rule sees it.

    Attributes:
        step: the operation.
        values: of all variables, over the places.
        slopes: of the variables so far.
        true: the slope that the true rule gives.
    """

    step: Step
    values: Mapping[int, Array]
    slopes: Mapping[int, Array]
    true: Array

    @property
    def result(self) -> Array:
        """The operation's own value."""
        return self.values[self.step.out]

    @property
    def exponent(self) -> float:
        """Of a power."""
        found = exponent(self.step)
        assert found is not None  # only powers are asked
        return found

    def value(self, k: int = 0) -> Array:
        """The value of the k-th argument."""
        arg = self.step.args[k]
        return self.values[arg] if isinstance(arg, int) else arg

    def slope(self, k: int = 0) -> Array:
        """The slope of the k-th argument; 0 of a constant."""
        arg = self.step.args[k]
        return self.slopes[arg] if isinstance(arg, int) else np.zeros(())


def differentiate(
    program: Program, direction: int, broken: Mapping[int, Callable[[At], Array]]
) -> Array:
    """The slope (p,) along coordinate `direction`.

    Args:
        program: the function.
        direction: which coordinate of the place is moved.
        broken: by a step's output, the rule that stands in the place of the true one.
    """
    env = program.values
    seed = np.zeros_like(env[0])
    seed[:, direction] = 1.0
    slopes: dict[int, Array] = {0: seed}
    for step in program.steps:
        slope = _slope(step, env, slopes)
        if step.out in broken:
            slope = broken[step.out](At(step, env, slopes, slope))
        slopes[step.out] = np.broadcast_to(slope, env[step.out].shape)
    return slopes[program.result]
