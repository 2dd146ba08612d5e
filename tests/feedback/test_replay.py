"""Walks are replayed: a dot goes along the iterates, wherever an image is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from autograder.checks.evidence import PlaceEvidence
from autograder.checks.verdict import Verdict
from autograder.feedback.pictures import draw
from autograder.feedback.pictures.replay import replayed
from autograder.feedback.pictures.walks import KINDS
from tests.corpus import Case, given_namespace, load
from tests.test_corpus import marked

README = Path(__file__).parents[2] / "README.md"
PICTURES = README.parent / "docs" / "pictures"
MOST_BYTES = 60_000
# Whose answer is a place to which a walk leads, a routine that walks, or the steps of a walk.
WALKS = (
    "f_stationary_point",
    "func_minimum",
    "quartic_minimum",
    "quartic_other_minimum",
    "descent_routine",
    "diverging_step",
    "goldfield_minimum",
    "goldfield_axis_minimum",
    "waves_minimum",
)
# Mistakes of these exercises with which nothing walks, and why.
STILL = {
    "called_before_grad": "the cell fails before there is a place",
    "function_not_called": "the answer is a function",
    "integer_input": "the cell fails before there is a place",
    "misspelt_name": "there is no answer under its name",
    "never_returns": "what was asked before the clock ran out is not known",
    "not_answered": "there is no answer",
    "not_finite": "nan and inf are no places, and how they came about is not known",
    "number_not_function": "the answer is a number where a routine is asked",
    "place_rounded": "the walk to the minimum is shorter than a dot is wide",
    "raised": "the cell fails before there is a place",
    "text_answer": "the answer is a text",
    "undefined_name": "the routine stops before its first step",
    "wrong_arguments": "the routine stops before its first step",
    "wrong_shape": "the answer has too few or too many numbers for a place",
}
CASES = [case for case in load() if case.exercise in WALKS]
MISTAKEN = [case for case in CASES if case.misconception is not None]
NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"></svg>'
SIZE = (10.0, 10.0)


def drawn(verdict: Verdict) -> bytes:
    picture = draw(verdict)
    return b"" if picture is None else picture.svg


def moves(verdict: Verdict) -> bool:
    return b"@keyframes" in drawn(verdict)


@pytest.mark.parametrize("case", MISTAKEN, ids=lambda case: case.id)
def test_every_misconception_of_the_corpus_about_walks_has_a_replay(case: Case) -> None:
    replayed = any(map(moves, marked(case).verdicts))
    assert replayed or case.misconception in STILL


def test_what_is_said_to_have_none_has_none() -> None:
    still = {
        case.misconception
        for case in MISTAKEN
        if case.misconception in STILL and not any(map(moves, marked(case).verdicts))
    }
    assert still == set(STILL)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_replay_is_small_and_told_and_calm(case: Case) -> None:
    for verdict in marked(case).verdicts:
        picture = draw(verdict)
        if picture is None or b"@keyframes" not in picture.svg:
            # Whatever is right is seen to be reached; what has no row was no place.
            assert not (verdict.right and isinstance(verdict.evidence, PlaceEvidence))
            continue
        assert b"prefers-reduced-motion" in picture.svg
        assert len(picture.svg) < MOST_BYTES
        ElementTree.fromstring(picture.svg)
        assert b"<script" not in picture.svg
        assert re.search("replayed|Gradient descent goes|a walk with a step", picture.alt)


def places() -> Iterator[tuple[Case, PlaceEvidence]]:
    """The evidence of all places of the corpus with a walk of ours."""
    for case in CASES:
        for verdict in marked(case).verdicts:
            if isinstance(verdict.evidence, PlaceEvidence) and verdict.evidence.replays:
                yield case, verdict.evidence


def test_each_kind_of_walk_is_found_in_the_corpus_and_is_drawn() -> None:
    found = {replay.kind for _, evidence in places() for replay in evidence.replays}
    assert found == set(KINDS)


def test_no_replay_shows_a_minimum_that_is_still_asked_for() -> None:
    """Of the pictures of wrong places; the slope tells, in the functions that are given."""
    given, seen = given_namespace(), 0
    functions = {
        "func_minimum": given["func"],
        "quartic_minimum": given["quartic"],
        "goldfield_minimum": given["goldfield1"],
        "waves_minimum": given["waves"],
    }
    for case, evidence in places():
        if case.label == "right" or case.exercise not in functions:
            continue
        slope = jax.grad(functions[case.exercise])
        for replay in evidence.replays:
            if replay.kind in ("on", "descent", "down", "hair"):
                end = jnp.asarray(replay.path[-1])
                end = end[0] if end.size == 1 else end
                assert float(jnp.abs(slope(end)).max()) > 0.1, case.id
                seen += 1
    assert seen > 20


def test_a_saddle_holds_one_walk_and_lets_go_of_the_one_beside_it() -> None:
    (case,) = (c for c in CASES if c.title == "started on the ridge")
    (verdict,) = marked(case).verdicts
    assert isinstance(verdict.evidence, PlaceEvidence)
    assert verdict.evidence.place is not None
    stuck, hair = (np.array(replay.path) for replay in verdict.evidence.replays)
    saddle = np.array(verdict.evidence.place)
    assert np.abs(stuck[0] - hair[0]).max() < 0.01
    np.testing.assert_allclose(stuck[-1], saddle, atol=1e-3)
    assert np.abs(hair[-1] - saddle).max() > 0.5
    assert np.abs(hair - saddle).max(axis=1).min() < 0.5, "it comes near before it rolls off"


def test_along_its_rail_a_place_moves_in_one_coordinate() -> None:
    (case,) = (c for c in CASES if c.title == "along y, x held at 1.5")
    verdict = marked(case).verdicts[0]
    assert isinstance(verdict.evidence, PlaceEvidence)
    rail, free = (np.array(replay.path) for replay in verdict.evidence.replays)
    assert np.ptp(rail[:, 0]) == 0
    assert np.ptp(rail[:, 1]) > 1
    assert (np.ptp(free, axis=0) > 0.5).all()
    np.testing.assert_array_equal(rail[0], free[0])


def test_of_a_path_of_301_places_the_first_and_the_last_are_shown() -> None:
    (case,) = (c for c in CASES if c.title == "the whole path")
    (verdict,) = marked(case).verdicts
    assert isinstance(verdict.evidence, PlaceEvidence)
    path = verdict.evidence.path
    assert len(path) == 40
    assert path[0] == (4.2,)
    assert path[-1][0] == pytest.approx(-2 / 3, abs=1e-3)


def test_a_replay_costs_little_beside_its_picture() -> None:
    def seconds(verdict: Verdict) -> float:
        begun = time.process_time()  # others may have the processor meanwhile
        draw(verdict)
        return time.process_time() - begun

    (case,) = (c for c in CASES if c.title == "started on the ridge")
    (verdict,) = marked(case).verdicts
    assert isinstance(verdict.evidence, PlaceEvidence)
    still = replace(verdict, evidence=replace(verdict.evidence, replays=()))
    pairs = [(seconds(verdict), seconds(still)) for _ in range(5)]
    assert min(a for a, _ in pairs) < 2 * min(b for _, b in pairs)


FRAME = re.compile(r"([\d.]+)%\{transform:translate\(([\d.]+)px,([\d.]+)px\)(?:;opacity:(\d))?\}")


def frames(svg: bytes) -> list[tuple[float, ...]]:
    """(share of the time in %, x, y, opacity) of each."""
    return [
        (float(when), float(x), float(y), float(seen or 1))
        for when, x, y, seen in FRAME.findall(svg.decode())
    ]


def test_the_dot_is_at_each_iterate_in_turn_and_fades_away_at_the_last() -> None:
    svg = replayed(NOTHING, SIZE, [(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "#000")])
    times, xs, ys, opacities = zip(*frames(svg), strict=True)
    assert list(times) == sorted(times)
    assert (times[0], times[-1]) == (0.0, 100.0)
    assert times[2] == times[3], "the walk ends, and the fading begins"
    assert (xs, ys) == ((1.0, 3.0, 5.0, 5.0, 5.0), (2.0, 4.0, 6.0, 6.0, 6.0))
    assert opacities == (1, 1, 1, 1, 0)


def test_two_walks_begin_and_end_together() -> None:
    short, long = np.arange(4.0).reshape(2, 2), np.arange(18.0).reshape(9, 2)
    svg = replayed(NOTHING, SIZE, [(short, "#000"), (long, "#111")])
    assert svg.count(b"<circle") == 2
    assert len(set(re.findall(rb"animation:walk\d ([\d.]+)s", svg))) == 1
    fading = [now for now, after in pairwise(frames(svg)) if after[3] == 0]
    assert len(fading) == 2
    assert fading[0][0] == fading[1][0]


def test_a_dot_that_has_left_the_picture_comes_back_at_once() -> None:
    leaves = np.array([[1.0, 2.0], [3.0, 4.0], [19.0, 4.0]])
    stays = np.array([[1.0, 2.0], [3.0, 4.0], [9.0, 4.0]])

    def unseen(*walks: np.ndarray) -> float:
        """The share of the time, in %, in which all have ended."""
        svg = replayed(NOTHING, SIZE, [(walk, "#000") for walk in walks])
        return 100 - next(now[0] for now, after in pairwise(frames(svg)) if after[3] == 0)

    assert unseen(leaves) < 15
    assert unseen(stays) == unseen(leaves, stays) > 30


def test_of_a_walk_that_has_arrived_the_rest_is_not_waited_for() -> None:
    arrived = np.array([[0.0, 0.0], [50.0, 0.0], [90.0, 0.0]] + [[100.0, 0.0]] * 400)
    there = np.array([[0.0, 0.0], [50.0, 0.0], [90.0, 0.0], [100.0, 0.0]])
    assert replayed(NOTHING, SIZE, [(arrived, "#000")]) == replayed(
        NOTHING, SIZE, [(there, "#000")]
    )


def test_one_that_is_stuck_stands_and_fades() -> None:
    stuck = replayed(NOTHING, SIZE, [(np.full((9, 2), 7.0), "#000")])
    assert {frame[1:] for frame in frames(stuck)} == {(7, 7, 1), (7, 7, 0)}


def test_what_does_not_move_has_no_dot() -> None:
    assert replayed(NOTHING, SIZE, []) == NOTHING
    assert replayed(NOTHING, SIZE, [(np.zeros((1, 2)), "#000")]) == NOTHING


def test_a_thousand_steps_are_thinned_to_the_first_and_the_last() -> None:
    points = np.stack([np.arange(1000.0), np.zeros(1000)], axis=1)
    svg = replayed(NOTHING, SIZE, [(points, "#000")]).decode()
    stops = re.findall(r"translate\(([\d.]+)px", svg)
    assert len(stops) <= 32
    assert (stops[0], stops[-1]) == ("0.0", "999.0")


def test_the_front_page_shows_one() -> None:
    picture = PICTURES / "replay.svg"
    assert f"](docs/pictures/{picture.name})" in README.read_text(encoding="utf-8").split("## ")[0]
    svg = picture.read_bytes()
    assert b"@keyframes" in svg
    assert len(svg) < MOST_BYTES
