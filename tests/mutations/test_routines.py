"""The trials of a descent routine tell it from its neighbours: the slips of `routines`, judged.

`python -m benchmarks.mutations` prints the table, for both forms of the loop and any seed.
"""

from __future__ import annotations

from functools import cache

import pytest

from autograder.checks.verdict import Verdict
from benchmarks.mutations import UNNAMED, judged
from tests.mutations.routines import Routine, rearranged, slips

SLIPS = [r for r in slips() if r.title.endswith("(for)")]
RIGHT = list(rearranged())


@cache
def said(routine: Routine) -> Verdict:
    """By its title, each falls to other trials than its neighbours."""
    return judged(routine, seed=len(routine.title) % 5)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda r: r.title)
def test_a_slip_is_refused(slip: Routine) -> None:
    verdict = said(slip)
    assert verdict.share == 0, verdict.fact
    assert "{" not in verdict.fact + verdict.hint


def test_slips_are_many_and_named() -> None:
    assert len(SLIPS) >= 100
    unnamed = [r.title for r in SLIPS if said(r).misconception in UNNAMED]
    assert len(unnamed) <= 0.1 * len(SLIPS), unnamed


@pytest.mark.parametrize("routine", RIGHT, ids=lambda r: r.title)
def test_other_arrangements_are_right(routine: Routine, monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit is one of the clock, and a machine may be busy with other tests.
    monkeypatch.setattr("autograder.checks.routine.SECONDS", 600.0)
    assert said(routine).right, said(routine).fact
