"""Answers in this very session: how practice asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..checks.base import Check
from ..checks.questions import Question, Reply, parse_replies, write_questions
from ..checks.verdict import Verdict
from . import witness

__all__ = ["ask", "ask_all", "judge"]


def ask(questions: Sequence[Question], namespace: Mapping[str, Any]) -> list[Reply]:
    """Put questions to the names of `namespace`, through the same JSON as a kernel's answers."""
    return parse_replies(questions, witness.testify(write_questions(questions), namespace))


def ask_all(check: Check, seed: int, namespace: Mapping[str, Any]) -> list[Reply]:
    """All that a check asks: its questions, and what their replies make it ask beside."""
    replies = ask(check.questions(seed), namespace)
    more = check.more(seed, replies)
    return [*replies, *ask(more, namespace)] if more else replies


def judge(
    check: Check, namespace: Mapping[str, Any], seed: int, taken: Collection[str] = ()
) -> list[Verdict]:
    """The verdicts of one check on the answers in `namespace`."""
    return check.judge(seed, ask_all(check, seed, namespace), taken)
