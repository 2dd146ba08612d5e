"""What a fair teacher accepts, and what only looks like an answer."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder import check
from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.base import Check
from autograder.checks.evidence import StepEvidence
from autograder.checks.verdict import Verdict
from autograder.errors import CheckError


def bowl(x: Any) -> Any:
    return x**2 + 3.0 * x - 5.0


def tilted(x: Any, y: Any) -> Any:
    return jnp.sin(x) * y**2 + x * y


def pair(u: Any) -> Any:
    return jnp.arctan(u[0]) ** 2 + jnp.sin(u[1]) ** 2 + 0.3 * u[0] * u[1]


def layer(w: Any, b: Any) -> Any:
    return jnp.tanh(w @ jnp.array([0.3, -0.7, 1.1]) + b) ** 2


def the(line: Callable[[], None]) -> Check:
    with recording() as checks:
        line()
    (made,) = checks
    return made


def marked(line: Callable[[], None], **answers: Any) -> list[Verdict]:
    return judge(the(line), answers, seed=7)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: 2 * x + 3,
        lambda x: np.float32(2 * x + 3),
        lambda x: np.array(2 * x + 3),
        lambda x: jnp.array([2 * x + 3]),
        lambda x: [2 * x + 3],
        lambda x: (2 * x + 3,),
        jax.grad(bowl, argnums=(0,)),
        jax.jit(jax.grad(bowl)),
        functools.partial(lambda a, x: a * x + 3, 2),
        np.polynomial.Polynomial([3, 2]),
        lambda x: Fraction(2) * Fraction(x) + 3,
    ],
)
def test_styles_of_a_derivative(answer: Any) -> None:
    (verdict,) = marked(lambda: check.gradient("df", of=bowl), df=answer)
    assert verdict.right, verdict.fact


@pytest.mark.parametrize(
    "answer",
    [-1.5, np.float64(-1.5), Fraction(-3, 2), jnp.array(-1.5), [-1.5], (-1.5, [10.0, 2.0, -1.5])],
)
def test_styles_of_a_place(answer: Any) -> None:
    (verdict,) = marked(lambda: check.minimum("x", of=bowl), x=answer)
    assert verdict.right, verdict.fact


class Impostor:
    """Agrees with whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __sub__(self, other: object) -> float:
        return 0.0

    __rsub__ = __sub__

    def __abs__(self) -> float:
        return 0.0

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "answer",
    [Impostor(), True, None, ..., "−1.5", float("nan"), {}, [], [[]], object(), 1j, bowl, 10**400],
    # Without addresses: the processes that share the tests must know them by the same names.
    ids=lambda answer: repr(answer).split(" at 0x")[0],
)
def test_what_is_no_place(answer: Any) -> None:
    (verdict,) = marked(lambda: check.minimum("x", of=bowl), x=answer)
    assert verdict.outcome == "wrong"
    assert verdict.fact


def _recursive(x: float) -> float:
    return _recursive(x)


def _exits(x: float) -> float:
    raise SystemExit(0)


@pytest.mark.parametrize("answer", [lambda x: Impostor(), _recursive, _exits, print, int, {}.get])
def test_functions_that_give_nothing(answer: Any) -> None:
    (verdict,) = marked(lambda: check.gradient("df", of=bowl), df=answer)
    assert verdict.outcome == "wrong"
    assert verdict.fact


@pytest.mark.parametrize("size", [1e308, -1.7e308])
def test_numbers_at_the_ends_of_what_a_float_holds_are_judged_in_silence(size: float) -> None:
    """To find out how many decimals 1e308 was rounded to, it was once multiplied by ten."""

    def up_and_down(x: float) -> float:
        return size if x > 0 else -size

    for line, answer in (
        (lambda: check.gradient("a", of=bowl), up_and_down),
        (lambda: check.gradient("a", of=bowl, order=2), up_and_down),
        (lambda: check.gradient("a", of=pair), lambda u: [size, -size]),
        (lambda: check.minimum("a", of=bowl), size),
        (lambda: check.minimum("a", of=pair), [size, -size]),
        (lambda: check.diverging_step("a", of=bowl), size),
        (lambda: check.descent("a"), lambda f, start, *rest: start + size),
    ):
        (verdict,) = marked(line, a=answer)
        assert verdict.right == (isinstance(verdict.evidence, StepEvidence) and size > 0)
        assert verdict.fact


def test_a_function_that_never_returns_gets_words() -> None:
    def forever(x: float) -> float:
        while True:
            pass

    made = the(lambda: check.gradient("df", of=bowl))
    questions = made.questions(7)
    object.__setattr__(questions[1], "seconds", 0.5)
    from autograder.answers.local import ask

    (verdict,) = made.judge(7, ask(questions, {"df": forever}))
    assert verdict.misconception == "never_returns"


@pytest.mark.parametrize(
    "handler", [signal.default_int_handler, signal.SIG_IGN], ids=["heard", "ignored"]
)
def test_an_interrupt_that_is_lost_comes_again(
    monkeypatch: pytest.MonkeyPatch, handler: Any
) -> None:
    """Where there is no SIGALRM, one that fell into a callback of the collector was the last.

    And none came at all where a shell had the program ignore it, in the background.
    """
    from autograder.answers import witness

    monkeypatch.delattr(witness.signal, "setitimer")
    before = signal.signal(signal.SIGINT, handler)
    swallowed = []

    def forever(x: float) -> float:
        while True:
            try:
                while True:
                    pass
            except KeyboardInterrupt:
                swallowed.append(x)
                if len(swallowed) == 3:
                    raise

    try:
        assert witness._call(forever, [1.0], 0.2) == {"late": 0.2}
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(swallowed) == 3


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (lambda: check.gradient("d", of=tilted, argnums=1), jax.grad(tilted, 1)),
        (lambda: check.gradient("d", of=tilted, argnums=(1, 0)), jax.grad(tilted, (1, 0))),
        (
            lambda: check.gradient("d", of=tilted, argnums=(0, 1), order=2),
            jax.hessian(tilted, (0, 1)),
        ),
        (lambda: check.gradient("d", of=pair), jax.grad(pair)),
        (lambda: check.gradient("d", of=pair, order=2), jax.hessian(pair)),
        (lambda: check.gradient("d", of=pair, at=np.array([[1.0, 2.0]])), jax.jacfwd(pair)),
        (lambda: check.gradient("d", of=bowl, at=3.0), jax.grad(bowl)),
        (lambda: check.gradient("d", of=bowl, order=3), lambda x: 0),
        (
            lambda: check.gradient("d", of=layer, argnums=(0, 1), at=[(np.ones(3), 0.5)]),
            jax.grad(layer, (0, 1)),
        ),
        (
            lambda: check.gradient("d", of=lambda m: jnp.sum(jnp.sin(m) * m), at=[np.eye(2)]),
            lambda m: jnp.cos(m) * m + jnp.sin(m),
        ),
    ],
)
def test_functions_of_every_signature(line: Callable[[], None], answer: Any) -> None:
    (verdict,) = marked(line, d=answer)
    assert verdict.right, verdict.fact


@pytest.mark.parametrize(
    "line",
    [
        lambda: check.gradient("d", of=3.0),
        lambda: check.gradient("d", of=bowl, order=0),
        lambda: check.gradient("d", of=tilted, argnums=2),
        lambda: check.gradient("d", of=lambda x: jnp.stack([x, x])),
        lambda: check.minimum("x", of=bowl, start=1.0),
        lambda: check.minimum("x", of=bowl, within=-1.0),
        lambda: check.curvature("c", of=bowl, at=[jnp.nan]),
        lambda: check.value("v", float("nan")),
    ],
)
def test_an_authors_mistake_is_told_at_once(line: Callable[[], None]) -> None:
    with pytest.raises(CheckError):
        the(line)


@pytest.mark.parametrize("shift", [0.05, -0.05])
@pytest.mark.parametrize(
    ("f", "minimum"),
    [
        (bowl, [-1.5]),
        (lambda u: jnp.sin(u[0]) + jnp.sin(u[1]), [-np.pi / 2, 3 * np.pi / 2]),
        (lambda u: (u[0] - 1) ** 2 + 10 * (u[1] - u[0] ** 2) ** 2, [1.0, 1.0]),
        (lambda x: jnp.cosh(x - 0.3), [0.3]),
    ],
)
def test_a_minimum_displaced_by_five_tolerances_is_refused(
    f: Any, minimum: list[float], shift: float
) -> None:
    at = minimum[0] if len(minimum) == 1 else minimum
    assert marked(lambda: check.minimum("m", of=f), m=at)[0].right
    for k in range(len(minimum)):
        moved = list(minimum)
        moved[k] += shift
        off = moved[0] if len(moved) == 1 else moved
        assert marked(lambda: check.minimum("m", of=f), m=off)[0].share == 0


def test_a_flat_minimum_is_a_minimum_and_a_flat_saddle_is_not() -> None:
    assert marked(lambda: check.minimum("m", of=lambda x: x**4), m=0.0)[0].right
    cubic = marked(lambda: check.minimum("m", of=lambda x: x**3), m=0.0)[0]
    assert cubic.misconception in ("saddle_found", "stationary_not_minimum")
    assert marked(lambda: check.stationary_point("m", of=lambda x: x**3), m=0.0)[0].right
