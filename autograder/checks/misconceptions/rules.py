"""Mistaken rules of differentiation, applied to any function that JAX can trace.

The function is traced to its elementary operations, and differentiated forward with one rule
broken: a power that is not lowered, an inner derivative forgotten, a term lost. What comes out is
exactly what a student who makes this mistake writes down, whatever the function. Values and slopes
are NumPy arrays over all places at once, so that a mistake costs microseconds.

Functions with operations that are not in the tables give no mistakes; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.extend import core

from ..pieces import held
from ..precision import enable_x64

__all__ = ["Mistake", "mistaken_derivatives"]

Array = np.ndarray


@dataclass(frozen=True)
class Mistake:
    """A mistaken derivative: the misconception, its prediction (p, n), and words to fill in."""

    misconception: str
    prediction: Array
    function: str = ""


# name -> (value, derivative, name for students, mistaken derivatives seen in students' work)
_UNARY: dict[str, tuple[Callable[..., Array], Callable[..., Array], str, tuple[Any, ...]]] = {
    "sin": (np.sin, np.cos, "sine", (lambda x: -np.cos(x), np.sin, lambda x: -np.sin(x))),
    "cos": (np.cos, lambda x: -np.sin(x), "cosine", (np.sin, np.cos, lambda x: -np.cos(x))),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2, "tangent", (lambda x: 1 / np.sin(x) ** 2,)),
    "atan": (
        np.arctan,
        lambda x: 1 / (1 + x**2),
        "arctangent",
        (
            lambda x: 1 / (1 + x),
            lambda x: 1 / (1 - x**2),
            lambda x: 1 / np.sqrt(1 + x**2),
            lambda x: 1 / np.sqrt(1 - x**2),
            lambda x: -1 / (1 + x**2),
            lambda x: 1 / np.tan(x),
            lambda x: 1 / np.cos(x) ** 2,
            lambda x: 1 + x**2,
            lambda x: x / (1 + x**2),
            lambda x: 1 / x**2,
        ),
    ),
    "exp": (np.exp, np.exp, "the exponential", (lambda x: x * np.exp(x - 1),)),
    "log": (np.log, lambda x: 1 / x, "the logarithm", (lambda x: -1 / x**2, np.log)),
    "sqrt": (
        np.sqrt,
        lambda x: 0.5 / np.sqrt(x),
        "the square root",
        (lambda x: 1 / np.sqrt(x), lambda x: 2 / np.sqrt(x), lambda x: 0.5 * np.sqrt(x)),
    ),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, "tanh", (lambda x: 1 + np.tanh(x) ** 2,)),
    "sinh": (np.sinh, np.cosh, "sinh", (lambda x: -np.cosh(x),)),
    "cosh": (np.cosh, np.sinh, "cosh", (lambda x: -np.sinh(x),)),
    "logistic": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        "the logistic function",
        (),
    ),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), "log1p", ()),
    "abs": (np.abs, np.sign, "the absolute value", ()),
}
_LINEAR = frozenset(
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
MAX_EQUATIONS = 60


class _Unknown(Exception):
    """The function has an operation for which there is no rule here."""


@dataclass
class _Step:
    """One elementary operation: `out` = op(*args), with args as indices or constant arrays."""

    op: str
    args: list[int | Array]
    out: int
    params: dict[str, Any]


@dataclass
class _Program:
    """A traced function as a list of steps on numbered variables; 0 is the place."""

    steps: list[_Step]
    result: int
    values: dict[int, Array]


# --------------------------------------------------------------------------- tracing


def _inline(jaxpr: Any, consts: list[Any], args: list[Any], steps: list[_Step]) -> list[Any]:
    env: dict[Any, Any] = dict(zip(jaxpr.constvars, [np.asarray(c) for c in consts], strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return np.asarray(atom.val) if isinstance(atom, core.Literal) else env[atom]

    for eqn in jaxpr.eqns:
        name = eqn.primitive.name
        ins = [read(v) for v in eqn.invars]
        if (inner := held(eqn)) is not None:
            outs = _inline(inner.jaxpr, list(inner.consts), ins, steps)
            env.update(zip(eqn.outvars, outs, strict=True))
            continue
        if len(eqn.outvars) != 1 or len(steps) >= MAX_EQUATIONS:
            raise _Unknown(name)
        step = _Step(name, ins, len(steps) + 1, {"eqn": eqn})
        steps.append(step)
        env[eqn.outvars[0]] = step.out
    return [read(v) for v in jaxpr.outvars]


def _trace(f: Callable[[Any], Any], places: Array) -> _Program:
    closed = jax.make_jaxpr(f)(jax.ShapeDtypeStruct(places.shape[1:], np.float64))
    steps: list[_Step] = []
    (result,) = _inline(closed.jaxpr, list(closed.consts), [0], steps)
    if not isinstance(result, int):
        raise _Unknown("constant")
    program = _Program(steps, result, {0: places})
    for step in steps:
        program.values[step.out] = _value(step, program.values)
    return program


def _get(arg: int | Array, env: dict[int, Array]) -> Array:
    return env[arg] if isinstance(arg, int) else arg


def _apply(step: _Step, args: list[Array], batched: list[bool]) -> Array:
    """A structural operation by JAX itself, over the batch of places."""
    eqn = step.params["eqn"]
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


def _value(step: _Step, env: dict[int, Array]) -> Array:
    args = [_get(a, env) for a in step.args]
    batched = [isinstance(a, int) for a in step.args]
    op = step.op
    if op in _UNARY:
        return _UNARY[op][0](args[0])
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
    if op in _LINEAR and any(batched):
        return _apply(step, args, batched)
    if not any(batched):
        return np.asarray(step.params["eqn"].primitive.bind(*args, **step.params["eqn"].params))
    raise _Unknown(op)


# --------------------------------------------------------------------------- forward, rules broken

# A slip is (misconception, rule): the rule gets (value of the operation's output, values and slopes
# of its arguments, the exponent if it is a power) and gives the slope that the student has.
_Slip = tuple[str, Callable[..., Array], str]


def _exponent(step: _Step, env: dict[int, Array]) -> float | None:
    match step.op:
        case "integer_pow":
            return float(step.params["eqn"].params["y"])
        case "square":
            return 2.0
        case "pow" if not isinstance(step.args[1], int) and np.ndim(step.args[1]) == 0:
            return float(step.args[1])
    return None


def _slope(step: _Step, env: dict[int, Array], slopes: dict[int, Array]) -> Array:
    """The true rule."""
    args = [_get(a, env) for a in step.args]
    batched = [isinstance(a, int) for a in step.args]
    if not any(batched):
        return np.zeros(())
    ts = [slopes[a] if isinstance(a, int) else np.zeros(()) for a in step.args]
    op = step.op
    y = _exponent(step, env)
    if y is not None:
        return y * args[0] ** (y - 1) * ts[0]
    if op in _UNARY:
        return _UNARY[op][1](args[0]) * ts[0]
    match op:
        case "add" | "add_any":
            return _sum(ts[0], ts[1], env[step.out])
        case "sub":
            return _sum(ts[0], -ts[1], env[step.out])
        case "neg":
            return -ts[0]
        case "mul":
            a, b = _pad(*args) if all(batched) else args
            return _sum(_times(ts[0], b), _times(ts[1], a), env[step.out])
        case "div":
            a, b = _pad(*args) if all(batched) else args
            return _sum(_times(ts[0], 1 / b), _times(-ts[1], a / b**2), env[step.out])
    return _apply(step, [t if b else a for t, a, b in zip(ts, args, batched, strict=True)], batched)


def _times(t: Array, x: Array) -> Array:
    if t.ndim and np.ndim(x):
        t, x = _pad(t, x)
    return t * x


def _sum(a: Array, b: Array, like: Array) -> Array:
    if a.ndim and b.ndim:
        a, b = _pad(a, b)
    return np.broadcast_to(a + b, like.shape) if (a + b).shape != like.shape else a + b


def _run(program: _Program, direction: int, broken: dict[int, Callable[..., Array]]) -> Array:
    """The slope (p,) along coordinate `direction`, with the rules of some steps broken."""
    env = program.values
    seed = np.zeros_like(env[0])
    seed[:, direction] = 1.0
    slopes: dict[int, Array] = {0: seed}
    for step in program.steps:
        true = _slope(step, env, slopes)
        if step.out in broken:
            true = broken[step.out](step, env, slopes, true)
        slopes[step.out] = np.broadcast_to(true, env[step.out].shape)
    return slopes[program.result]


def _depends(program: _Program) -> dict[int, bool]:
    """Which variables depend on the place."""
    out = {0: True}
    for step in program.steps:
        out[step.out] = any(isinstance(a, int) and out[a] for a in step.args)
    return out


def _slips(program: _Program) -> Iterator[tuple[str, list[tuple[int, Callable[..., Array]]], str]]:
    """Each kind of slip, with all steps at which it can be made."""
    dep = _depends(program)
    users: dict[int, list[_Step]] = {}
    for step in program.steps:
        for a in step.args:
            if isinstance(a, int):
                users.setdefault(a, []).append(step)
    by_op = {s.out: s for s in program.steps}

    def is_inner(out: int) -> bool:
        """Whether the variable is more than a coordinate picked from the place."""
        while out:
            if by_op[out].op not in _LINEAR:
                return True
            ints = [a for a in by_op[out].args if isinstance(a, int)]
            out = ints[0] if ints else 0
        return False

    def curved(step: _Step) -> bool:
        return step.op in _UNARY or _exponent(step, program.values) not in (None, 1.0)

    powers = [s for s in program.steps if dep[s.out] and _exponent(s, program.values) is not None]
    products = [s for s in program.steps if s.op == "mul" and dep[s.out]]
    varying = [s for s in products if all(isinstance(a, int) and dep[a] for a in s.args)]
    scaled = [s for s in products if s not in varying]
    sums = [s for s in program.steps if s.op in ("add", "add_any", "sub") and dep[s.out]]

    def y(step: _Step) -> float:
        exponent = _exponent(step, program.values)
        assert exponent is not None  # only powers get here
        return exponent

    def t_of(step: _Step, slopes: dict[int, Array], k: int = 0) -> Array:
        arg = step.args[k]
        return slopes[arg] if isinstance(arg, int) else np.zeros(())

    def free(step: _Step) -> int:
        return next(k for k, a in enumerate(step.args) if isinstance(a, int) and dep[a])

    kept = [(s.out, lambda s, e, t, _: y(s) * e[s.out] * t_of(s, t)) for s in powers]
    # The first power counts: 4x left as 4x.
    linear = [s for s in scaled if not is_inner(int(s.args[free(s)]))]
    first = [(s.out, lambda s, e, t, _: _times(t_of(s, t, free(s)), e[s.out])) for s in linear]
    yield "power_not_lowered", kept, ""
    yield "power_not_lowered", [*kept, *first], ""
    yield (
        "coefficient_not_multiplied",
        [(s.out, lambda s, e, t, _: _get(s.args[0], e) ** (y(s) - 1) * t_of(s, t)) for s in powers],
        "",
    )
    by_out = {s.out: s for s in scaled}

    def lost_with_sign(s: _Step, e: Any, t: dict[int, Array], _: Array) -> Array:
        """- 9 x**2 differentiated as + 2 x: the sign went with the coefficient."""
        scale = by_out[int(s.args[1])]
        return t_of(s, t) + t_of(scale, t, free(scale))

    differences = [s for s in sums if s.op == "sub" and isinstance(s.args[1], int)]
    yield (
        "coefficient_lost",
        [(s.out, lost_with_sign) for s in differences if s.args[1] in by_out],
        "",
    )
    yield "coefficient_lost", [(s.out, lambda s, e, t, _: t_of(s, t, free(s))) for s in scaled], ""
    inner = [
        s
        for s in program.steps
        if dep[s.out] and is_inner(s.out) and any(curved(u) for u in users.get(s.out, []))
    ]
    yield (
        "chain_rule_inner_missing",
        [(s.out, lambda s, e, t, true: np.where(true != 0, 1.0, 0.0)) for s in inner],
        "",
    )
    outer = [
        s
        for s in program.steps
        if curved(s) and isinstance(s.args[0], int) and dep[s.args[0]] and is_inner(s.args[0])
    ]
    yield "chain_rule_outer_missing", [(s.out, lambda s, e, t, _: t_of(s, t)) for s in outer], ""
    yield (
        "product_of_derivatives",
        [
            *((s.out, lambda s, e, t, _: t_of(s, t) * t_of(s, t, 1)) for s in varying),
            *((s.out, lambda s, e, t, _: t_of(s, t) ** y(s)) for s in powers if s in outer),
        ],
        "",
    )
    yield (
        "quotient_sign",
        [
            (s.out, lambda s, e, t, true: -true)
            for s in program.steps
            if s.op == "div" and all(isinstance(a, int) and dep[a] for a in s.args)
        ],
        "",
    )
    for op, (_, _, name, mistaken) in _UNARY.items():
        places = [s for s in program.steps if s.op == op and dep[s.out]]
        for rule in mistaken if places else ():
            yield (
                "elementary_rule",
                [
                    (
                        s.out,
                        lambda s, e, t, _, rule=rule: rule(_get(s.args[0], e)) * t_of(s, t),
                    )
                    for s in places
                ],
                name,
            )
    terms = [a for s in sums for a in s.args if isinstance(a, int) and dep[a] and a in by_op]
    yield "term_lost", [(a, lambda s, e, t, true: 0 * true) for a in terms], ""
    yield "term_sign", [(a, lambda s, e, t, true: -true) for a in terms], ""
    yield (
        "term_not_differentiated",
        [(a, lambda s, e, t, true: np.where(true != 0, e[s.out], 0.0)) for a in terms],
        "",
    )


def mistaken_derivatives(f: Callable[[Any], Any], places: Array) -> list[Mistake]:
    """What the gradient of `f` would be if one rule, somewhere or everywhere, were mistaken.

    Args:
        f: function of a flat place (n,) that returns a number.
        places: (p, n), float64.

    Returns:
        Predictions (p, n), the commonest kinds first; empty where `f` has operations without a
        rule here or cannot be traced.
    """
    try:
        with enable_x64(True):
            program = _trace(f, np.asarray(places, dtype=np.float64))
            out: list[Mistake] = []
            for misconception, sites, function in _slips(program):
                choices = [dict([site]) for site in sites]
                if len(sites) > 1:
                    choices.insert(0, dict(sites))
                for broken in choices:
                    columns = [
                        _run(program, j, broken).reshape(len(places))
                        for j in range(places.shape[1])
                    ]
                    out.append(Mistake(misconception, np.stack(columns, axis=1), function))
            return out
    except Exception:  # noqa: BLE001 - a hypothesis that cannot be computed is only not offered
        return []
