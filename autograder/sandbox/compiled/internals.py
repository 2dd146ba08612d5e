"""What is borrowed from inside JAX, all in one place.

These names are not public and may move; `installation.install` then finds an ImportError here and
leaves JAX as it is. `ArrayImpl` is the one class of concrete arrays; `jax.Array` also stands for
tracers. To learn it from an array would start JAX's backend and its threads, and `install` may run
in a process that is about to be forked.
"""

from __future__ import annotations

import jax
from jax._src.array import ArrayImpl
from jax._src.config import trace_context
from jax._src.core import trace_state_clean

__all__ = ["ArrayImpl", "calm", "trace_context", "trace_state_clean"]


def calm() -> bool:
    """Whether no setting is on that makes JAX watch, or tell of, what it runs.

    With `jax_debug_nans` a NaN raises, and names the operation; with `jax_log_compiles` every
    compilation is a line on stderr; `disable_jit` runs a jitted function's Python every time;
    a transfer guard forbids what a compiled call would do elsewhere (program `debug_nans`,
    program `disable_jit`).
    """
    config = jax.config
    return not (
        config.jax_debug_nans  # type: ignore[attr-defined]
        or config.jax_disable_jit  # type: ignore[attr-defined]
        or config.jax_debug_infs  # type: ignore[attr-defined]
        or config.jax_log_compiles  # type: ignore[attr-defined]
        or config.jax_check_tracer_leaks  # type: ignore[attr-defined]
        or config.jax_explain_cache_misses  # type: ignore[attr-defined]
        or config.jax_transfer_guard  # type: ignore[attr-defined]
    )
