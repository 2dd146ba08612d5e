"""What compiled gradients borrow from inside JAX, all in one place.

These names are not public and may move; `installation.install` then finds an ImportError here and
leaves JAX as it is. `ArrayImpl` is the one class of concrete arrays; `jax.Array` also stands for
tracers. To learn it from an array would start JAX's backend and its threads, and `install` may run
in a process that is about to be forked.
"""

from __future__ import annotations

import operator
import sys

import jax
from jax._src.array import ArrayImpl
from jax._src.config import trace_context
from jax._src.core import trace_state_clean

__all__ = ["ArrayImpl", "calm", "trace_context", "trace_state_clean"]

BORROWED = {
    "jax._src.array:ArrayImpl": (),
    "jax._src.config:trace_context": (),
    "jax._src.core:trace_state_clean": (),
    "jax:config": (
        "jax_debug_nans",
        "jax_disable_jit",
        "jax_debug_infs",
        "jax_log_compiles",
        "jax_check_tracer_leaks",
        "jax_explain_cache_misses",
        "jax_transfer_guard",
    ),
}
"""From where a name stands to the parameters with which it is called, or to its attributes."""
_settings = operator.attrgetter(*BORROWED["jax:config"])

# `sys.monitoring` is there since Python 3.12; it has six places for tools.
_TOOLS = range(6) if sys.version_info >= (3, 12) else ()
_tool = getattr(getattr(sys, "monitoring", None), "get_tool", bool)


def calm() -> bool:
    """Whether nobody watches, or tells of, what is run: neither JAX by a setting nor the student.

    With `jax_debug_nans` a NaN raises, and names the operation; with `jax_log_compiles` every
    compilation is a line on stderr; `disable_jit` runs a jitted function's Python every time;
    a transfer guard forbids what a compiled call would do elsewhere (program `debug_nans`,
    program `disable_jit`). And a tracer, a profiler or a monitor sees each call of a function
    (program `watched_by_a_tracer`, program `watched_by_a_monitor`).
    """
    if sys.gettrace() is not None or sys.getprofile() is not None or any(map(_tool, _TOOLS)):
        return False
    try:
        return not any(_settings(jax.config))
    except AttributeError:  # a JAX that calls one of them otherwise: nobody knows, so all is plain
        return False
