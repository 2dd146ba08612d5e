"""Repeated gradients run compiled, and nobody can tell but by the clock.

Un-jitted `jax.grad` costs milliseconds a call, compiled it costs microseconds; a student's loop of
a thousand steps is therefore what marking a notebook waits for. `install()` replaces `jax.grad`,
`value_and_grad`, `jacfwd`, `jacrev`, `jacobian` and `hessian` in this process. The functions they
make run as JAX runs them until one has been called some times with everything the same; then its
operations are run again without looking, and after a thousand times as one compiled program, for as
long as everything stays the same.

"Everything" is what these files say, each one idea:

- `vocabulary`: which names a body may use; what is not on the list is not known to be pure;
- `instructions`: what of Python's bytecode is harmless, a list for each Python from 3.11 to 3.14;
- `bytecode`: what one code object touches;
- `purity`: what a function can reach, and whether running its body once less could be noticed;
- `values`, `guards`: what is compared at each call;
- `arguments`: which leaves of the arguments the compiled program takes, which it was made for;
- `clone`: the copy of a function that is traced in place of the student's own;
- `trace`: what the copy computes, written down, and whether that holds for other numbers;
- `replay`: the operations of the trace, each by the executable that JAX has for it already;
- `program`: the trace compiled, so that it rounds as JAX does without compiling;
- `agreement`: the comparison with plain JAX, to the last bit;
- `wrapper`: the life of one transformed function; `installation`: putting it in JAX's place.

In doubt it is plain JAX: a wrong mark is worse than a slow one. `tests/compiled/programs.py` has
the program that taught each rule.

Whoever starts the process sets `XLA_FLAGS` (see `flags`): without them compiled code rounds
differently, which is noticed, so that all stays plain and slow.

This module imports nothing heavy; `install` imports JAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.compiled.flags import XLA_FLAGS

if TYPE_CHECKING:
    from autograder.compiled.wrapper import Report

__all__ = ["XLA_FLAGS", "install", "report", "uninstall", "why_plain"]


def install(plain_calls: int | None = None, replays: int | None = None) -> bool:
    """Replace `jax.grad` and its relatives in this process; a second call changes nothing.

    Args:
        plain_calls: how often a function is called in the same situation before it is replayed;
            by default as often as makes it pay.
        replays: how often it is replayed before it is compiled; likewise. With 0 it is compiled
            at once.

    Returns:
        Whether they are replaced. False where `why_plain` has a reason.
    """
    from autograder.compiled.installation import install

    return install(plain_calls, replays)


def uninstall() -> None:
    """Give `jax.grad` and its relatives back; functions made in the meantime go on working."""
    from autograder.compiled.installation import uninstall

    uninstall()


def why_plain() -> str:
    """Why gradients are left to JAX here; "" where they run compiled.

    Where this package does not know the ground well enough: a Python whose bytecode it has not been
    taught or that has no global lock, or a JAX that has moved its insides. Imports JAX.
    """
    from autograder.compiled.installation import why_plain

    return why_plain()


def report() -> Report:
    """What happened in this process so far: calls by kind, and who stayed plain and why."""
    from autograder.compiled.wrapper import report

    return report()
