"""Derivatives asked again and again in a loop, plain and with compiled gradients.

    python benchmarks/compiled_gradients.py

Both ways run in fresh processes that take turns on the same loops, so that a slow moment of the
machine falls on both; each round gives one ratio for each loop, and the median of them is shown.
The time is that of the loop alone, compiling included, imports not. Beside the ratio: what a plain
call costs, what the one call that traces and compares costs beyond it (also in plain calls: a loop
of fewer steps has nothing to gain), and what a call costs from then on. The last loops are of what
is not compiled: they must cost what they cost in plain JAX. Ends with an error if a loop came to
different places the two ways, to the last bit.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from autograder.compiled import XLA_FLAGS

ROUNDS = 3
QUARTIC = "2*x**4 - 3*x**3 - 9*x**2 + 4*x + 3"
PLANE = "jnp.log(1 + x[0]**2) * jnp.arctan(x[0]) + jnp.sin(x[1])**2"
# What a notebook of the course does: a function, where to start, the step, how often.
LOOPS = {
    "one variable": (QUARTIC, "-5.0", "jax.grad(f)", 1000),
    "two variables": (PLANE, "jnp.array([3.0, -2.0])", "jax.grad(f)", 1000),
    "value and slope": (QUARTIC, "-5.0", "lambda x: jax.value_and_grad(f)(x)[1]", 300),
    "second derivative": (QUARTIC, "-5.0", "jax.grad(jax.grad(f))", 300),
    "jacfwd": (PLANE, "jnp.array([3.0, -2.0])", "jax.jacfwd(f)", 300),
    "hessian": (PLANE, "jnp.array([3.0, -2.0])", "lambda x: jax.hessian(f)(x)[0]", 300),
    "ten places": (QUARTIC, "-5.0", "jax.grad(f)", 10),
    "vmap, plain": (QUARTIC, "jnp.arange(3.0)", "jax.vmap(jax.grad(f))", 100),
    "jit, plain": (QUARTIC, "-5.0", "jitted", 1000),
    "has_aux, plain": (QUARTIC, "-5.0", "lambda x: jax.grad(pair, has_aux=True)(x)[0]", 100),
}


def loops(way: str) -> None:
    """In a process of its own: run all loops one way; print what they took and the ends as JSON."""
    from autograder.compiled import install, report

    if way == "compiled":
        assert install()
    import jax
    import jax.numpy as jnp

    jax.block_until_ready(jax.grad(lambda t: t * t)(1.0))  # JAX's own start
    out = {}
    for name, (formula, start, derivative, steps) in LOOPS.items():
        names: dict[str, Any] = {"jax": jax, "jnp": jnp}
        # The derivative is made anew in each step, as students do.
        exec(f"def f(x): return {formula}\ndef pair(x): return f(x), x", names)
        exec("jitted = jax.jit(jax.grad(f))", names)
        exec(f"def slope(x): return ({derivative})(x)", names)
        slope = names["slope"]
        x = eval(start, names)
        jax.block_until_ready(x - 0.001 * slope(x))  # the first compiles the operations, both ways
        calls = []
        before = _made(report().calls)
        price = None
        began = time.perf_counter()
        for _ in range(steps):
            called = time.perf_counter()
            g = jax.block_until_ready(slope(x))
            calls.append(time.perf_counter() - called)
            if (made := _made(report().calls)) > before:
                before = made
                price = (price or 0.0) + calls[-1]
            x = x - 0.001 * g
        taken = time.perf_counter() - began
        end = [float(v).hex() for v in jnp.ravel(x)]
        out[name] = (taken, statistics.median(calls[len(calls) // 2 :]), price, end)
    json.dump(out, sys.stdout)


def _made(calls: dict[str, int]) -> int:
    return calls.get("replayed", 0) + calls.get("compiled", 0)


def main() -> int:
    """Print the table."""
    rounds: list[dict[str, Any]] = []
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": XLA_FLAGS}
    for _ in range(ROUNDS):
        both = {}
        for way in ("plain", "compiled"):
            command = [sys.executable, __file__, way]
            run = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
            both[way] = json.loads(run.stdout)
        rounds.append(both)
    different = 0
    print("loop               steps   times as fast   plain call   beginning      fast call")
    for name, (*_, steps) in LOOPS.items():
        plain = [both["plain"][name] for both in rounds]
        compiled = [both["compiled"][name] for both in rounds]
        ratio = statistics.median(p[0] / c[0] for p, c in zip(plain, compiled, strict=True))
        call = statistics.median(p[1] for p in plain)
        line = f"{name:18} {steps:5} {ratio:13.1f}   {1e3 * call:7.2f} ms"
        prices = [c[2] - p[1] for p, c in zip(plain, compiled, strict=True) if c[2] is not None]
        if prices:
            price = statistics.median(prices)
            fast = statistics.median(c[1] for c in compiled)
            line += f"   {1e3 * price:4.0f} ms ({price / call:3.0f})   {1e6 * fast:5.0f} us"
        ends = {str(answer[3]) for answer in (*plain, *compiled)}
        different += len(ends) > 1
        print(line if len(ends) == 1 else f"{line}   DIFFERENT ENDS {ends}")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        loops(sys.argv[1])
    else:
        sys.exit(main())
