"""What is said of a cluster's workers while they mark."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Membership"]


@dataclass(frozen=True)
class Membership:
    """Said when a worker comes, goes or is refused.

    Attributes:
        ready: how many mark.
        said: who came, went or was refused, and why.
        trouble: whether that is for a grader to look at.
    """

    ready: int
    said: str
    trouble: bool = False
