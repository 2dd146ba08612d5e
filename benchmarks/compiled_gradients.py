"""A loop of a thousand steps of `jax.grad`, plain and with compiled gradients.

    python benchmarks/compiled_gradients.py

Both ways run in fresh processes that take turns on the same loops, so that a slow moment of the
machine falls on both. The time is that of the loop alone, compiling included, imports not. Prints
the medians and their ratio, and whether both came to the same place, to the last bit.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

from autograder.sandbox.compiled import XLA_FLAGS

ROUNDS = 3
STEPS = 1000
# What a notebook of the course does: a function, where to start, the size of a step.
LOOPS = {
    "one variable": ("2*x**4 - 3*x**3 - 9*x**2 + 4*x + 3", "-5.0", 0.001),
    "two variables": ("jnp.log(1 + x[0]**2) * jnp.arctan(x[0]) + jnp.sin(x[1])**2", "P", 0.01),
}


def loops(way: str) -> None:
    """In a process of its own: run all loops one way; print the seconds and the ends as JSON."""
    if way == "compiled":
        from autograder.sandbox.compiled import install

        assert install()
    import jax
    import jax.numpy as jnp

    names = {"jnp": jnp, "P": jnp.array([3.0, -2.0])}
    out = {}
    for name, (formula, start, step) in LOOPS.items():
        f = eval(f"lambda x: {formula}", names)
        x = eval(start, names)
        jax.block_until_ready(jax.grad(lambda t: t * t)(1.0))  # JAX's own start
        began = time.perf_counter()
        for _ in range(STEPS):
            x = x - step * jax.grad(f)(x)
        jax.block_until_ready(x)
        out[name] = (time.perf_counter() - began, [float(v).hex() for v in jnp.ravel(x)])
    json.dump(out, sys.stdout)


def main() -> None:
    """Print the table."""
    seconds: dict[str, dict[str, list[float]]] = {}
    ends: dict[str, set[str]] = {}
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": XLA_FLAGS}
    for _ in range(ROUNDS):
        for way in ("plain", "compiled"):
            command = [sys.executable, __file__, way]
            run = subprocess.run(command, env=environment, check=True, capture_output=True)
            for name, (time_taken, end) in json.loads(run.stdout).items():
                seconds.setdefault(name, {}).setdefault(way, []).append(time_taken)
                ends.setdefault(name, set()).add(str(end))
    for name, by_way in seconds.items():
        plain, compiled = (statistics.median(by_way[way]) for way in ("plain", "compiled"))
        same = "bit-equal" if len(ends[name]) == 1 else f"DIFFERENT ENDS {ends[name]}"
        print(
            f"{name:14} {STEPS} steps  plain {plain:6.2f} s  compiled {compiled:6.2f} s"
            f"  {plain / compiled:5.1f} x  {same}"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        loops(sys.argv[1])
    else:
        main()
