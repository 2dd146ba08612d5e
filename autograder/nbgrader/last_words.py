"""What nbgrader's own commands end with where the disk or the gradebook's server refuses them.

nbgrader lets such errors through, and the terminal shows forty lines of Python. Theirs is the same
sentence as ours; whatever nobody foresaw is shown as ever.
"""

from __future__ import annotations

import sys
from types import TracebackType

from .foreseen import foreseen

__all__ = ["install"]


def install() -> None:
    """Let this process, if such an error ends it, end with a sentence."""
    before = sys.excepthook

    def last_words(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        told = foreseen(error, _db_url()) if isinstance(error, Exception) else None
        if told is None:
            before(kind, error, trace)
        else:
            sys.stderr.write(f"Error: {told}\n")

    sys.excepthook = last_words


def _db_url() -> str:
    from traitlets.config import Application

    if not Application.initialized():
        return ""
    return str(getattr(getattr(Application.instance(), "coursedir", None), "db_url", ""))
