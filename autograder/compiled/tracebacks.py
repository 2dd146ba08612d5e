"""Tracebacks as stock JAX leaves them: a student's `except` block may look at every frame.

A frame enters the traceback when an exception reaches it, and not again by a bare `raise`: so the
outermost of ours can take out all of ours, itself among them, as JAX's own filter does
(`jax._src.traceback_util.api_boundary`).
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

__all__ = ["without_ours"]

_HERE = str(Path(__file__).parent)


def without_ours(raised: BaseException) -> None:
    """Take our frames out of an exception just caught, which a bare `raise` is to pass on."""
    raised.__traceback__ = _cleared(raised.__traceback__)
    # With JAX_TRACEBACK_FILTERING=remove_frames the unfiltered one is the cause.
    if raised.__cause__ is not None:
        raised.__cause__.__traceback__ = _cleared(raised.__cause__.__traceback__)


def _cleared(first: types.TracebackType | None) -> types.TracebackType | None:
    entries = list(_entries(first))
    kept = [e for e in entries if not e.tb_frame.f_code.co_filename.startswith(_HERE)]
    if len(kept) < len(entries):
        for one, following in zip(kept, [*kept[1:], None], strict=False):
            one.tb_next = following
    return kept[0] if kept else None


def _entries(entry: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while entry is not None:
        yield entry
        entry = entry.tb_next
