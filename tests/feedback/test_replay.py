"""Walks are replayed: a dot goes along the iterates, wherever an image is shown."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from autograder.checks.evidence import DescentEvidence, PlaceEvidence, StepEvidence
from autograder.checks.verdict import Verdict
from autograder.feedback.pictures import draw
from autograder.feedback.pictures.replay import replayed
from tests.corpus import Case, load
from tests.test_corpus import marked

MOST_BYTES = 60_000
# Mistakes in a loop, which end where a walk of ours ends.
OF_WALKS = ("func_minimum", "quartic_minimum", "goldfield_minimum")
LOOPS = {
    "ascent",
    "stale_gradient",
    "assignment_minus",
    "used_second_derivative",
    "squared_gradient",
    "sign_of_gradient",
    "no_step_size",
    "rounded_in_loop",
    "one_step_only",
    "too_few_steps",
    "step_too_small",
}


def of_walks(case: Case) -> bool:
    """Whether a case is a walk, or a routine or a step that makes one."""
    if case.exercise in ("descent_routine", "diverging_step"):
        return True
    return case.exercise in OF_WALKS and (case.label == "right" or case.misconception in LOOPS)


CASES = [case for case in load() if of_walks(case)]
NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'


def drawn(verdict: Verdict) -> bytes:
    picture = draw(verdict)
    return b"" if picture is None else picture.svg


def walks(verdict: Verdict) -> bool:
    """Whether a verdict is on something that moves."""
    match verdict.evidence:
        case PlaceEvidence():
            return verdict.right or verdict.misconception in LOOPS
        case DescentEvidence(trials):
            return any(trial.num_steps for trial in trials)
        case StepEvidence(curve=curve):
            return curve is not None
    return False


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_walk_is_replayed(case: Case) -> None:
    for verdict in filter(walks, marked(case).verdicts):
        svg = drawn(verdict)
        assert b"@keyframes" in svg
        assert b"prefers-reduced-motion" in svg
        assert len(svg) < MOST_BYTES
        ElementTree.fromstring(svg)
        assert b"<script" not in svg


def test_there_is_one_for_each_loop_of_the_corpus() -> None:
    wrong = [case for case in CASES if case.exercise in OF_WALKS and case.label != "right"]
    assert len({case.misconception for case in wrong}) >= 8
    for case in wrong:
        found = [v for v in marked(case).verdicts if v.misconception == case.misconception]
        # Some cases may be named in more than one way.
        assert not found or any(b"@keyframes" in drawn(verdict) for verdict in found), case.id


def test_the_dot_is_at_each_iterate_in_turn_and_rests_at_the_last() -> None:
    svg = replayed(NOTHING, [(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "#000")]).decode()
    frames = re.findall(r"([\d.]+)%\{transform:translate\(([\d.]+)px,([\d.]+)px\)\}", svg)
    times, xs, ys = zip(*[tuple(map(float, frame)) for frame in frames], strict=True)
    assert list(times) == sorted(times)
    assert (times[0], times[-1]) == (0.0, 100.0)
    assert (xs, ys) == ((1.0, 3.0, 5.0, 5.0), (2.0, 4.0, 6.0, 6.0))


def test_two_walks_begin_together() -> None:
    short, long = np.zeros((2, 2)), np.ones((9, 2))
    svg = replayed(NOTHING, [(short, "#000"), (long, "#111")]).decode()
    assert svg.count("<circle") == 2
    assert len(set(re.findall(r"animation:walk\d ([\d.]+)s", svg))) == 1


def test_what_does_not_move_has_no_dot() -> None:
    assert replayed(NOTHING, []) == NOTHING
    assert replayed(NOTHING, [(np.zeros((1, 2)), "#000")]) == NOTHING


def test_a_thousand_steps_are_thinned_to_the_first_and_the_last() -> None:
    points = np.stack([np.arange(1000.0), np.zeros(1000)], axis=1)
    svg = replayed(NOTHING, [(points, "#000")]).decode()
    frames = re.findall(r"translate\(([\d.]+)px", svg)
    assert len(frames) <= 31
    assert (frames[0], frames[-1]) == ("0.0", "999.0")
