"""The skeleton that every check shares: it asks questions, and judges the replies.

A check is made once, from the author's line in a test cell, and bound there to the reference
function as it stood. It never touches a student's object: the same check judges replies from the
student's own session (practice) and from a sandboxed kernel (marking).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from .misconceptions.catalogue import Misconception
from .misconceptions.raised import classify
from .questions import (
    Calls,
    Error,
    Found,
    Garbled,
    Late,
    Look,
    Missing,
    Outcome,
    Question,
    Raised,
    Reply,
    Returned,
    Value,
)
from .verdict import Verdict
from .wording import explain, name_error, name_value

__all__ = ["Check", "arrival", "call_problem", "right", "unanswered", "wrong"]


class Check(ABC):
    """One line of a test cell: of one answer, `answer`, and mostly of a function, `of`."""

    answer: str

    @property
    def answers(self) -> tuple[str, ...]:
        """The names that this check judges, in the order of its verdicts."""
        return (self.answer,)

    @property
    def given(self) -> tuple[str, ...]:
        """Names that belong to the author: never taken for a misspelt answer."""
        of = getattr(self, "of", None)
        return () if of is None else (getattr(of, "__name__", ""),)

    @property
    def refers(self) -> tuple[str, ...]:
        """Names of other answers, without which this one cannot be judged."""
        return ()

    @property
    def unasked(self) -> str:
        """What its author should know that it cannot ask; "" where it asks all."""
        return ""

    def questions(self, seed: int) -> list[Question]:
        """What to ask first: what the answers are; of functions, at points drawn from `seed`."""
        return [Look(name) for name in (*self.answers, *self.refers)]

    def more(self, seed: int, replies: Sequence[Reply]) -> list[Question]:
        """What to ask then, in view of the replies to `questions(seed)`.

        For what only a wrong answer needs to be asked, so that a right one costs less.
        """
        return []

    def as_judged(self, replies: Sequence[Reply], judged: Mapping[str, Reply]) -> list[Reply]:
        """The replies to `questions`, with other answers as they were when they earned points.

        By the time that this answer is asked for, such a name may hold something else: the next
        loop walks with the same variable, or somebody would find one thing and be paid twice.

        Args:
            replies: what came back.
            judged: by name, what was found there when it was judged.
        """
        first = len(self.answers)
        names = dict(enumerate(self.refers, start=first))
        return [judged.get(names.get(n, ""), reply) for n, reply in enumerate(replies)]

    def earned(self, replies: Sequence[Reply], verdicts: Sequence[Verdict]) -> dict[str, Reply]:
        """By name, what was found under the answers that are worth points."""
        found = zip(self.answers, replies, verdicts, strict=False)
        return {n: reply for n, reply, v in found if v.share and isinstance(reply, Found)}

    def judge(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str] = ()
    ) -> list[Verdict]:
        """One verdict an answer, from the replies to `questions(seed)` and then to `more`.

        `taken`: names that other checks of the notebook ask for, so that they are not suggested
        as what a missing answer may have been called.
        """
        # A student's number may be as large as a float can be; what is computed with it may be
        # inf or nan, which is judged like any number and is nothing to warn of.
        with np.errstate(all="ignore"):
            return self.verdicts(seed, replies, taken)

    @abstractmethod
    def verdicts(
        self, seed: int, replies: Sequence[Reply], taken: Collection[str]
    ) -> list[Verdict]:
        """What `judge` answers: each kind of check's own part of it."""


def right(answer: str, fact: str = "", **parts: Any) -> Verdict:
    """A verdict "right"; `parts` are `rows` and `evidence`, as `Verdict` has them."""
    return Verdict(answer, "right", 1.0, fact or f"`{answer}` is right.", **parts)


def wrong(answer: str, misconception: str | Misconception, /, **parts: Any) -> Verdict:
    """A verdict "wrong", in the words of the misconception; `parts` fill its placeholders.

    Args:
        answer: its name.
        misconception: an id of the catalogue, or one of a course's own.
        parts: the placeholders; and `rows` and `evidence`, as `Verdict` has them.
    """
    evidence = parts.pop("evidence", None)
    rows = parts.pop("rows", ())
    fact, hint = explain(misconception, **{"name": answer, **parts})
    name = misconception if isinstance(misconception, str) else misconception.id
    return Verdict(answer, "wrong", 0.0, fact, hint, name, rows, evidence)


def _error(answer: str, error: Error, **parts: Any) -> Verdict:
    misconception = classify(error)
    return wrong(answer, misconception, what=name_error(error), **parts)


def unanswered(answer: str, returned: Value) -> Verdict:
    """Of a function that returns nothing: `...` is what its cell came with, None is a mistake."""
    dots = returned.type == type(...).__name__
    return wrong(answer, "not_answered" if dots else "returns_nothing")


def arrival(
    answer: str, reply: Reply, taken: Collection[str], *, function: bool
) -> Value | Verdict:
    """What arrived under the name, or the verdict that ends the matter.

    The order is the one in which messages tell most: missing, misspelt, empty, wrong kind.
    """
    if isinstance(reply, Missing):
        if reply.failed_cell is not None:
            if classify(reply.failed_cell) == "not_answered":
                return wrong(answer, "not_answered")
            verdict = _error(answer, reply.failed_cell, called="what it needs")
            fact = f"There is no `{answer}`: its cell stopped with {name_error(reply.failed_cell)}."
            return Verdict(answer, "wrong", 0.0, fact, verdict.hint, verdict.misconception)
        other = next((n for n in reply.similar if n not in taken), None)
        if other is not None:
            return wrong(answer, "misspelt_name", other=other)
        return wrong(answer, "not_answered")
    if not isinstance(reply, Found):
        return wrong(answer, "garbled")
    value = reply.value
    if value.kind == "nothing":
        return wrong(answer, "not_answered")
    if function and value.kind != "function":
        if value.kind == "text":
            return wrong(answer, "text_answer", what=name_value(value))
        return wrong(answer, "number_not_function", what=name_value(value))
    if not function and value.kind == "function":
        return wrong(answer, "function_not_called")
    return value


def call_problem(
    answer: str, reply: Reply, *, called: str, count: int
) -> Verdict | tuple[Outcome, ...]:
    """The outcomes of `count` calls, or the verdict where one of them went wrong.

    `called` says in words how the function was called ("one number", "one array of 2").
    """
    if not isinstance(reply, Calls) or len(reply.outcomes) != count:
        return wrong(answer, "garbled")
    outcomes = reply.outcomes
    for outcome in outcomes:
        match outcome:
            case Late(seconds):
                return wrong(answer, "never_returns", seconds=seconds)
            case Raised(error):
                return _error(answer, error, called=called)
            case Garbled():
                return wrong(answer, "garbled")
            case Returned(value) if value.kind == "nothing":
                return unanswered(answer, value)
    return outcomes
