"""What can go wrong with a sandbox, apart from anything that runs in it.

SandboxError
├── SandboxUnavailable   this machine cannot sandbox; the message says what would cure it
└── SandboxStartError    it can, but this kernel did not start; the message carries its last words
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["SandboxError", "SandboxStartError", "SandboxUnavailable"]


class SandboxError(Exception):
    """Base of the faults of the sandbox itself: ours or the machine's, never the student's."""


class SandboxUnavailable(SandboxError):
    """This machine, as it stands, cannot sandbox.

    Attributes:
        cures: one sentence for each thing that is missing, saying what to do about it.
    """

    def __init__(self, cures: Sequence[str]) -> None:
        super().__init__("Student code cannot be sandboxed on this machine. " + " ".join(cures))
        self.cures = tuple(cures)


class SandboxStartError(SandboxError):
    """A kernel did not come up in its sandbox.

    Attributes:
        last_words: what it wrote to stderr before it ended, at most a few kilobytes.
    """

    def __init__(self, reason: str, last_words: str = "") -> None:
        super().__init__(f"{reason}\n{last_words}".rstrip())
        self.last_words = last_words
