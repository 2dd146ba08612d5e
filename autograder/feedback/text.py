"""Verdicts as plain text: for terminals, `nbgrader validate` and tracebacks."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

from ..checks.verdict import Verdict
from .marks import MARKS
from .sentences import as_text

__all__ = ["render", "say"]

WIDTH = 80  # `nbgrader validate` cuts lines off at 83 characters


def _one(verdict: Verdict) -> str:
    mark = MARKS[verdict.outcome]
    head = f"{mark.sign} {verdict.answer}: {mark.word}. {verdict.fact}"
    lines = textwrap.wrap(as_text(head), WIDTH, subsequent_indent="  ")
    hint = as_text(verdict.hint)
    return "\n".join(
        [*lines, *textwrap.wrap(hint, WIDTH, initial_indent="  → ", subsequent_indent="    ")]
    )


def render(verdicts: Sequence[Verdict]) -> str:
    """The verdicts of one exercise, a paragraph each."""
    return "\n".join(_one(v) for v in verdicts)


def say(message: str) -> None:
    """Write to standard output; what cannot be written there becomes a question mark.

    On Windows a file or a pipe takes the characters of one code page, which has no ✓.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(message.encode(encoding, "replace").decode(encoding) + "\n")
