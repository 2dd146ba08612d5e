"""What JAX does anew for each operation that it lowers, or once in each process, done beforehand.

An operation that a kernel meets for the first time is traced, lowered to MLIR and looked up in the
compilation cache, some 8 ms of processor time; a notebook of derivatives meets thirty of them, in a
new kernel each time. Of these 8 ms, 3 went into an MLIR context with all its dialects for each of
them; and the first one imported these dialects' modules, in 0.12 s. Nothing here is needed for a
right answer: where JAX calls its insides otherwise, all stays as it was.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points

__all__ = ["discover_plugins", "share_context", "without_file_locks"]

DISPENSABLE = {
    "jax._src.interpreters.mlir:make_ir_context": (),
    "jax._src.xla_bridge:_discover_and_register_pjrt_plugins": (),
}
"""As `BORROWED` elsewhere, of which a JAX that has another place for this may have none."""


def share_context() -> None:
    """Let this process, and all that are forked from it, lower everything in one MLIR context.

    A context keeps types, attributes and the names of places in a source, which modules share and
    none can change. It starts no thread: JAX's own pool of them, which all contexts share, starts
    its threads when it has work for more than one.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from jax._src.interpreters import mlir

        context = mlir.make_ir_context()
        mlir.make_ir_context = lambda: context


def discover_plugins() -> None:
    """Let JAX look for plugins of other processors, where there is none to be found.

    It reads what each installed package says of itself, in each process before its first
    operation: half of what that cost. A plugin that is there may start threads when it is loaded.
    """
    if entry_points(group="jax_plugins") or importlib.util.find_spec("jax_plugins"):
        return
    with contextlib.suppress(ImportError, AttributeError):
        from jax._src import xla_bridge

        xla_bridge._discover_and_register_pjrt_plugins()


@contextlib.contextmanager
def without_file_locks() -> Iterator[None]:
    """Within, JAX is imported as where there is no `filelock`.

    It would only need it for a cache that is to stay below some size. From its import on, Python
    reports to filelock's audit hook whatever a program does, `sys._getframe` among it, with which
    JAX looks for the student's line in each operation: 4 % of all that a kernel did.
    """
    if "filelock" in sys.modules:
        yield
        return
    sys.modules["filelock"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["filelock"]
