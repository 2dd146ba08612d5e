"""How XLA must be told to compile, so that a whole program rounds as its steps do one by one.

Plain JAX compiles each operation by itself. A program of many is compiled into other arithmetic:
*fusion* puts a multiplication and an addition into one kernel, where they become one rounding
(fused multiply-add); *algsimp* rewrites formulas; *constant_folding* computes sin(2) at compile
time, with another sine; *transpose-folding* lets a matrix product read its operand in another
order. Each is right to an ulp, and a chaotic map (program `chaotic_map`) makes a visible difference
of an ulp. Without these passes one kernel is left for each operation, the one plain JAX uses.

Only passes that rewrite are on the list. One that merely prepares (*fusion-wrapper*) would halve
the time of compiling if it were left out, but nothing then computes a scatter, not even in plain
JAX (program `scatter`). Up to jaxlib 0.11 the same is had by the older of two generators of code,
which changes no program of the tests; later ones have no such choice and end at the unknown flag.
"""

from __future__ import annotations

import contextlib
import importlib.metadata

__all__ = ["QUICKLY", "XLA_FLAGS"]


def _quickly() -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError, ValueError):
        major, minor = importlib.metadata.version("jaxlib").split(".")[:2]
        if (0, 7) <= (int(major), int(minor)) <= (0, 11):
            return "--xla_cpu_use_fusion_emitters=false"
    return ""


QUICKLY = _quickly()
"""What makes XLA compile in half the time, or "" where it has no such flag."""

XLA_FLAGS = (
    f"--xla_disable_hlo_passes=fusion,algsimp,constant_folding,transpose-folding {QUICKLY}".strip()
)
"""The value of the environment variable `XLA_FLAGS` for a process that will call `install`.

Whoever starts that process sets it; nothing here does, for XLA reads it once, when its backend
starts (the first array), and setting it later has no effect. It goes with compiled gradients: a
process in which it is not set is right as well, but stays plain and slow.

It holds for all that the process computes, so that plain calls and compiled ones round alike. What
JAX compiles as one piece even when nobody asks (`jnp.mean`, `jnp.linspace`, `jax.nn.softmax`, ...)
may round by an ulp from how it would without the flags, as it may on another processor.
"""
