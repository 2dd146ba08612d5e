"""How XLA must be told to compile, so that a whole program rounds as its steps do one by one.

Plain JAX compiles each operation by itself. A program of many is compiled into other arithmetic:
*fusion* puts a multiplication and an addition into one kernel, where they become one rounding
(fused multiply-add); *algsimp* rewrites formulas; *constant_folding* computes sin(2) at compile
time, with another sine; *transpose-folding* lets a matrix product read its operand in another
order. Each is right to an ulp, and a chaotic map (program `chaotic_map`) makes a visible difference
of an ulp. Without these passes one kernel is left for each operation, the one plain JAX uses.
"""

from __future__ import annotations

__all__ = ["XLA_FLAGS"]

XLA_FLAGS = "--xla_disable_hlo_passes=fusion,algsimp,constant_folding,transpose-folding"
"""For the environment variable `XLA_FLAGS` of the process that will call `install`.

XLA reads it once, when its backend starts (the first array); setting it later has no effect. So
the parent that starts the process sets it. The flags change nothing a student computes without
compiling, for there is nothing to fuse in one operation; what they compile themselves by `jax.jit`
is a little slower, and rounds as it would without `jit`.
"""
