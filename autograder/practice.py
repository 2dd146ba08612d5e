"""Practice: a check run in the student's own session, with feedback at once.

What passes here passes in marking: the same check asks the same kind of questions, only the fresh
places differ, since their seed does.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from .answers.local import judge
from .checks.base import Check
from .checks.verdict import Verdict
from .errors import CheckFailed
from .feedback import html, text
from .feedback.marks import headline
from .hints import climb
from .notebook import kernel
from .standing import note

__all__ = ["judge_here", "show", "with_hints"]

# Names that checks of this session have asked for: not to be suggested for a missing answer.
_asked: set[str] = set()


def practice_seed(check: Check) -> int:
    """The same places every time, so that a second try is compared with the first."""
    return zlib.crc32("/".join(check.answers).encode())


def judge_here(check: Check, namespace: Mapping[str, Any]) -> list[Verdict]:
    """The verdicts of one check on a session's names; a fault of ours is "unjudged"."""
    try:
        return judge(check, namespace, practice_seed(check), frozenset(_asked))
    except Exception as exc:  # noqa: BLE001 - never a student's mistake, never a stack trace
        fact = f"The check itself failed ({type(exc).__name__}: {exc}). This is not your mistake."
        hint = "Tell your instructor; your answer is kept as it is."
        return [Verdict(name, "unjudged", 0.0, fact, hint) for name in check.answers]
    finally:
        _asked.update((*check.answers, *check.given))


def with_hints(verdicts: Sequence[Verdict], *, hint: bool, see: str) -> list[Verdict]:
    """The verdicts of one check with the hints that are due now."""
    return list(verdicts) if _validating() else climb(verdicts, hint=hint, see=see)


def _validating() -> bool:
    """Whether nbgrader runs the notebook: it shows its users the error text alone."""
    return "NBGRADER_EXECUTION" in os.environ


def show(verdicts: Sequence[Verdict]) -> None:
    """Show the verdicts of one exercise.

    Raises:
        CheckFailed: unless all are right. This is what makes the cell fail, for the student's eye
            and for `nbgrader validate`.
    """
    note(verdicts)
    message = text.render(verdicts)
    right = all(v.right for v in verdicts)
    if kernel() is not None and not _validating():
        from IPython.display import display

        card = html.render(verdicts, pictures=True)
        display({"text/plain": message, "text/html": card}, raw=True)
        if not right:
            line = f"Not all right yet. {headline(verdicts)}"
            raise CheckFailed(message, [line])
    elif right:
        text.say(message)
    if not right:
        raise CheckFailed(message, message.splitlines())
