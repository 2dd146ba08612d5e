"""The machine: what it can do for a sandbox, and how much of it is free."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..isolation import Isolation
from .findings import Finding, fine, warning, wrong

if TYPE_CHECKING:
    from ..sandbox import Abilities
    from ..sandbox.outside.abilities import Namespaces

__all__ = ["disk", "gradients", "kernel", "memory", "sandbox"]

_GIB = 1 << 30
_PROC_CURE = (
    "in a container, let it mount /proc: `--security-opt systempaths=unconfined` (Docker) or "
    "`--security-opt unmask=ALL` (Podman)"
)


def sandbox(found: Abilities | None = None, namespaces: Namespaces = "prefer") -> Iterator[Finding]:
    """Whether submissions can be sandboxed here, and with all locks.

    Args:
        found: by default what `autograder.sandbox.probe` finds.
        namespaces: what the configuration says of them.
    """
    from ..sandbox import SandboxUnavailable, probe

    if found is None:
        found = probe()
    try:
        isolation = found.isolation(namespaces)
    except SandboxUnavailable as error:
        for cure in error.cures:
            yield wrong(
                "sandbox", "student code cannot be sandboxed on this machine", cure.rstrip(".")
            )
        return
    if isolation is Isolation.LOCKED:
        yield _locked(found)
        return
    version = ".".join(map(str, found.bwrap_version))
    yield fine("sandbox", f"bubblewrap {version} isolates kernels; system calls are filtered")
    if not found.landlock_abi:
        yield warning(
            "Landlock",
            "there is none: submissions run with one lock fewer, and without /proc",
            "add `landlock` to the `lsm=` of the kernel's command line; it needs Linux 5.13",
        )
    else:
        yield fine("Landlock", f"version {found.landlock_abi}")


def _locked(found: Abilities) -> Finding:
    whose = "a user of its own" if found.other_user else "your own user"
    says = (
        f"submissions run {Isolation.LOCKED.words}: Landlock {found.landlock_abi} and filters of "
        f"system calls keep each, as {whose}, from your files, other processes and the network. It "
        "can see that a file or a process exists, and may fill the disk for a moment"
    )
    cure = " ".join(found.cures).rstrip(".")
    asked = 'c.Examine.namespaces is "never": take the line out of the configuration'
    return warning("sandbox", says, cure or asked)


def kernel(
    found: Abilities | None = None,
    start: Callable[[], tuple[bool, str]] | None = None,
    namespaces: Namespaces = "prefer",
) -> Iterator[Finding]:
    """Whether a kernel comes up in the sandbox, and in no time; silent where there is no sandbox.

    Args:
        found: by default what `autograder.sandbox.probe` finds.
        start: starts and ends a kernel; returns whether it was warm, and why not where that is
            known. Raises SandboxError, OSError or RuntimeError.
        namespaces: what the configuration says of them.
    """
    from ..sandbox import SandboxError, SandboxUnavailable, probe
    from ..sandbox.outside.warm import OLDEST_LANDLOCK_TO_FORK

    if found is None:
        found = probe()
    try:
        can_fork = found.can_fork(namespaces)
        isolation = found.isolation(namespaces)
    except SandboxUnavailable:
        return
    try:
        warm, why = (start or (lambda: _start_kernel(namespaces)))()
    except (SandboxError, OSError, RuntimeError) as error:
        # Jupyter's client raises RuntimeError for a kernel that dies before it answers.
        yield wrong(
            "kernel",
            f"none comes up in the sandbox: {error}",
            "run `pip check`, and see that this environment's Python and packages can be read",
        )
        return
    if warm:
        where = "in the sandbox" if isolation is Isolation.SANDBOXED else "under its locks"
        yield fine("kernel", f"comes up {where}, forked from a warm process")
        return
    if found.landlock_abi < OLDEST_LANDLOCK_TO_FORK:
        has = f"Landlock {found.landlock_abi}" if found.landlock_abi else "no Landlock"
        why = f"Linux {platform.release()} with {has} does not keep forked kernels apart"
        cure = f"Linux 6.12 or newer, with Landlock {OLDEST_LANDLOCK_TO_FORK}"
    elif not can_fork:
        why, cure = "the sandbox cannot mount /proc", _PROC_CURE
    else:
        why = why or "it is not known why"
        cure = "nothing need be done; with more memory free, it may go away"
    yield warning(
        "kernel", f"each is started cold, which costs a submission some seconds: {why}", cure
    )


def _start_kernel(namespaces: Namespaces) -> tuple[bool, str]:
    import nbformat
    from nbclient import NotebookClient

    from ..sandbox import SandboxKernelManager
    from ..sandbox.outside.warm import why_cold

    manager = SandboxKernelManager(namespaces=namespaces)
    client = NotebookClient(nbformat.v4.new_notebook(), km=manager, shutdown_kernel="immediate")
    with client.setup_kernel(cleanup_kc=True):
        return manager.sandbox.was_warm, why_cold()


def gradients(attempt: Callable[[], str] | None = None) -> Iterator[Finding]:
    """Whether repeated gradients run compiled.

    Args:
        attempt: asks for one gradient again and again, with what kernels are started with; returns
            why it was not compiled, or "". Raises OSError or subprocess.SubprocessError.
    """
    import subprocess

    from ..compiled import why_plain

    why = why_plain()
    cure = (
        "make the environment anew with Python 3.11 to 3.14 and the locked packages; marks are the "
        "same either way"
    )
    if not why:
        try:
            why = (attempt or _ask_for_a_gradient)()
        except (OSError, subprocess.SubprocessError) as error:
            why = f"the trial failed: {error}"
    if why:
        says = (
            f"not compiled, so that loops of thousands of steps take several times as long: {why}"
        )
        yield warning("gradients", says, cure)
    else:
        yield fine("gradients", "compiled where they are asked for again and again")


def _ask_for_a_gradient() -> str:
    import os
    import subprocess
    import sys

    from ..compiled import XLA_FLAGS

    environment = {**os.environ, "XLA_FLAGS": XLA_FLAGS, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", _TRIAL]
    done = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=120
    )
    return done.stdout.strip()


_TRIAL = """
from autograder import compiled
compiled.install(plain_calls=1, replays=0)  # a replay is right wherever plain JAX is
import jax
slope = jax.grad(lambda x: 1.85 * x**2 - 1.2333333 * x**3)  # rounds differently if it is fused
for i in range(4):
    slope(0.3 + i)
report = compiled.report()
print("" if report.calls.get("fast") else "; ".join(report.refused.values()) or "not even tried")
"""


def disk(folder: Path, free: int | None = None) -> Iterator[Finding]:
    """Whether there is room for what marking writes.

    Args:
        folder: where it will be written.
        free: bytes; by default what is free there.
    """
    if free is None:
        free = shutil.disk_usage(folder).free
    says = f"{free / _GIB:.1f} GiB free at {folder}"
    cure = "make room: a class's submissions, autograded copies and feedback need some hundred MiB"
    if free < 0.1 * _GIB:
        yield wrong("disk", says, cure)
    elif free < 1 * _GIB:
        yield warning("disk", says, cure)
    else:
        yield fine("disk", says)


def memory(free: int | None = None) -> Iterator[Finding]:
    """Whether there is room for submissions at once, as `autograder grade` counts it.

    Args:
        free: bytes; by default what is free here.
    """
    import psutil

    from ..marking.capacity import default_size

    if free is None:
        free = psutil.virtual_memory().available
    says = f"{free / _GIB:.1f} GiB free"
    if free < 1 * _GIB:
        cure = "end other programs, or mark on another machine: a kernel at work needs about 1 GiB"
        yield wrong("memory", says, cure)
    elif free < 2.5 * _GIB:
        cure = "end other programs: one submission is marked at a time, and may run out of memory"
        yield warning("memory", says, cure)
    else:
        yield fine("memory", f"{says}: `autograder grade` marks {default_size()} at once")
