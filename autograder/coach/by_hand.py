"""A function of one's own: the derivative by hand against `jax.grad`, with its tangents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..answers.local import ask
from ..checks.gradient import Gradient
from ..checks.questions import Call, Calls, Returned
from ..draw.panels import Panels
from ..errors import CheckError
from ..practice.session import judge_here
from .card import Unfit, name_of, practised, tell
from .knobs import Interval

__all__ = ["derivative"]


@practised
def derivative(by_hand: Any, *, of: Callable[[Any], Any], on: Interval = (-2.0, 2.0)) -> None:
    """Draw any function with tangents by hand, the two derivatives below it, and check the hand's.

    Args:
        by_hand: the derivative of `of` as a function of one number.
        of: any function of one number that JAX can differentiate.
        on: the interval that is drawn and asked, in the units of x.
    """
    import jax

    low, high = sorted(float(end) for end in on)
    if low == high:
        raise Unfit("`on` is where to draw: two numbers, such as `on=(-2, 2)`.")
    if not (callable(of) and callable(by_hand)):
        raise Unfit("Both are functions of x: give their names, without brackets.")
    if _is_open(by_hand, (low + high) / 2):
        raise Unfit("Your function is there. Now its derivative, by hand, in place of the dots.")
    try:
        name = name_of(by_hand, "by_hand")
        verdicts = judge_here(Gradient(name, of, domain=(low, high)), {name: by_hand})
    except CheckError as problem:
        why = re.sub(r"of=(\S*)", lambda found: found[1] or "it", str(problem))
        raise Unfit(
            f"JAX cannot differentiate your function between {low:g} and {high:g}: {why} It has to "
            "be a function of one number, written with `jnp` and not with `math` or `np`."
        ) from problem
    _draw(of, jax.grad(of), by_hand, (low, high))
    tell(verdicts=verdicts, pictures=False)  # drawn already, and larger


def _is_open(by_hand: Any, x: float) -> bool:
    """Whether it still returns its dots."""
    (reply,) = ask([Call("f", ((x,),))], {"f": by_hand})
    if not isinstance(reply, Calls) or len(reply.outcomes) != 1:
        return False
    outcome = reply.outcomes[0]
    return isinstance(outcome, Returned) and outcome.value.type == type(...).__name__


def _draw(of: Any, by_jax: Any, by_hand: Any, on: Interval) -> None:
    """The function above its two derivatives; nothing where that cannot be drawn."""
    import matplotlib.pyplot as plt

    places = np.linspace(*on, 6)[1:-1].tolist()
    panels = Panels(2, down=True)
    try:
        panels[0].curve(of, on=on, title="Your function, tangents with your slopes", y="height")
        panels[0].tangents(by_hand, at=places)
        panels[1].curve(by_jax, on=on, title="Its slope", y="slope", label="by jax.grad")
        panels[1].curve(by_hand, on=on, y="slope", label="by hand")
    except Exception:  # noqa: BLE001 - a function that the check has words for
        plt.close(panels[0].axes.figure)  # type: ignore[arg-type]
        return
    panels.show("Above, a curve with four tangents of slopes by hand. Below, two graphs of its "
                "derivative: by jax.grad and, dashed, by hand.")  # fmt: skip
