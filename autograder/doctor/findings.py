"""What an examination can find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "fine", "warning", "wrong"]

Level = Literal["fine", "warning", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: "fine"; "warning", where marking works but less well, or may soon not; "wrong",
            where something does not work.
        subject: what was looked at, in a word or two.
        says: what was found.
        cure: what to do about it; "" only where all is fine.
    """

    level: Level
    subject: str
    says: str
    cure: str = ""


def fine(subject: str, says: str) -> Finding:
    """A finding that needs nothing."""
    return Finding("fine", subject, says)


def warning(subject: str, says: str, cure: str) -> Finding:
    """A finding with which marking works, but less well, or may soon not."""
    return Finding("warning", subject, says, cure)


def wrong(subject: str, says: str, cure: str) -> Finding:
    """A finding with which something does not work."""
    return Finding("wrong", subject, says, cure)
