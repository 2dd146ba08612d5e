"""What compiled gradients borrow from inside JAX, all in one place.

These names are not public and may move; `installation.install` then finds an ImportError here and
leaves JAX as it is. `ArrayImpl` is the one class of concrete arrays; `jax.Array` also stands for
tracers. To learn it from an array would start JAX's backend and its threads, and `install` may run
in a process that is about to be forked.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import operator
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
from jax._src.array import ArrayImpl
from jax._src.config import trace_context
from jax._src.core import trace_ctx, trace_state_clean
from jax._src.dispatch import apply_primitive, xla_primitive_callable
from jax._src.interpreters.partial_eval import custom_staging_rules

__all__ = [
    "ArrayImpl",
    "calm",
    "directly",
    "executable",
    "trace_context",
    "trace_state_clean",
    "whole_calls",
]

BORROWED = {
    "jax._src.array:ArrayImpl": (),
    "jax._src.config:trace_context": (),
    "jax._src.core:trace_ctx": ("trace",),
    "jax._src.core:trace_state_clean": (),
    "jax._src.dispatch:apply_primitive": ("prim",),
    "jax._src.dispatch:xla_primitive_callable": ("prim", "params"),
    "jax._src.interpreters.partial_eval:custom_staging_rules": (),
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
DISPENSABLE = {
    "jax._src.pjit:_get_cpp_global_cache": (),
    "jax._src.pjit:_get_jaxpr_as_fun": (),
    "jax._src.pjit:_jax.pjit": (),
    "jax._src.interpreters.pxla:JitGlobalCppCacheKeys": (),
    "jax._src.interpreters.pxla:cc_shard_arg": (),
    "jax._src.tree_util:dispatch_registry": (),
}
"""As `BORROWED`, of which a JAX that has another place for this may have none."""
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


def executable(
    step: Any, parameters: Mapping[str, Any], before: Any
) -> tuple[Callable[..., Any], Any]:
    """What a plain call runs for a step of a trace; and the context in which it does, or None.

    Up to JAX 0.10 the way back of a gradient is run in a context that is set anew, and for each
    context all is compiled anew. So what has been called in there is called in there.

    Args:
        step: of a jaxpr.
        parameters: its parameters, as they are to be.
        before: the context of the step before, which holds where nothing is known.
    """
    primitive = step.primitive
    if getattr(primitive.impl, "func", None) is not apply_primitive:
        return functools.partial(primitive.impl, **parameters), before
    if "transpose" in str(step.source_info.name_stack):
        with step.ctx.manager:
            found = xla_primitive_callable(primitive, **parameters)
        if _was_called(found):
            return found, step.ctx
    return xla_primitive_callable(primitive, **parameters), None


def _was_called(jitted: Any) -> bool:
    return bool(getattr(jitted, "_cache_size", bool)())


def directly(run: Callable[..., Any]) -> Callable[..., Any]:
    """What runs a jitted function that was run by `run` before, in half the time.

    JAX looks for its executable by a key that it makes anew in each call. This is that call with
    the key made; where JAX has another way to make it, it is `run` itself. For arguments of other
    types than before it raises a RuntimeError. JAX has it so since 0.10.
    """
    if not isinstance(run, functools.partial) or "jaxpr" not in run.keywords:
        return run
    given = run.keywords

    def missed(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"{run.keywords['name']} is called otherwise than before")

    with contextlib.suppress(ImportError, AttributeError, LookupError, TypeError):
        from jax._src import tree_util
        from jax._src.interpreters import pxla

        pjit: Any = importlib.import_module("jax._src.pjit")  # its types do not tell all

        function = pjit._get_jaxpr_as_fun(*[given[name] for name in _IN_ORDER])
        key = pxla.JitGlobalCppCacheKeys(
            donate_argnums=(),
            donate_argnames=None,
            device=None,
            backend=None,
            in_shardings_treedef=None,
            in_shardings_leaves=given["in_shardings"],
            out_shardings_treedef=None,
            out_shardings_leaves=given["out_shardings"],
            in_layouts_treedef=None,
            in_layouts_leaves=given["in_layouts"],
            out_layouts_treedef=None,
            out_layouts_leaves=given["out_layouts"],
        )
        cache = pjit._get_cpp_global_cache(key.contains_explicit_attributes)
        made = (tree_util.dispatch_registry, pxla.cc_shard_arg, cache)
        return pjit._jax.pjit(given["name"], function, missed, [], [], key, *made)
    return run


_IN_ORDER = (
    "jaxpr", "in_shardings", "out_shardings", "in_layouts", "out_layouts", "donated_invars",
    "ctx_mesh", "name", "keep_unused", "inline", "compiler_options_kvs",
)  # fmt: skip


_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def whole_calls(inlined: dict[int, Any]) -> Iterator[None]:
    """In a body that is being traced: leave calls of jitted functions whole.

    A trace takes most of JAX's own functions apart, which a plain call runs as they are. Calls in
    calls, which JAX keeps from one trace to the next, are left alone.

    Args:
        inlined: gets the jaxprs of the calls that JAX would have taken apart, by their ids.

    Raises:
        LookupError: this JAX traces calls in another way.
    """
    outermost = trace_ctx.trace
    names = {primitive.name: primitive for primitive in custom_staging_rules}
    primitive = names.get("jit") or names["pjit"]

    def rule(trace: Any, *rest: Any, **parameters: Any) -> Any:
        if trace is outermost and parameters["inline"]:
            inlined[id(parameters["jaxpr"])] = parameters["jaxpr"]
            parameters["inline"] = False
        return stock(trace, *rest, **parameters)

    with _one_at_a_time:
        stock = custom_staging_rules[primitive]
        custom_staging_rules[primitive] = rule
        try:
            yield
        finally:
            custom_staging_rules[primitive] = stock
