"""Walks are replayed: a dot goes along the iterates, wherever an image is shown."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from autograder.checks.evidence import DescentEvidence, PlaceEvidence, StepEvidence
from autograder.checks.verdict import Verdict
from autograder.feedback.pictures import draw
from autograder.feedback.pictures.replay import replayed
from tests.corpus import Case, load
from tests.test_corpus import marked

README = Path(__file__).parents[2] / "README.md"
PICTURES = README.parent / "docs" / "pictures"
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
        case PlaceEvidence(walk=walk):
            # To another minimum than that of the exercise's own descent, no walk is known.
            return (verdict.right and bool(walk)) or verdict.misconception in LOOPS
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


FRAME = re.compile(r"([\d.]+)%\{transform:translate\(([\d.]+)px,([\d.]+)px\)(?:;opacity:(\d))?\}")


def frames(svg: bytes) -> list[tuple[float, ...]]:
    """(share of the time in %, x, y, opacity) of each."""
    return [
        (float(when), float(x), float(y), float(seen or 1))
        for when, x, y, seen in FRAME.findall(svg.decode())
    ]


def test_the_dot_is_at_each_iterate_in_turn_and_fades_away_at_the_last() -> None:
    svg = replayed(NOTHING, [(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "#000")])
    times, xs, ys, opacities = zip(*frames(svg), strict=True)
    assert list(times) == sorted(times)
    assert (times[0], times[-1]) == (0.0, 100.0)
    assert times[2] == times[3], "the walk ends, and the fading begins"
    assert (xs, ys) == ((1.0, 3.0, 5.0, 5.0, 5.0), (2.0, 4.0, 6.0, 6.0, 6.0))
    assert opacities == (1, 1, 1, 1, 0)


def test_two_walks_begin_and_end_together() -> None:
    short, long = np.arange(4.0).reshape(2, 2), np.arange(18.0).reshape(9, 2)
    svg = replayed(NOTHING, [(short, "#000"), (long, "#111")])
    assert svg.count(b"<circle") == 2
    assert len(set(re.findall(rb"animation:walk\d ([\d.]+)s", svg))) == 1
    fading = [now for now, after in pairwise(frames(svg)) if after[3] == 0]
    assert len(fading) == 2
    assert fading[0][0] == fading[1][0]


def test_of_a_walk_that_has_arrived_the_rest_is_not_waited_for() -> None:
    arrived = np.array([[0.0, 0.0], [50.0, 0.0], [90.0, 0.0]] + [[100.0, 0.0]] * 400)
    there = np.array([[0.0, 0.0], [50.0, 0.0], [90.0, 0.0], [100.0, 0.0]])
    assert replayed(NOTHING, [(arrived, "#000")]) == replayed(NOTHING, [(there, "#000")])


def test_one_that_is_stuck_stands_and_fades() -> None:
    stuck = replayed(NOTHING, [(np.full((9, 2), 7.0), "#000")])
    assert {frame[1:] for frame in frames(stuck)} == {(7, 7, 1), (7, 7, 0)}


def test_what_does_not_move_has_no_dot() -> None:
    assert replayed(NOTHING, []) == NOTHING
    assert replayed(NOTHING, [(np.zeros((1, 2)), "#000")]) == NOTHING


def test_a_thousand_steps_are_thinned_to_the_first_and_the_last() -> None:
    points = np.stack([np.arange(1000.0), np.zeros(1000)], axis=1)
    svg = replayed(NOTHING, [(points, "#000")]).decode()
    stops = re.findall(r"translate\(([\d.]+)px", svg)
    assert len(stops) <= 32
    assert (stops[0], stops[-1]) == ("0.0", "999.0")


def test_the_front_page_shows_one() -> None:
    picture = PICTURES / "replay.svg"
    assert f"](docs/pictures/{picture.name})" in README.read_text(encoding="utf-8").split("## ")[0]
    svg = picture.read_bytes()
    assert b"@keyframes" in svg
    assert len(svg) < MOST_BYTES
