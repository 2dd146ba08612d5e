"""Double precision for the lines inside a `with`, whatever the session uses."""

from __future__ import annotations

try:
    from jax import enable_x64
except ImportError:  # before JAX 0.8, which is what Colab has
    from jax.experimental import enable_x64  # type: ignore[attr-defined, no-redef]

__all__ = ["enable_x64"]
