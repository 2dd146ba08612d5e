"""A check, written as an author writes it, and what it says of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.answers.local import judge
from autograder.check import recording
from autograder.checks.verdict import Verdict
from autograder.feedback import html

__all__ = ["said"]


def said(line: Callable[[], Any], seed: int = 7, **answers: Any) -> Verdict:
    """What a check, as an author writes it, says of answers; its card is drawn, too."""
    with recording() as checks:
        line()
    (verdict, *_) = judge(checks[0], answers, seed=seed)
    html.render([verdict])
    return verdict
