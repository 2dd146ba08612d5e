"""What XLA compiles to read rubrics and to judge by them, kept for the next process that does.

Half the time of reading a rubric is XLA's, some 40 ms for each of 250 operations, and every
`nbgrader autograde` of a single submission reads it anew. What judging compiles depends on the
rubric and on the mistakes that students make, and a class makes the same ones again and again.

JAX keeps what it compiled if it is told where, but writes its files in place: where a process is
killed meanwhile, half a file would lie there for good, and be tried and compiled again each time.
So each process has a folder of its own, with links to what is kept, and what is new in it is kept
when all of it is written.

What this asks of JAX is named here and not in `compiled/internals.py`, so that either can be done
without the other.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

import jax

from ..cache import cache_folder, own_folder, sweep

__all__ = ["kept_compilations"]

_KIND = "rubrics"
_MOST_BYTES = 64 << 20  # a course has about 1 MB; beyond, it is begun anew
BORROWED = {
    "jax.experimental.compilation_cache.compilation_cache:reset_cache": (),
    "jax:config": (
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_enable_xla_caches",
    ),
}
"""From where a name stands to the parameters with which it is called, or to its attributes."""
_DIRECTORY, _LEAST_SECONDS, _XLAS_OWN = BORROWED["jax:config"]
# Those of XLA's own are for other processors, and their path, which is new each time, would be a
# part of what a compilation is known by.
_TOLD = {_LEAST_SECONDS: 0.0, _XLAS_OWN: "none"}


@contextlib.contextmanager
def kept_compilations() -> Iterator[None]:
    """Within, JAX finds what was compiled before; afterwards, what it compiled is kept.

    Does nothing where JAX has been told already where to keep what it compiles, where nothing can
    be kept, or where JAX calls its settings otherwise: then everything is as right, and slower.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ImportError, AttributeError):
            if getattr(jax.config, _DIRECTORY) is None:
                stack.enter_context(_jax_told(stack.enter_context(_own_folder())))
        yield


@contextlib.contextmanager
def _own_folder() -> Iterator[str]:
    """A folder with all that is kept; whatever else is in it at the end is kept too."""
    kept = cache_folder(_KIND)
    kept.mkdir(parents=True, exist_ok=True)
    os.utime(kept)
    sweep(_KIND)
    if sum(file.stat().st_size for file in kept.iterdir()) > _MOST_BYTES:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(exist_ok=True)
    with own_folder(kept) as own:
        for file in kept.iterdir():
            os.link(file, own / file.name)
        try:
            yield os.fspath(own)
        finally:
            with contextlib.suppress(OSError):
                for file in own.iterdir():
                    file.replace(kept / file.name)


@contextlib.contextmanager
def _jax_told(folder: str) -> Iterator[None]:
    """Within, JAX keeps what it compiles in `folder`, however soon it was done."""
    from jax.experimental.compilation_cache import compilation_cache

    told = {_DIRECTORY: folder, **_TOLD}
    before = {name: getattr(jax.config, name) for name in told}
    try:
        for name, value in told.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()  # JAX looks at its settings once
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
