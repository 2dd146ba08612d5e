"""Where a kernel finds what is its own, by the names that it knows."""

from __future__ import annotations

import dataclasses

from ..orders import InScratch

__all__ = ["IN_NAMESPACES", "Places"]


@dataclasses.dataclass(frozen=True)
class Places(InScratch):
    """Paths as the kernel sees them.

    Attributes:
        scratch: the one folder that can be written to.
        fonts: the folder with matplotlib's lists of fonts.
        cache: the folder with what XLA has compiled before.
        submission: the submission's folder, to be copied from.
    """

    scratch: str
    fonts: str = ""
    cache: str = ""
    submission: str = ""


_OURS = "/.autograder"  # where nobody has installed Python, which is seen under its own path
IN_NAMESPACES = Places(
    scratch="/tmp",  # where programs expect to write
    fonts=_OURS + "/fonts",
    cache=_OURS + "/xla",
    submission=_OURS + "/submission",
)
"""The same in each namespace of files."""
