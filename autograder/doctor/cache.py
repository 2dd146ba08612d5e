"""Whether what is prepared once is kept for the next run."""

from __future__ import annotations

from collections.abc import Iterator

from ..cache import cache_root, why_for_this_run_only
from .findings import Finding, fine, warning

__all__ = ["cache"]

_CURE = "let XDG_CACHE_HOME name a folder that you may write to, with some hundred MiB of room"


def cache(why: str | None = None) -> Iterator[Finding]:
    """Whether fonts and compiled operations can be kept; to be asked after a kernel was started.

    Args:
        why: why they cannot; by default as `autograder.cache` finds.
    """
    from ..sandbox.outside.prepared import unmade

    why = why_for_this_run_only() if why is None else why
    reasons = unmade()
    for reason in reasons:
        yield warning("cache", f"what kernels share cannot be made: {reason}", _CURE)
    if why:
        says = f"{why}: what kernels share is made anew in each run, which takes up to a minute"
        yield warning("cache", says, _CURE)
    elif not reasons:
        yield fine("cache", f"what kernels share is kept in {cache_root()}")
