"""What is borrowed from inside JAX, all in one place.

These names are not public and may move; `installation.install` then finds an ImportError here and
leaves JAX as it is.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax._src.config import trace_context
from jax._src.core import trace_state_clean
from jax.core import Tracer

__all__ = ["ArrayImpl", "Tracer", "calm", "trace_context", "trace_state_clean"]

ArrayImpl: type[Any] = type(jnp.zeros(()))
"""The one class of concrete arrays; `jax.Array` also stands for tracers."""


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
