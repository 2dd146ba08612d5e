"""Every case of the corpus through the autograder: what is right passes, what is wrong is named.

The checks are the ones that the source notebooks hold, so this tries the assignment as shipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder import check
from autograder.answers.local import ask, judge
from autograder.check import recording
from autograder.checks.base import Check
from autograder.checks.gradient import Gradient
from autograder.checks.questions import Call, Question, write_questions
from autograder.checks.verdict import Verdict
from tests.corpus import EXERCISES, Case, given_namespace, load, run, time_limit

SOURCE = Path(__file__).parents[1] / "source" / "gradient_descent"
NAMED = 0.95
"""Share of the wrong cases with a mistake of the catalogue that must be called by its name."""

# The exercises whose check draws places or starts from its seed.
FRESH_PLACES = {
    "f_derivative",
    "f_stationary_point",
    "func_gradient",
    "quartic_gradient",
    "quartic_second_derivative",
    "func_second_derivative",
    "descent_routine",
    "goldfield_gradient",
    "goldfield_partials",
    "leaning_partials",
}

# Names that share numbers. A descent that steps by the function's value ends where the function is
# zero; a quadratic differentiated three times is zero; a float32 difference is noisy and a
# difference; the iterate before the last is where one step fewer leads.
SAME_NUMBERS = [
    {"used_function_for_slope", "root_of_function"},
    {"differentiated_too_often", "gradient_zeroed"},
    {"finite_difference", "inexact"},
    {"previous_iterate", "off_by_one_steps"},
]


@dataclass(frozen=True)
class Outcome:
    """What the autograder makes of a case."""

    share: float
    verdicts: tuple[Verdict, ...]
    cell_failed: bool

    @property
    def names(self) -> set[str]:
        return {v.misconception for v in self.verdicts if v.misconception is not None}

    def told(self) -> str:
        lines = (f"{v.answer}: {v.outcome}, {v.misconception}: {v.fact}" for v in self.verdicts)
        return f"share {self.share:g}; " + " / ".join(lines)


@cache
def checks_of(notebook: str) -> dict[str, list[Check]]:
    """The checks of a source notebook, by exercise."""
    cells = json.loads((SOURCE / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    tests = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in cells}
    checks = {}
    for exercise in EXERCISES[notebook]:
        source = "".join(tests[f"{exercise}_check"]["source"])
        with recording() as recorded:
            exec(source, {**given_namespace(), "check": check})
        checks[exercise] = list(recorded)
    return checks


@cache
def left_behind(case: Case) -> tuple[dict[str, Any], bool]:
    """The namespace after the case's cell, and whether the cell failed."""
    namespace, error = run(case, seconds=1.0 if case.misconception == "never_returns" else 60.0)
    return namespace, error is not None


@contextmanager
def impatient() -> Iterator[None]:
    """An answer that never returns is waited for two seconds, not until its check would end it."""

    def hurried(questions: Sequence[Question]) -> str:
        return write_questions(
            [replace(q, seconds=2.0) if isinstance(q, Call) else q for q in questions]
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.answers.local.write_questions", hurried)
        yield


@cache
def marked(case: Case, seed: int = 0) -> Outcome:
    """Judge what a case left behind, as practice does."""
    notebook = next(n for n, exercises in EXERCISES.items() if case.exercise in exercises)
    checks = checks_of(notebook)
    asked = frozenset(
        name for group in checks.values() for c in group for name in (*c.answers, *c.given)
    )
    namespace, cell_failed = left_behind(case)
    # Prints and warnings are not silenced here: the autograder has to do that itself.
    forever = case.misconception == "never_returns"
    with time_limit(120.0), impatient() if forever else nullcontext():
        verdicts = [v for c in checks[case.exercise] for v in judge(c, namespace, seed, asked)]
    share = sum(v.share for v in verdicts) / len(verdicts)
    return Outcome(share, tuple(verdicts), cell_failed)


def derivatives(exercise: str) -> Iterator[tuple[Case, Gradient, dict[str, Any]]]:
    """Each case of an exercise that ends, with each check of a derivative that it is asked."""
    notebook = next(n for n, exercises in EXERCISES.items() if exercise in exercises)
    for case in load():
        if case.exercise == exercise and case.misconception != "never_returns":
            namespace, _ = left_behind(case)
            for one in checks_of(notebook)[exercise]:
                if isinstance(one, Gradient):
                    yield case, one, namespace


@pytest.mark.parametrize("exercise", [e for group in EXERCISES.values() for e in group])
def test_who_is_asked_little_would_be_right_at_more(
    exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neighbours are asked only where numbers are not clearly right; marks stay as they were."""
    short = 0
    for case, one, namespace in derivatives(exercise):
        replies = ask(one.questions(0), namespace)
        if one.more(0, replies):
            continue
        (verdict,) = one.judge(0, replies)
        if not verdict.right:
            continue
        short += 1
        with monkeypatch.context() as patch:
            patch.setattr("autograder.checks.gradient._CLEARLY", -1.0)
            more = one.more(0, replies)
            assert more, case.id
            (full,) = one.judge(0, [*replies, *ask(more, namespace)])
        assert full == verdict, case.id
    if exercise in FRESH_PLACES - {"descent_routine"}:
        assert short >= 3


@pytest.mark.parametrize("exercise", [e for group in EXERCISES.values() for e in group])
def test_whose_mistake_is_told_at_first_would_be_told_it_at_more(
    exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same verdict, evidence and rows as where neighbours are asked of all who are wrong."""
    short = 0
    for _, one, namespace in derivatives(exercise):
        for seed in range(3):
            short += told_the_same(one, seed, namespace, monkeypatch)
    if exercise in FRESH_PLACES - {"descent_routine"}:
        assert short >= 3


def told_the_same(
    one: Gradient, seed: int, namespace: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Judge an answer as it is asked and with all its neighbours; whether it was asked less."""
    replies = ask(one.questions(seed), namespace)
    more = one.more(seed, replies)
    with monkeypatch.context() as patch:
        patch.setattr(Gradient, "_told", lambda *_: None)
        every = one.more(seed, replies)
        if len(every) == len(more):
            return False  # before neighbours are asked in vain, which takes the most time here
        (full,) = one.judge(seed, [*replies, *ask(every, namespace)])
    (verdict,) = one.judge(seed, [*replies, *ask(more, namespace)])
    assert full == verdict
    return True


def assert_due(case: Case, outcome: Outcome) -> None:
    told = outcome.told()
    assert "unjudged" not in {v.outcome for v in outcome.verdicts}, told
    if case.label == "right":
        assert outcome.share == 1, told
    elif case.label == "partial":
        assert 0 < outcome.share < 1, told
        if case.points_share is not None:
            assert outcome.share == pytest.approx(case.points_share), told
    else:
        assert outcome.share == 0, told


def called_by_name(case: Case) -> bool:
    names = marked(case).names
    return case.misconception in names or any(
        case.misconception in same and names & same for same in SAME_NUMBERS
    )


@pytest.mark.parametrize("case", load(), ids=lambda case: case.id)
def test_case_gets_what_it_is_due(case: Case) -> None:
    assert_due(case, marked(case))


DRAWN = [
    case
    for case in load()
    if case.exercise in FRESH_PLACES and case.misconception != "never_returns"
]


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: case.id)
def test_mark_is_the_same_wherever_the_places_fall(case: Case) -> None:
    for seed in (2, 3):
        assert_due(case, marked(case, seed))


def test_mistakes_are_called_by_their_names() -> None:
    wrong = [case for case in load() if case.label == "wrong" and case.misconception is not None]
    missed = [case for case in wrong if not called_by_name(case)]
    confusion = "\n".join(
        f"{case.id}\n    is {case.misconception}, {marked(case).told()}" for case in missed
    )
    assert 1 - len(missed) / len(wrong) >= NAMED, f"{len(missed)} of {len(wrong)}:\n{confusion}"


def test_a_mistake_beside_a_right_answer_is_named_too() -> None:
    """Partial and error cases; more of these have several names, so the bar is lower.

    Where the cell itself failed, the student has just read why: the check sees no answer at all.
    """
    rest = [
        case
        for case in load()
        if case.label in ("partial", "error")
        and case.misconception is not None
        and not marked(case).cell_failed
    ]
    missed = [case for case in rest if not called_by_name(case)]
    confusion = "\n".join(
        f"{case.id}\n    is {case.misconception}, {marked(case).told()}" for case in missed
    )
    assert 1 - len(missed) / len(rest) >= 0.9, f"{len(missed)} of {len(rest)}:\n{confusion}"
