"""Where a kernel finds what is its own, by the names that it knows."""

from __future__ import annotations

import dataclasses

__all__ = ["IN_NAMESPACES", "Places"]


@dataclasses.dataclass(frozen=True)
class Places:
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

    @property
    def home(self) -> str:
        """The home directory."""
        return self.scratch + "/home"

    @property
    def work(self) -> str:
        """The private copy of the submission's folder."""
        return self.scratch + "/work"

    @property
    def matplotlib(self) -> str:
        """Where matplotlib keeps its own."""
        return self.home + "/matplotlib"


_OURS = "/.autograder"  # where nobody has installed Python, which is seen under its own path
IN_NAMESPACES = Places(
    scratch="/tmp",  # where programs expect to write
    fonts=_OURS + "/fonts",
    cache=_OURS + "/xla",
    submission=_OURS + "/submission",
)
"""The same in each namespace of files."""
