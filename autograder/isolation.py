"""How far a submission was kept from the machine that marks it: one of three ways, told everywhere.

No mark depends on it, since no line of a submission runs where a mark is decided.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

__all__ = ["Isolation"]


class Isolation(enum.StrEnum):
    """In records and exports by its value, in sentences by its words."""

    SANDBOXED = "sandboxed"
    """In namespaces of its own, under all locks."""
    LOCKED = "locked"
    """Under Landlock, filters and limits, but among the grader's own files and processes."""
    UNSANDBOXED = "unsandboxed"
    """With the grader's rights."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Isolation | None:
        """What a record says; those of before there were three ways said `sandboxed`, yes or no.

        Raises:
            ValueError: it says something that is none of the three.
        """
        if "isolation" in record:
            return cls(record["isolation"])
        before = record.get("sandboxed")
        if before is None:
            return None
        return cls.SANDBOXED if before else cls.UNSANDBOXED

    @property
    def words(self) -> str:
        """How a submission ran: an ending of "It ran ..."."""
        return {
            Isolation.SANDBOXED: "in a sandbox",
            Isolation.LOCKED: "locked, without namespaces",
            Isolation.UNSANDBOXED: "WITHOUT a sandbox",
        }[self]
