"""Whether the course's files can be read and written by whoever asks, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..access import refusal, unfit
from .findings import Finding, fine, wrong

__all__ = ["access"]


def access(root: Path, read: Iterable[Path], written: Iterable[Path]) -> Iterator[Finding]:
    """Whether marking may read and write here.

    Args:
        root: the course directory, in which files are made.
        read: what it reads, in the course or elsewhere.
        written: what it writes besides.
    """
    found = [refusal(root, write=True)]
    # In a folder that cannot be written, what lies in it is no news.
    found += [refusal(path, write=found[0] is None) for path in written]
    found += [*(refusal(path) for path in read), unfit(root)]
    told = {error.says: error.cure for error in found if error is not None}
    for says, cure in told.items():
        yield wrong("access", says, cure)
    if not told:
        yield fine("access", "the course's files can be read and written")
