"""Double precision for the lines inside a `with`, whatever the session uses and watches for.

What of JAX is not public and judgement needs is borrowed here: it knows no other room.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

try:
    from jax import enable_x64 as _enable_x64
except ImportError:  # before JAX 0.8, which is what Colab has
    from jax.experimental import enable_x64 as _enable_x64  # type: ignore[attr-defined, no-redef]

__all__ = ["enable_x64"]

DISPENSABLE = {
    "jax._src.literals:TypedNdArray": (),
    "jax._src.dtypes:register_canonicalize_value_handler": (),
    "jax._src.dtypes:canonicalize_dtype": ("dtype",),
}
"""As `BORROWED` elsewhere, of which a JAX that has another place for this may have none."""


@contextlib.contextmanager
def enable_x64(on: bool = True) -> Iterator[None]:
    """Within, JAX computes in float64 or, if not `on`, in float32.

    A reference may be nan at places that are looked at, and a walk with a mistake run off to it:
    that is judged, and not what a student's `jax_debug_nans` is to stop at.
    """
    _mend_arrays_of_numpy()
    with _enable_x64(on), jax.debug_nans(False), jax.debug_infs(False):
        yield


@functools.cache
def _mend_arrays_of_numpy() -> None:
    """Have JAX convert a NumPy array that a function closes over anew, each time it is traced.

    JAX keeps the converted array by the array alone (0.10: jaxlib's canonicalize_value; before
    that, `_canonicalize_ndarray_dtype` in abstract_arrays.py), so that one that was traced in
    float32 is found again in float64: "Cannot lower jaxpr with verifier errors", or a buffer of a
    wrong size. What is registered here does what JAX does, and keeps nothing. A JAX that has no
    such place any more is left as it is.
    """
    try:
        from jax._src import dtypes, literals

        typed: Any = literals.TypedNdArray
        register: Any = dtypes.register_canonicalize_value_handler
        canonical: Any = dtypes.canonicalize_dtype
    except (ImportError, AttributeError):
        return
    register(np.ndarray, lambda array: typed(np.asarray(array, canonical(array.dtype))))
