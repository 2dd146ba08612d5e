"""Mistaken rules of differentiation, applied to any function that JAX can trace.

The function is differentiated step by step with one rule broken (forward.py): a power that is not
lowered, an inner derivative forgotten, a term lost. What comes out is exactly what a student who
makes this mistake writes down, whatever the function. One function a slip, and `SLIPS` has them in
the order in which a teacher would think of them.

Functions with operations that are not in the tables give no mistakes; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..precision import enable_x64
from .forward import LINEAR, UNARY, At, Program, Step, differentiate, exponent, times, trace

__all__ = ["Mistake", "constant_terms", "is_polynomial", "mistaken_derivatives"]

Array = np.ndarray | np.float64  # one number for all places is a scalar
Rule = Callable[[At], Array]
_SUMS = ("add", "add_any", "sub")
_OF_POLYNOMIALS = {*_SUMS, "mul", "neg"}


@dataclass(frozen=True)
class Mistake:
    """A mistaken derivative: the misconception, its prediction (p, n), and words to fill in."""

    misconception: str
    prediction: np.ndarray
    function: str = ""


@dataclass(frozen=True)
class Slip:
    """A kind of slip, and each step at which it can be made, with the rule that stands there then.

    It may be made at one of them, or at all.
    """

    misconception: str
    rules: tuple[tuple[int, Rule], ...]
    function: str = ""


def _at(misconception: str, steps: Iterable[Step], rule: Rule, function: str = "") -> Slip:
    return Slip(misconception, tuple((step.out, rule) for step in steps), function)


@dataclass
class _Steps:
    """The steps of a function, told apart by what a student may do wrong there."""

    program: Program

    @cached_property
    def _depends(self) -> dict[int, bool]:
        """Which variables depend on the place."""
        found = {0: True}
        for step in self.program.steps:
            found[step.out] = any(isinstance(a, int) and found[a] for a in step.args)
        return found

    @cached_property
    def _by_out(self) -> dict[int, Step]:
        return {step.out: step for step in self.program.steps}

    @cached_property
    def _varying_steps(self) -> list[Step]:
        return [step for step in self.program.steps if self._depends[step.out]]

    def step_of(self, out: int) -> Step | None:
        """The step that makes a variable; None of the place."""
        return self._by_out.get(out)

    def varies(self, arg: int | Array) -> bool:
        return isinstance(arg, int) and self._depends[arg]

    def free(self, step: Step) -> int:
        """Which of its arguments depends on the place: the first that does."""
        return next(k for k, arg in enumerate(step.args) if self.varies(arg))

    def _is_inner(self, out: int) -> bool:
        """Whether a variable is more than a coordinate picked from the place."""
        while out:
            step = self._by_out[out]
            if step.op not in LINEAR:
                return True
            out = next((a for a in step.args if isinstance(a, int)), 0)
        return False

    @staticmethod
    def _is_curved(step: Step) -> bool:
        return step.op in UNARY or exponent(step) not in (None, 1.0)

    # What a rule of its own has.

    @cached_property
    def powers(self) -> list[Step]:
        return [step for step in self._varying_steps if exponent(step) is not None]

    @cached_property
    def products(self) -> list[Step]:
        """Of two factors that both depend on the place."""
        found = [step for step in self._varying_steps if step.op == "mul"]
        return [step for step in found if all(map(self.varies, step.args))]

    @cached_property
    def scaled(self) -> list[Step]:
        """Products with a constant."""
        found = [step for step in self._varying_steps if step.op == "mul"]
        return [step for step in found if not all(map(self.varies, step.args))]

    @cached_property
    def scaled_coordinates(self) -> list[Step]:
        """4x, but not 4x²: the first power."""
        return [s for s in self.scaled if not self._is_inner(int(s.args[self.free(s)]))]

    @cached_property
    def quotients(self) -> list[Step]:
        steps = [step for step in self.program.steps if step.op == "div"]
        return [step for step in steps if all(map(self.varies, step.args))]

    @cached_property
    def _sums(self) -> list[Step]:
        return [step for step in self._varying_steps if step.op in _SUMS]

    @cached_property
    def subtracted(self) -> dict[int, Step]:
        """By the output of a difference, the scaled term that is taken off: 9x² in f − 9x²."""
        scaled = {step.out: step for step in self.scaled}
        found = {s.out: s.args[1] for s in self._sums if s.op == "sub"}
        return {out: scaled[a] for out, a in found.items() if isinstance(a, int) and a in scaled}

    @cached_property
    def terms(self) -> list[Step]:
        """What is added up, each by the step that makes it."""
        found = [a for s in self._sums for a in s.args if self.varies(a)]
        return [self._by_out[int(a)] for a in found if int(a) in self._by_out]

    @cached_property
    def inner(self) -> list[Step]:
        """What stands inside a function or a power."""
        used = {
            a
            for s in self.program.steps
            if self._is_curved(s)
            for a in s.args
            if isinstance(a, int)
        }
        return [s for s in self._varying_steps if s.out in used and self._is_inner(s.out)]

    @cached_property
    def outer(self) -> list[Step]:
        """Functions and powers with something inside."""
        return [
            step
            for step in self.program.steps
            if self._is_curved(step)
            and self.varies(step.args[0])
            and self._is_inner(int(step.args[0]))
        ]

    def of(self, op: str) -> list[Step]:
        return [step for step in self._varying_steps if step.op == op]


# --------------------------------------------------------------------------- the slips


def _power_not_lowered(steps: _Steps) -> Iterator[Slip]:
    """The power stays: 3x³ for x³; and then also 4x for 4x, whose power is the first."""
    kept = _at("power_not_lowered", steps.powers, lambda at: at.exponent * at.result * at.slope())
    yield kept
    first = _at(
        "power_not_lowered",
        steps.scaled_coordinates,
        lambda at: times(at.slope(steps.free(at.step)), at.result),
    )
    yield Slip("power_not_lowered", kept.rules + first.rules)


def _coefficient_not_multiplied(steps: _Steps) -> Iterator[Slip]:
    """The power is lowered and does not come down: x² for x³."""
    yield _at(
        "coefficient_not_multiplied",
        steps.powers,
        lambda at: at.value() ** (at.exponent - 1) * at.slope(),
    )


def _coefficient_lost(steps: _Steps) -> Iterator[Slip]:
    """The coefficient goes: 2x for 9x²; and + 2x for − 9x², where its sign went along."""

    def with_its_sign(at: At) -> Array:
        term = steps.subtracted[at.step.out]
        return at.slope() + At(term, at.values, at.slopes, at.true).slope(steps.free(term))

    yield Slip("coefficient_lost", tuple((out, with_its_sign) for out in steps.subtracted))
    yield _at("coefficient_lost", steps.scaled, lambda at: at.slope(steps.free(at.step)))


def _chain_rule_inner_missing(steps: _Steps) -> Iterator[Slip]:
    """The inner derivative is forgotten: cos(x²) for sin(x²)."""
    yield _at("chain_rule_inner_missing", steps.inner, lambda at: np.where(at.true != 0, 1.0, 0.0))


def _chain_rule_outer_missing(steps: _Steps) -> Iterator[Slip]:
    """Only the inner derivative is there: 2x for sin(x²)."""
    yield _at("chain_rule_outer_missing", steps.outer, lambda at: at.slope())


def _product_of_derivatives(steps: _Steps) -> Iterator[Slip]:
    """Factor by factor: f'·g' for f·g, and f'² for f²."""
    products = _at("product_of_derivatives", steps.products, lambda at: at.slope() * at.slope(1))
    powers = _at(
        "product_of_derivatives",
        [step for step in steps.powers if step in steps.outer],
        lambda at: at.slope() ** at.exponent,
    )
    yield Slip("product_of_derivatives", products.rules + powers.rules)


def _quotient_sign(steps: _Steps) -> Iterator[Slip]:
    """The two products of the quotient rule are taken from each other the wrong way round."""
    yield _at("quotient_sign", steps.quotients, lambda at: -at.true)


# By JAX's name: the name for students, and mistaken derivatives seen in students' work.
_MISTAKEN: dict[str, tuple[str, tuple[Callable[[Array], Array], ...]]] = {
    "sin": ("sine", (lambda x: -np.cos(x), np.sin, lambda x: -np.sin(x))),
    "cos": ("cosine", (np.sin, np.cos, lambda x: -np.cos(x))),
    "tan": ("tangent", (lambda x: 1 / np.sin(x) ** 2,)),
    "atan": (
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
    "exp": ("the exponential", (lambda x: x * np.exp(x - 1),)),
    "log": ("the logarithm", (lambda x: -1 / x**2, np.log)),
    "sqrt": (
        "the square root",
        (lambda x: 1 / np.sqrt(x), lambda x: 2 / np.sqrt(x), lambda x: 0.5 * np.sqrt(x)),
    ),
    "tanh": ("tanh", (lambda x: 1 + np.tanh(x) ** 2,)),
    "sinh": ("sinh", (lambda x: -np.cosh(x),)),
    "cosh": ("cosh", (lambda x: -np.sinh(x),)),
}


def _elementary_rule(steps: _Steps) -> Iterator[Slip]:
    """The derivative of a known function is remembered wrong."""

    def remembered(rule: Callable[[Array], Array]) -> Rule:
        return lambda at: rule(at.value()) * at.slope()

    for op, (name, mistaken) in _MISTAKEN.items():
        for rule in mistaken if steps.of(op) else ():
            yield _at("elementary_rule", steps.of(op), remembered(rule), name)


def _term_lost(steps: _Steps) -> Iterator[Slip]:
    """One of the terms is not there any more."""
    yield _at("term_lost", steps.terms, lambda at: 0 * at.true)


def _term_sign(steps: _Steps) -> Iterator[Slip]:
    """One of the terms has the other sign."""
    yield _at("term_sign", steps.terms, lambda at: -at.true)


def _term_not_differentiated(steps: _Steps) -> Iterator[Slip]:
    """One of the terms stands there as it was."""
    yield _at(
        "term_not_differentiated",
        steps.terms,
        lambda at: np.where(at.true != 0, at.result, 0.0),
    )


SLIPS: tuple[Callable[[_Steps], Iterator[Slip]], ...] = (
    _power_not_lowered,
    _coefficient_not_multiplied,
    _coefficient_lost,
    _chain_rule_inner_missing,
    _chain_rule_outer_missing,
    _product_of_derivatives,
    _quotient_sign,
    _elementary_rule,
    _term_lost,
    _term_sign,
    _term_not_differentiated,
)


def mistaken_derivatives(f: Callable[[Any], Any], places: np.ndarray) -> list[Mistake]:
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
            program = trace(f, np.asarray(places, dtype=np.float64))
            out: list[Mistake] = []
            steps = _Steps(program)
            for slip in (slip for slips in SLIPS for slip in slips(steps)):
                choices = [dict([rule]) for rule in slip.rules]
                if len(slip.rules) > 1:
                    choices.insert(0, dict(slip.rules))
                for broken in choices:
                    columns = [
                        differentiate(program, j, broken).reshape(len(places))
                        for j in range(places.shape[1])
                    ]
                    prediction = np.stack(columns, axis=1)
                    out.append(Mistake(slip.misconception, prediction, slip.function))
            return out
    except Exception:  # noqa: BLE001 - a hypothesis that cannot be computed is only not offered
        return []


def constant_terms(f: Callable[[Any], Any], places: np.ndarray) -> list[float]:
    """The numbers that `f` adds to what changes, as `mistaken_derivatives` has f; and their sum."""
    found: list[float] = []

    def visit(steps: _Steps, arg: int | Array, sign: float) -> None:
        step = None if not steps.varies(arg) else steps.step_of(int(arg))
        if not steps.varies(arg):
            value = steps.program.values[arg] if isinstance(arg, int) else arg
            found.append(sign * float(np.ravel(value)[0]))
        elif step is not None and step.op in _SUMS:
            visit(steps, step.args[0], sign)
            visit(steps, step.args[1], -sign if step.op == "sub" else sign)
        elif step is not None and step.op in LINEAR and len(step.args) == 1:
            visit(steps, step.args[0], sign)

    try:
        with enable_x64(True):
            program = trace(f, np.asarray(places, dtype=np.float64))
            visit(_Steps(program), program.result, 1.0)
    except Exception:  # noqa: BLE001 - as above
        return []
    return [*found, sum(found)]


def is_polynomial(f: Callable[[Any], Any], places: np.ndarray) -> bool:
    """Whether `f` is one, as far as it is written as one: then each power has its coefficient."""
    try:
        with enable_x64(True):
            steps = _Steps(trace(f, np.asarray(places, dtype=np.float64)))
    except Exception:  # noqa: BLE001 - as above
        return False
    return all(
        step.op in _OF_POLYNOMIALS | LINEAR
        or (exponent(step) or 0.5) in range(1, 100)
        or (step.op == "div" and not steps.varies(step.args[1]))
        for step in steps.program.steps
        if steps.varies(step.out)
    )
