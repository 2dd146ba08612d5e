"""Descent routines made from one right loop: broken in one place each, or only arranged otherwise.

A routine is a loop with slots. A slip fills one or two of them with something else; it is put into
each of the loop's forms in which the slot is there. Nothing here knows how the check works.
"""

# ruff: noqa: E501 - a line of student code a slot
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Routine", "rearranged", "slips"]


@dataclass(frozen=True)
class Routine:
    """Source text that defines `gradient_descent`, and what was done to it."""

    title: str
    source: str


_FOR = """\
def gradient_descent(df, start, step_size, num_steps):
    {before}
    x = {start}
    {memory}
    for i in range({count}):
        {top}
        old = x
        slope = {slope}
        {change}
        x = {update}
        {after}
    {end}
    return {result}
"""
_WHILE = """\
def gradient_descent(df, start, step_size, num_steps):
    {before}
    x = {start}
    {memory}
    i = 0
    steps = {count}
    while i < steps:
        {top}
        old = x
        slope = {slope}
        {change}
        x = {update}
        i += 1
        {after}
    {end}
    return {result}
"""
_RIGHT = {
    "before": "pass",
    "start": "start",
    "memory": "pass",
    "count": "num_steps",
    "top": "pass",
    "slope": "df(x)",
    "change": "pass",
    "update": "x - step_size * slope",
    "after": "pass",
    "end": "pass",
    "result": "x",
}


def _size(text: str) -> str:
    """How large the value of an expression is."""
    return f"_norm({text})"


_SLIPS: dict[str, dict[str, str]] = {
    # which way
    "uphill": {"update": "x + step_size * slope"},
    "slope without its sign": {"update": "x - step_size * abs(slope)"},
    "step without its sign": {"update": "x - abs(step_size) * slope"},
    "negative steps do nothing": {"update": "x - max(step_size, 0) * slope"},
    "=- for -=": {"update": "- step_size * slope"},
    # how far
    "no step size": {"update": "x - slope"},
    "half a step": {"update": "x - 0.5 * step_size * slope"},
    "two steps in one": {"update": "x - 2 * step_size * slope"},
    "a tenth of a step": {"update": "x - 0.1 * step_size * slope"},
    "step size squared": {"update": "x - step_size**2 * slope"},
    "divided by the step size": {"update": "x - slope / step_size"},
    "step over number of steps": {"update": "x - step_size / max(num_steps, 1) * slope"},
    "slope squared": {"update": "x - step_size * slope**2"},
    "sign of the slope": {"update": "x - step_size * jnp.sign(slope)"},
    "divided by the slope's size": {"update": f"x - step_size * slope / {_size('slope')}"},
    "divided by size and a bit": {"update": f"x - step_size * slope / ({_size('slope')} + 1e-8)"},
    "slope clipped to 1": {"slope": "_clip(df(x), -1.0, 1.0)"},
    "slope clipped to 10": {"slope": "_clip(df(x), -10.0, 10.0)"},
    "slope clipped to 1000": {"slope": "_clip(df(x), -1000.0, 1000.0)"},
    "slope clipped by its norm": {"slope": f"df(x) * min(1.0, 5.0 / {_size('df(x)')})"},
    "step clipped": {"update": "x - _clip(step_size * slope, -0.5, 0.5)"},
    "fixed step 0.01": {"before": "step_size = 0.01"},
    "fixed step 0.1": {"before": "step_size = 0.1"},
    "step at most 0.1": {"before": "step_size = min(step_size, 0.1)"},
    "step at most 0.5": {"before": "step_size = min(step_size, 0.5)"},
    "step at most 1": {"before": "step_size = min(step_size, 1.0)"},
    "step at least 0.01": {"before": "step_size = max(step_size, 0.01)"},
    "step within 0 and 1": {"before": "step_size = min(max(step_size, 0.0), 1.0)"},
    "mean slope over the entries": {"slope": "df(x) / jnp.size(x)"},
    # steps that change
    "1/(i+1)": {"update": "x - step_size / (i + 1) * slope"},
    "1/sqrt(i+1)": {"update": "x - step_size / (i + 1) ** 0.5 * slope"},
    "decays by 0.9": {"after": "step_size = step_size * 0.9"},
    "decays by 0.99": {"after": "step_size = step_size * 0.99"},
    "decays by half": {"after": "step_size = step_size / 2"},
    "linear decay": {"update": "x - step_size * (1 - i / num_steps) * slope"},
    "1/(1 + 0.01 i)": {"update": "x - step_size / (1 + 0.01 * i) * slope"},
    "grows by 1.05": {"after": "step_size = step_size * 1.05"},
    "warm up": {"update": "x - step_size * min(1.0, (i + 1) / 3) * slope"},
    "halved every ten": {"after": "step_size = step_size / 2 if i % 10 == 9 else step_size"},
    # what overshoots
    "halves when the slope grows": {
        "after": f"step_size = step_size / 2 if {_size('df(x)')} > {_size('slope')} else step_size"
    },
    "goes back and halves": {
        "after": f"x, step_size = (old, step_size / 2) if {_size('df(x)')} > {_size('slope')} else (x, step_size)"
    },
    "goes back when the slope grows": {
        "after": f"x = old if {_size('df(x)')} > {_size('slope')} else x"
    },
    "stops when the slope grows": {
        "after": f"if {_size('df(x)')} > {_size('slope')}: break"
    },
    "stops before the slope grows": {
        "after": f"if {_size('df(x)')} > {_size('slope')}: return old"
    },
    "stops when the slope turns": {"after": "if jnp.sum(df(x) * slope) < 0: break"},
    "best of all": {
        "memory": "best = x",
        "after": f"best = x if {_size('df(x)')} < {_size('df(best)')} else best",
        "result": "best",
    },
    "backtracks": {
        "update": f"next((x - step_size * t * slope for t in (1.0, 0.5, 0.25, 0.125, 0.0625) if {_size('df(x - step_size * t * slope)')} <= {_size('slope')}), x)"
    },
    "stops far out at 20": {"after": "if _norm(x) > 20: break"},
    "stops far out at 1000": {"after": "if _norm(x) > 1000: break"},
    "raises when it grows": {
        "after": f"if {_size('df(x)')} > 1.05 * {_size('slope')} and step_size > 0: raise RuntimeError('diverges')"
    },
    # where it may go
    "kept within 10": {"update": "_clip(x - step_size * slope, -10.0, 10.0)"},
    "kept within 100": {"update": "_clip(x - step_size * slope, -100.0, 100.0)"},
    "kept within 1000": {"update": "_clip(x - step_size * slope, -1000.0, 1000.0)"},
    "kept above 0": {"update": "_clip(x - step_size * slope, 0.0, float('inf'))"},
    "kept below 10": {"update": "_clip(x - step_size * slope, -float('inf'), 10.0)"},
    "start kept within 10": {"start": "_clip(start, -10.0, 10.0)"},
    "end kept within 5": {"end": "x = _clip(x, -5.0, 5.0)"},
    # from where
    "start forgotten": {"start": "start * 0 + 4.2"},
    "start 0": {"start": "start * 0.0"},
    "start without its sign": {"start": "abs(start)"},
    "start turned": {"start": "-start"},
    "start plus 1": {"start": "start + 1"},
    "steps from the start": {"update": "start - step_size * slope"},
    "slope of the start": {"slope": "df(start)"},
    "starts over": {"top": "x = start"},
    "slope of the next place": {"slope": "df(x - step_size * df(x))"},
    "slope half way": {"slope": "df(x - step_size / 2 * df(x))"},
    "the slope of the slope": {"slope": "jax.grad(df)(x)"},
    # how many
    "one too few": {"count": "num_steps - 1"},
    "one too many": {"count": "num_steps + 1"},
    "two too few": {"count": "num_steps - 2"},
    "twice as many": {"count": "2 * num_steps"},
    "half as many": {"count": "num_steps // 2"},
    "one": {"count": "1"},
    "ten": {"count": "10"},
    "three hundred": {"count": "300"},
    "at most 10": {"count": "min(num_steps, 10)"},
    "at most 100": {"count": "min(num_steps, 100)"},
    "at most 256": {"count": "min(num_steps, 256)"},
    "at most 500": {"count": "min(num_steps, 500)"},
    "at most 1000": {"count": "min(num_steps, 1000)"},
    "at most 77": {"count": "min(num_steps, 77)"},
    "at least one": {"count": "max(num_steps, 1)"},
    "at least ten": {"count": "max(num_steps, 10)"},
    "return inside": {"after": "return x"},
    "stops on a slope below 1": {"after": f"if {_size('slope')} < 1.0: break"},
    "stops on a slope below 0.5": {"after": f"if {_size('slope')} < 0.5: break"},
    "stops on a step below 0.1": {"after": f"if {_size('x - old')} < 0.1: break"},
    "stops on a step below 0.005": {"after": f"if {_size('x - old')} < 0.005: break"},
    "None for none": {"before": "if num_steps == 0: return None"},
    "zero for none": {"before": "if num_steps == 0: return 0.0 * start"},
    "raises for none": {"before": "if num_steps <= 0: raise ValueError('no steps')"},
    # what comes back
    "the start": {"result": "start"},
    "the place before": {"result": "old if num_steps else start"},
    "the slope": {"result": "df(x)"},
    "the last slope": {"memory": "slope = df(x)", "result": "slope"},
    "nothing": {"result": "None"},
    "the mean of the way": {
        "memory": "total = x * 0.0",
        "after": "total = total + x",
        "result": "total / num_steps if num_steps else x",
    },
    "the middle of the last two": {"memory": "old = x", "result": "(x + old) / 2"},
    "a history": {"memory": "path = [x]", "after": "path.append(x)", "result": "path"},
    "place and slope": {"result": "(x, df(x))"},
    "a dict": {"result": "{'x': x, 'steps': num_steps}"},
    "text": {"result": "str(x)"},
    # rounding
    "rounds to 2 on the way": {"update": "_round(x - step_size * slope, 2)"},
    "rounds to 3 on the way": {"update": "_round(x - step_size * slope, 3)"},
    "rounds the slope": {"slope": "_round(df(x), 1)"},
    "rounds the end to 3": {"result": "_round(x, 3)"},
    "rounds the end to 2": {"result": "_round(x, 2)"},
    "whole numbers": {"update": "jnp.trunc(jnp.asarray(x - step_size * slope))"},
    "an integer array": {
        "start": "jnp.asarray(start).astype(int)",
        "update": "x.at[...].add((-step_size * slope).astype(int))",
    },
    "half precision": {"start": "jnp.asarray(start, dtype=jnp.float16)", "update": "(x - step_size * slope).astype(jnp.float16)"},
    "bfloat16": {"start": "jnp.asarray(start, dtype=jnp.bfloat16)", "update": "(x - step_size * slope).astype(jnp.bfloat16)"},
    # other methods
    "momentum 0.9": {
        "memory": "v = x * 0.0",
        "change": "v = 0.9 * v - step_size * slope",
        "update": "x + v",
    },
    "momentum 0.5": {
        "memory": "v = x * 0.0",
        "change": "v = 0.5 * v + slope",
        "update": "x - step_size * v",
    },
    "mean of slopes": {
        "memory": "v = x * 0.0",
        "change": "v = 0.9 * v + 0.1 * slope",
        "update": "x - step_size * v",
    },
    "nesterov": {
        "memory": "v = x * 0.0",
        "slope": "df(x + 0.9 * v)",
        "change": "v = 0.9 * v - step_size * slope",
        "update": "x + v",
    },
    "adagrad": {
        "memory": "s = x * 0.0",
        "change": "s = s + slope**2",
        "update": "x - step_size * slope / (s**0.5 + 1e-8)",
    },
    "rmsprop": {
        "memory": "s = x * 0.0",
        "change": "s = 0.9 * s + 0.1 * slope**2",
        "update": "x - step_size * slope / (s**0.5 + 1e-8)",
    },
    "adam": {
        "memory": "m = s = x * 0.0",
        "change": "m = 0.9 * m + 0.1 * slope; s = 0.999 * s + 0.001 * slope**2",
        "update": "x - step_size * (m / (1 - 0.9**(i + 1))) / ((s / (1 - 0.999**(i + 1)))**0.5 + 1e-8)",
    },
    "weight decay": {"update": "0.99 * x - step_size * slope"},
    "slope divided": {"update": "x - step_size / slope"},
    "every other round": {"update": "x - step_size * slope if i % 2 == 0 else x"},
    "adds a little noise": {"update": "x - step_size * slope + 0.01 * (-1) ** i"},
    # arrays
    "only the first entry": {
        "update": "x - step_size * slope if jnp.ndim(x) == 0 else x.at[0].add(-step_size * slope[0])"
    },
    "entry by entry": {
        "start": "start",
        "update": "x - step_size * slope if jnp.ndim(x) != 1 else _each(df, x, step_size)",
    },
    "mean of the slope": {"slope": "df(x) * 0 + jnp.mean(df(x))"},
    "flattened": {"result": "x if jnp.ndim(x) < 2 else jnp.sum(x)"},
    "numbers only": {"start": "float(start)"},
    # memory between calls
    "a counter outside": {"top": "_calls.append(1)", "count": "num_steps - len(_calls)"},
    "goes on from before": {"start": "_last.get(jnp.shape(start), start)", "end": "_last[jnp.shape(start)] = x"},
}  # fmt: skip
_HELP = """\
# By Python where it is a number: thousands of steps are asked.

def _norm(v):
    return abs(v) if isinstance(v, float) else float(jnp.sqrt(jnp.sum(jnp.square(v))))

def _clip(v, low, high):
    return min(max(v, low), high) if isinstance(v, float) else jnp.clip(v, low, high)

def _round(v, digits):
    return round(v, digits) if isinstance(v, float) else jnp.round(v, digits)


_calls = []
_last = {}

def _each(df, x, step_size):
    for k in range(x.size):
        x = x.at[k].add(-step_size * df(x)[k])
    return x


"""


def slips() -> Iterator[Routine]:
    """Every slip in each form of the loop; none of them is gradient descent."""
    for title, slots in _SLIPS.items():
        for form, template in (("for", _FOR), ("while", _WHILE)):
            yield Routine(f"{title} ({form})", _HELP + template.format(**{**_RIGHT, **slots}))


_BODIES = {
    "for": _FOR.format(**_RIGHT),
    "while": _WHILE.format(**_RIGHT),
    "terms swapped": _FOR.format(**{**_RIGHT, "update": "-step_size * slope + x"}),
    "factors swapped": _FOR.format(**{**_RIGHT, "update": "x - slope * step_size"}),
    "plus minus": _FOR.format(**{**_RIGHT, "update": "x + (-step_size) * slope"}),
    "slope asked twice": _FOR.format(**{**_RIGHT, "top": "print(x, df(x))"}),
    "leaves where nothing moves": _FOR.format(
        **{**_RIGHT, "after": f"if {_size('x - old')} < 1e-7: break"}
    ),
    "leaves where it is not finite": _FOR.format(
        **{**_RIGHT, "after": "if not jnp.all(jnp.isfinite(jnp.asarray(x))): break"}
    ),
    "leaves beyond a million": _FOR.format(
        **{**_RIGHT, "after": "if _norm(x) > 1e6: break"}
    ),
    "an array from the first": _FOR.format(**{**_RIGHT, "start": "jnp.asarray(start, dtype=float)"}),
    "place and history": _FOR.format(
        **{**_RIGHT, "memory": "path = [x]", "after": "path.append(x)", "result": "(x, path)"}
    ),
    "history and place": _FOR.format(
        **{**_RIGHT, "memory": "path = [x]", "after": "path.append(x)", "result": "(path, x)"}
    ),
    "history and place as arrays": _FOR.format(
        **{
            **_RIGHT,
            "memory": "path = [x]",
            "after": "path.append(x)",
            "result": "(jnp.array(path), x)",
        }
    ),
    "place and count": _FOR.format(**{**_RIGHT, "memory": "i = -1", "result": "(x, i + 1)"}),
    "place, history and count": _FOR.format(
        **{**_RIGHT, "memory": "path = []", "after": "path.append(x)", "result": "(x, path, num_steps)"}
    ),
    "history of slopes": _FOR.format(
        **{**_RIGHT, "memory": "g = [df(x)]", "after": "g.append(df(x))", "result": "(x, g)"}
    ),
    "a list for an array": _FOR.format(
        **{**_RIGHT, "result": "x.tolist() if hasattr(x, 'tolist') else x"}
    ),
    "by name": "def gradient_descent(df, start, *, step_size, num_steps):\n"
    "    x = start\n    for _ in range(num_steps):\n        x = x - step_size * df(x)\n    return x\n",
    "by name, other order": "def gradient_descent(df, start, *, num_steps=10, step_size=0.1):\n"
    "    x = start\n    for _ in range(num_steps):\n        x = x - step_size * df(x)\n    return x\n",
    "by other names": "def gradient_descent(df, start, *, lr, n):\n"
    "    x = start\n    for _ in range(n):\n        x = x - lr * df(x)\n    return x\n",
    "refuses negative steps": _FOR.format(
        **{**_RIGHT, "before": "if step_size <= 0: raise ValueError('a step size is positive')"}
    ),
    "recursion": "def gradient_descent(df, start, step_size, num_steps):\n"
    "    if num_steps == 0:\n        return start\n"
    "    return gradient_descent(df, start - step_size * df(start), step_size, num_steps - 1)\n",
    "jit with a loop unrolled": "from functools import partial\n\n"
    "@partial(jax.jit, static_argnums=(0, 3))\n" + _FOR.format(**_RIGHT),
    "fori_loop": "def gradient_descent(df, start, step_size, num_steps):\n"
    "    return jax.lax.fori_loop(0, num_steps, lambda i, x: x - step_size * df(x),\n"
    "                             jnp.asarray(start, dtype=float))\n",
    "scan": "def gradient_descent(df, start, step_size, num_steps):\n"
    "    def one(x, _):\n        return x - step_size * df(x), x\n"
    "    return jax.lax.scan(one, jnp.asarray(start, dtype=float), None, length=num_steps)[0]\n",
    "while_loop": "def gradient_descent(df, start, step_size, num_steps):\n"
    "    def go(s):\n        return s[0] < num_steps\n"
    "    def one(s):\n        return s[0] + 1, s[1] - step_size * df(s[1])\n"
    "    return jax.lax.while_loop(go, one, (0, jnp.asarray(start, dtype=float)))[1]\n",
    "NumPy": "import numpy as np\n\ndef gradient_descent(df, start, step_size, num_steps):\n"
    "    x = np.array(start, dtype=float)\n    for _ in range(num_steps):\n"
    "        x -= step_size * np.asarray(df(x))\n    return x\n",
    "a step of its own": "def one_step(x, df, step_size):\n    return x - step_size * df(x)\n\n"
    "def gradient_descent(df, start, step_size, num_steps):\n    x = start\n"
    "    for _ in range(num_steps):\n        x = one_step(x, df, step_size)\n    return x\n",
    "entries together": "def gradient_descent(df, start, step_size, num_steps):\n    x = start\n"
    "    for _ in range(num_steps):\n        g = df(x)\n"
    "        x = x - step_size * g if jnp.ndim(x) != 1 else jnp.stack(\n"
    "            [a - step_size * b for a, b in zip(x, g)])\n    return x\n",
}  # fmt: skip


def rearranged() -> Iterator[Routine]:
    """Gradient descent, written otherwise."""
    for title, source in _BODIES.items():
        yield Routine(title, _HELP + source)
